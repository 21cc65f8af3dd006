//! Mates lost among real non-mates, stage by stage, by models of codes that have not seen the fingers they
//! are tested on.

use std::error::Error;
use std::path::Path;

use biomatch::calibration;
use biomatch::fingerprint::codes::CodeModel;
use biomatch::fingerprint::codes::training::{LabelledImpression, train};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerProbe, Scratch};
use biomatch::search::Cascade;
use biomatch::units::{Fmr, Score};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::fate::{Fate, Scores, fate, penetration};
use crate::fingers::{Source, cohort, read};

/// Every so many-th print is a probe.
const EVERY: usize = 2;

/// Drawings of fingers that an interval is made of.
const DRAWS: usize = 1_000;

/// A mate alone among non-mates.
struct Trial {
    source: usize,
    finger: u64,
    full: Score,
    /// Whether the full score puts it before all non-mates.
    is_first: bool,
    /// By the standard and by the careful cascade.
    fates: [Fate; 2],
    penetration: [f64; 3],
}

/// A print of a half of the fingers, of any extractor.
struct Subject<'a> {
    source: usize,
    database: usize,
    print: &'a LabelledImpression,
}

pub(crate) fn table(pool: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let Some(data) = std::env::var_os("BIOMATCH_DATA") else {
        println!("\nreal non-mates skipped: BIOMATCH_DATA is not set");
        return Ok(());
    };
    let sources = read(&Path::new(&data).join("fingers"))?;
    // Non-mates of the mate's extractor; of all.
    let (mut own, mut all) = (Vec::new(), Vec::new());
    for parity in 0..2 {
        let seen: Vec<LabelledImpression> = sources
            .iter()
            .flat_map(|source| &source.prints)
            .filter(|p| p.finger % 2 != parity)
            .cloned()
            .collect();
        let (model, _) = train(&seen, &cohort(), "", 1)?;
        let subjects = subjects(&sources, parity);
        for [of_own, of_all] in pool.install(|| trials(&model, &subjects)) {
            own.push(of_own);
            all.push(of_all);
        }
    }
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    println!(
        "\nmates among real non-mates: each mate alone among prints of other fingers of its half of the"
    );
    println!("fingers, codes by a model that was trained on the other half; shares alone, no floors");
    for (non_mates, trials) in
        [("of its own extractor, 224 to 232", &own), ("of all four extractors, 896 to 928", &all)]
    {
        print(non_mates, &names, trials)?;
    }
    Ok(())
}

fn subjects(sources: &[Source], parity: u64) -> Vec<Subject<'_>> {
    let mut subjects = Vec::new();
    for (source, of_source) in sources.iter().enumerate() {
        for (print, &database) in of_source.prints.iter().zip(&of_source.databases) {
            if print.finger % 2 == parity {
                subjects.push(Subject { source, database, print });
            }
        }
    }
    subjects
}

/// Each mate of the same database and extractor, among both kinds of non-mates.
fn trials(model: &CodeModel, subjects: &[Subject<'_>]) -> Vec<[Trial; 2]> {
    let encode = |subject: &Subject<'_>| model.encode(subject.print.features.view());
    let gallery: Vec<_> = subjects.par_iter().map(encode).collect();
    let words = [0, 1].map(|word| gallery.iter().map(|codes| codes.words[word]).collect::<Vec<_>>());
    let directions: Vec<_> = gallery.iter().map(|codes| codes.sites.directions).collect();
    let places: Vec<_> = gallery.iter().map(|codes| codes.sites.places).collect();
    let fills: Vec<_> = gallery.iter().map(|codes| codes.count).collect();
    let means: Vec<_> = gallery.iter().map(|codes| codes.means).collect();
    let rows = CodeRows {
        words: [&words[0], &words[1]],
        directions: &directions,
        places: &places,
        counts: &fills,
        means: &means,
    };
    let every: Vec<u32> = (0..subjects.len() as u32).collect();
    let probes: Vec<usize> = (0..subjects.len()).step_by(EVERY).collect();
    let of_probe = |scratch: &mut Scratch, &at: &usize| -> Vec<[Trial; 2]> {
        let (probe, codes) = (&subjects[at], CodeProbe::new(gallery[at].view()));
        let mut coarse = vec![FilterScore::LOWEST; subjects.len()];
        let mut fine = coarse.clone();
        let mut relaxed = vec![Score::LOWEST; subjects.len()];
        codes.coarse(rows, &mut coarse);
        codes.fine(rows, &mut fine);
        codes.relaxed_at(rows, &every, &mut relaxed);
        let full = FingerProbe::new(probe.print.features.view());
        let mut scores = |at: usize| Scores {
            coarse: coarse[at],
            fine: fine[at],
            relaxed: relaxed[at],
            full: full.compare(subjects[at].print.features.view(), scratch),
        };
        let (mut own, mut all, mut mates) = (Vec::new(), Vec::new(), Vec::new());
        for (other, subject) in subjects.iter().enumerate() {
            let is_own = subject.source == probe.source;
            if subject.print.finger != probe.print.finger {
                let scores = scores(other);
                all.push(scores);
                own.extend(is_own.then_some(scores));
            } else if is_own && subject.database == probe.database && other != at {
                mates.push(scores(other));
            }
        }
        let trial = |non_mates: &[Scores], mate: Scores| Trial {
            source: probe.source,
            finger: probe.print.finger,
            full: mate.full,
            is_first: non_mates.iter().all(|non_mate| non_mate.full < mate.full),
            fates: [Cascade::STANDARD, Cascade::CAREFUL].map(|cascade| fate(non_mates, mate, &cascade)),
            penetration: penetration(non_mates, mate),
        };
        mates.into_iter().map(|mate| [trial(&own, mate), trial(&all, mate)]).collect()
    };
    probes.par_iter().map_init(Scratch::default, of_probe).flatten_iter().collect()
}

fn print(non_mates: &str, names: &[&str], trials: &[Trial]) -> Result<(), Box<dyn Error>> {
    println!("\nnon-mates {non_mates}; percent of the findable mates that fall at each stage");
    println!(
        "{:>18} {:>11} {:>7} {:>34} {:>34} {:>24}",
        "findable if",
        "extractor",
        "mates",
        "standard: 64 + 128 + relax = lost",
        "careful: 64 + 128 + relax = lost",
        "rank 1: all / std / car"
    );
    let table = calibration::fingerprint()?;
    let least = |one_in| table.threshold(Fmr::one_in(one_in)).ok_or("a rate that the table has not");
    let least = [
        ("first", Score::LOWEST),
        ("first, FMR 1e-4", least(10_000)?),
        ("first, FMR 1e-6", least(1_000_000)?),
    ];
    for (findable, least) in least {
        for source in (0..names.len()).map(Some).chain([None]) {
            let of_source: Vec<&Trial> =
                trials.iter().filter(|trial| source.is_none_or(|source| source == trial.source)).collect();
            let chosen: Vec<&Trial> =
                of_source.iter().filter(|trial| trial.is_first && trial.full >= least).copied().collect();
            let fates = [0, 1].map(|cascade| column(&chosen, cascade));
            let percent = |part: usize| 100.0 * part as f64 / of_source.len().max(1) as f64;
            let first =
                |cascade: usize| of_source.iter().filter(|trial| trial.fates[cascade] == Fate::First).count();
            let ranks = [of_source.iter().filter(|trial| trial.is_first).count(), first(0), first(1)];
            println!(
                "{findable:>18} {:>11} {:>7} {:>34} {:>34} {:>24}",
                source.map_or("all", |source| names[source]),
                chosen.len(),
                fates[0],
                fates[1],
                ranks.map(|rank| format!("{:.2}", percent(rank))).join(" / ")
            );
            if source.is_none() {
                let [standard, careful] = [0, 1].map(|cascade| interval(&chosen, cascade));
                println!("{:>38} {standard:>34} {careful:>34}", "95 % interval, by finger");
                println!("{:>38} {}", "non-mates before 99 / 99.5 / 99.9 %", quantiles(&chosen));
            }
        }
    }
    Ok(())
}

/// What each stage loses of so many, in percent, and all stages.
fn column(trials: &[&Trial], cascade: usize) -> String {
    let share = |fates: &[Fate]| {
        let lost = trials.iter().filter(|trial| fates.contains(&trial.fates[cascade])).count();
        100.0 * lost as f64 / trials.len().max(1) as f64
    };
    let [coarse, fine, relaxed] = [Fate::Coarse, Fate::Fine, Fate::Relaxed].map(|fate| share(&[fate]));
    let lost = share(&[Fate::Coarse, Fate::Fine, Fate::Relaxed, Fate::Outranked]);
    format!("{coarse:.2} + {fine:.2} + {relaxed:.2} = {lost:.2}")
}

/// Where the loss lies if other fingers had been drawn, as many.
fn interval(trials: &[&Trial], cascade: usize) -> String {
    // Lost and all, of each finger.
    let mut fingers = std::collections::BTreeMap::<u64, [f64; 2]>::new();
    for trial in trials {
        let [lost, all] = fingers.entry(trial.finger).or_default();
        *lost += f64::from(u8::from(trial.fates[cascade] != Fate::First));
        *all += 1.0;
    }
    let fingers: Vec<[f64; 2]> = fingers.into_values().collect();
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        fingers.get((state >> 33) as usize % fingers.len().max(1)).copied().unwrap_or_default()
    };
    let mut losses: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let sum = (0..fingers.len()).map(|_| draw()).fold([0.0, 0.0], |a, b| [a[0] + b[0], a[1] + b[1]]);
            100.0 * sum[0] / f64::max(sum[1], 1.0)
        })
        .collect();
    losses.sort_by(f64::total_cmp);
    let at = |part: usize| losses.get(part * DRAWS / 1_000).copied().unwrap_or(f64::NAN);
    format!("{:.2} to {:.2}", at(25), at(974))
}

/// For each stage, the share of non-mates that has to be kept so that so many of the mates are.
fn quantiles(trials: &[&Trial]) -> String {
    let of_stage = |stage: usize| {
        let mut shares: Vec<f64> = trials.iter().map(|trial| trial.penetration[stage]).collect();
        shares.sort_by(f64::total_cmp);
        let at = |kept: f64| shares.get((kept * shares.len() as f64).ceil() as usize - 1).copied();
        [0.99, 0.995, 0.999].map(|kept| format!("{:.2}", 100.0 * at(kept).unwrap_or(f64::NAN))).join(" / ")
    };
    format!("64: {}   128: {}   relax: {}", of_stage(0), of_stage(1), of_stage(2))
}
