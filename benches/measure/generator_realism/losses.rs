//! Fingers: real mates that a filter loses among real non-mates, and among generated ones.

use std::error::Error;
use std::path::Path;

use biomatch::fingerprint::codes::{CodeModel, FingerCodes};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::units::Score;
use rayon::prelude::*;

use crate::fingers::{GENERATED, non_mates};
use crate::sources::{Source, read};
use crate::stages::row;

/// A mate that scores this is found: about FMR 1e-4 of the shipped calibration.
const FOUND: f32 = 4.0;

/// Generated non-mates of each kind: of a few hundred, single ones would decide.
const NON_MATES: u64 = 2_000;

/// The shares of the non-mates that are kept, by stage.
const KEPT: [(Stage, f64); 7] = [
    (Stage::Short, 0.15),
    (Stage::Short, 0.07),
    (Stage::Long, 0.03),
    (Stage::Long, 0.01),
    (Stage::Long, 0.003),
    (Stage::Relaxed, 0.01),
    (Stage::Relaxed, 0.003),
];
/// The shares that together are a filter: what any of them loses is lost.
const FILTER: [usize; 2] = [0, 2];

#[derive(Clone, Copy)]
enum Stage {
    Short,
    Long,
    Relaxed,
}

/// Scores by stage: the filter's by both lengths, relaxed codes.
type Scores = [f64; 3];

/// Mates by the shares that lose them, and by the filter.
#[derive(Clone, Copy, Default)]
struct Lost {
    mates: usize,
    by_share: [usize; KEPT.len()],
    by_filter: usize,
}

impl Lost {
    fn and(self, other: Self) -> Self {
        Self {
            mates: self.mates + other.mates,
            by_share: std::array::from_fn(|at| self.by_share[at] + other.by_share[at]),
            by_filter: self.by_filter + other.by_filter,
        }
    }
}

/// Whether a non-mate of another print of the sources is in the gallery of a probe: (source, place) of each.
type InGallery = fn(&[Source], (usize, usize), (usize, usize)) -> bool;

/// Prints a line for each gallery of non-mates.
pub(crate) fn table(data: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let Some(data) = data else { return Ok(()) };
    let sources = read(&data.join("fingers"))?;
    println!(
        "Real mates lost, percent of those that the full score finds, if these shares of the non-mates are kept"
    );
    println!("(the shipped model, which has seen the real fingers)");
    println!(
        "| non-mates | 64 bits, 15 % | 7 % | 128 bits, 3 % | 1 % | 0.3 % | relaxed codes, 1 % | 0.3 % | 64 bits 15 %, 128 bits 3 % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let galleries: [(&str, InGallery); 3] = [
        ("real, same extractor, same database", |s, p, g| p.0 == g.0 && database(s, p) == database(s, g)),
        ("real, same extractor, other databases", |s, p, g| p.0 == g.0 && database(s, p) != database(s, g)),
        ("real, other extractors, other databases", |s, p, g| p.0 != g.0 && database(s, p) != database(s, g)),
    ];
    let codes: Vec<Vec<FingerCodes>> = sources
        .iter()
        .map(|source| source.prints.par_iter().map(|print| encode(&print.features)).collect())
        .collect();
    for (name, is_in) in galleries {
        print(name, &sources, &codes, &|probe| {
            let finger = |at: (usize, usize)| sources[at.0].prints[at.1].finger;
            let all = (0..sources.len()).flat_map(|s| (0..codes[s].len()).map(move |place| (s, place)));
            let non_mates = all.filter(|&at| finger(at) != finger(probe) && is_in(&sources, probe, at));
            non_mates.map(|(source, place)| &codes[source][place]).collect()
        });
    }
    for kind in GENERATED {
        let non_mates: Vec<FingerCodes> = non_mates(&kind, NON_MATES)
            .par_iter()
            .map(|minutiae| encode(&FingerFeatures::new(minutiae)))
            .collect();
        print(kind.name, &sources, &codes, &|_| non_mates.iter().collect());
    }
    Ok(())
}

fn database(sources: &[Source], (source, place): (usize, usize)) -> usize {
    sources[source].databases[place]
}

fn encode(features: &FingerFeatures) -> FingerCodes {
    CodeModel::shipped().encode(features.view())
}

fn print<'a>(
    name: &str,
    sources: &[Source],
    codes: &[Vec<FingerCodes>],
    non_mates: &(dyn Fn((usize, usize)) -> Vec<&'a FingerCodes> + Sync),
) {
    let probes = (0..sources.len()).flat_map(|s| (0..codes[s].len()).map(move |place| (s, place)));
    let lost = probes
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|probe| of_probe(&sources[probe.0], &codes[probe.0], probe.1, &non_mates(probe)))
        .reduce(Lost::default, Lost::and);
    let percent = |count: usize| format!("{:.2}", 100.0 * count as f64 / lost.mates as f64);
    let columns: Vec<String> = lost.by_share.into_iter().chain([lost.by_filter]).map(percent).collect();
    println!("| {name} | {} |", columns.join(" | "));
}

/// What becomes of the mates of a probe in its own database.
fn of_probe(source: &Source, codes: &[FingerCodes], probe: usize, non_mates: &[&FingerCodes]) -> Lost {
    let filter = CodeProbe::new(codes[probe].view());
    let full = FingerProbe::new(source.prints[probe].features.view());
    let mut scratch = Scratch::default();
    let non_mates: Vec<Scores> = non_mates.iter().map(|non_mate| scores(&filter, row(non_mate))).collect();
    let mates = (0..codes.len()).filter(|&mate| {
        mate != probe
            && source.prints[mate].finger == source.prints[probe].finger
            && source.databases[mate] == source.databases[probe]
    });
    let mut lost = Lost::default();
    for mate in mates {
        if full.compare(source.prints[mate].features.view(), &mut scratch).get() < FOUND {
            continue;
        }
        let mate = scores(&filter, row(&codes[mate]));
        let above = [0, 1, 2].map(|stage| {
            let above = non_mates.iter().filter(|non_mate| non_mate[stage] >= mate[stage]).count();
            above as f64 / non_mates.len() as f64
        });
        let is_lost = KEPT.map(|(stage, share)| above[stage as usize] > share);
        let by_filter = FILTER.iter().any(|&at| is_lost[at]);
        lost = lost.and(Lost {
            mates: 1,
            by_share: is_lost.map(usize::from),
            by_filter: usize::from(by_filter),
        });
    }
    lost
}

fn scores(probe: &CodeProbe, row: CodeRows<'_>) -> Scores {
    let [mut short, mut long] = [[FilterScore::LOWEST]; 2];
    probe.coarse(row, &mut short);
    probe.fine(row, &mut long);
    let mut relaxed = [Score::LOWEST];
    probe.relaxed_at(row, &[0], &mut relaxed);
    [f64::from(short[0].value()), f64::from(long[0].value()), f64::from(relaxed[0].get())]
}
