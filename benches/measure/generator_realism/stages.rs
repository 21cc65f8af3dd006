//! Fingers: the scores of all stages that a search of all fingers passes.

use std::slice;

use biomatch::fingerprint::codes::{CodeMeans, CodeModel, CodeSites, FingerCodes};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerFeatures, explain};
use biomatch::template::Minutia;
use biomatch::units::Score;
use rayon::prelude::*;

use crate::fingers::{Database, Row, quantiles, share_below};

/// The stages, in the order of their scores, and the decimals that these are printed with.
const STAGES: [(&str, usize); 7] = [
    ("filter, 64 bits", 1),
    ("filter, 128 bits", 1),
    ("64 bits before the mean", 1),
    ("128 bits before the mean", 1),
    ("relaxed codes, thousandths", 2),
    ("relaxed cylinders", 4),
    ("full score", 2),
];

type Scores = [f64; STAGES.len()];

/// An impression, ready to be compared.
struct Print {
    finger: usize,
    minutiae: Vec<Minutia>,
    codes: FingerCodes,
}

type Prints = Vec<Print>;

/// Prints, for each extractor and each kind of generated fingers and each stage: impostors inside a database,
/// which share a sensor; impostors in another database of the same extractor; and for real fingers those in
/// another database of another extractor, and among generated ones, which is what a search of real fingers in a
/// generated gallery meets. No finger that is in two databases meets itself in those pairs of databases.
pub(crate) fn table(rows: &[Row]) {
    println!(
        "| stage | fingers | impostors in | impostor score 50 90 99 99.9 % | genuine score 1 5 10 50 % | FNMR % at FMR 1e-2, 1e-3 |"
    );
    println!("|---|---|---|---|---|---|");
    let rows: Vec<(&str, Vec<Prints>)> = rows
        .iter()
        .map(|(name, databases)| (name.as_str(), databases.iter().map(prints).collect()))
        .collect();
    let (generated, real): (Vec<_>, Vec<_>) =
        rows.iter().partition(|(name, _)| name.starts_with("generated"));
    for (place, (name, databases)) in real.iter().enumerate() {
        let genuine = beside_own(name, databases);
        let (other, of_other) = real[(place + 1) % real.len()];
        let galleries = [(*other, of_other, 1)].into_iter();
        let galleries = galleries.chain(generated.iter().map(|(name, databases)| (*name, databases, 0)));
        for (gallery, of_gallery, first) in galleries {
            print(name, gallery, &others(databases, of_gallery, first), &genuine);
        }
    }
    for (name, databases) in generated {
        beside_own(name, databases);
    }
}

/// Prints the lines of impostors of the same kind, and returns the genuine scores.
fn beside_own(name: &str, databases: &[Prints]) -> Vec<Scores> {
    let (mut genuine, mut own) = (Vec::new(), Vec::new());
    for database in databases {
        within(database, &mut genuine, &mut own);
    }
    print(name, "its database", &own, &genuine);
    print(name, "another database", &others(databases, databases, 1), &genuine);
    genuine
}

/// Each database against one of a gallery, from number `first` of it on.
fn others(databases: &[Prints], gallery: &[Prints], first: usize) -> Vec<Scores> {
    let gallery = gallery.iter().cycle().skip(first);
    databases.iter().zip(gallery).flat_map(|(probes, gallery)| across(probes, gallery)).collect()
}

fn print(name: &str, gallery: &str, impostor: &[Scores], genuine: &[Scores]) {
    for (stage, (title, decimals)) in STAGES.into_iter().enumerate() {
        let sorted = |scores: &[Scores]| {
            let mut scores: Vec<f64> = scores.iter().map(|scores| scores[stage]).collect();
            scores.sort_by(f64::total_cmp);
            scores
        };
        let (impostor, genuine) = (sorted(impostor), sorted(genuine));
        let fnmr = |fmr: f64| {
            let place = impostor.len().saturating_sub((fmr * impostor.len() as f64) as usize + 1);
            100.0 * share_below(&genuine, impostor.get(place).map_or(f64::NAN, |score| score.next_up()))
        };
        println!(
            "| {title} | {name} | {gallery} | {} | {} | {:.2} {:.2} |",
            quantiles(&impostor, &[0.5, 0.9, 0.99, 0.999], decimals),
            quantiles(&genuine, &[0.01, 0.05, 0.1, 0.5], decimals),
            fnmr(1e-2),
            fnmr(1e-3)
        );
    }
}

fn prints(database: &Database) -> Prints {
    let print = |finger, minutiae: &Vec<Minutia>| {
        let codes = CodeModel::shipped().encode(FingerFeatures::new(minutiae).view());
        Print { finger, minutiae: minutiae.clone(), codes }
    };
    let impressions = database.par_iter().enumerate();
    impressions.flat_map_iter(|(finger, all)| all.iter().map(move |m| print(finger, m))).collect()
}

fn scores(a: &Print, b: &Print) -> Scores {
    let (probe, row) = (CodeProbe::new(a.codes.view()), row(&b.codes));
    let [mut short, mut long] = [[FilterScore::LOWEST]; 2];
    probe.coarse(row, &mut short);
    probe.fine(row, &mut long);
    let mut relaxed = [Score::LOWEST];
    probe.relaxed_at(row, &[0], &mut relaxed);
    let root = |score: FilterScore| f64::from(score.value()) - f64::from(FilterScore::ZERO);
    let explained = explain(&a.minutiae, &b.minutiae);
    let [short, long] = [short[0], long[0]].map(|score| root(score) / f64::from(CodeMeans::ONE));
    let [short_mean, long_mean] = b.codes.means.0.map(|mean| f64::from(mean) / f64::from(CodeMeans::ONE));
    [
        short,
        long,
        short + short_mean,
        long + long_mean,
        1000.0 * f64::from(relaxed[0].get()),
        f64::from(explained.relaxed.get()),
        f64::from(explained.score.get()),
    ]
}

pub(crate) fn row(finger: &FingerCodes) -> CodeRows<'_> {
    let CodeSites { places, directions } = &finger.sites;
    CodeRows {
        words: [slice::from_ref(&finger.words[0]), slice::from_ref(&finger.words[1])],
        directions: slice::from_ref(directions),
        places: slice::from_ref(places),
        counts: slice::from_ref(&finger.count),
        means: slice::from_ref(&finger.means),
    }
}

/// All pairs of a database, each once.
fn within(database: &Prints, genuine: &mut Vec<Scores>, impostor: &mut Vec<Scores>) {
    let compared: Vec<(bool, Scores)> = (1..database.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let probe = &database[i];
            database[..i].iter().map(move |other| (other.finger == probe.finger, scores(probe, other)))
        })
        .collect();
    for (same, scores) in compared {
        if same { genuine.push(scores) } else { impostor.push(scores) }
    }
}

/// All impressions of one database against every fourth of another.
fn across(probes: &Prints, gallery: &Prints) -> Vec<Scores> {
    let against = |probe| gallery.iter().step_by(4).map(move |other| scores(probe, other));
    probes.par_iter().flat_map_iter(against).collect()
}
