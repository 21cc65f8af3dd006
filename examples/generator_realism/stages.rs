//! Fingers: the scores of the stages that a search of all fingers passes.

use std::error::Error;

use biomatch::fingerprint::explain;
use biomatch::template::Minutia;
use rayon::prelude::*;

use crate::fingers::{Database, Row, quantiles, share_below};

/// The stages, in the order of their scores.
const STAGES: [&str; 1] = ["relaxed"];
const SHARES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

type Scores = [f64; STAGES.len()];

/// Prints rows for each extractor and each profile; and for the fingers of each extractor against generated
/// ones, which is what a search of real fingers in a generated gallery meets.
pub(crate) fn table(rows: &[Row], generated: &str) -> Result<(), Box<dyn Error>> {
    println!(
        "| fingers | stage | impostor score 50 90 99 99.9 % | genuine score 1 5 10 50 % | FNMR % at FMR 1e-2, 1e-3 |"
    );
    println!("|---|---|---|---|---|");
    let gallery = rows.iter().find(|(name, _)| name == generated).ok_or("no such generated fingers")?;
    for (name, databases) in rows {
        let within: Vec<_> = databases.iter().map(within).collect();
        let impostor: Vec<Scores> = within.iter().flat_map(|(_, impostor)| impostor).copied().collect();
        let genuine: Vec<Scores> = within.iter().flat_map(|(genuine, _)| genuine).copied().collect();
        print(name, &impostor, &genuine);
        let others = |gallery: &[Database], shift: usize| -> Vec<Scores> {
            let gallery = gallery.iter().cycle().skip(shift);
            databases.iter().zip(gallery).flat_map(|(probes, gallery)| across(probes, gallery)).collect()
        };
        print(&format!("{name}, other databases"), &others(databases, 1), &genuine);
        if !name.starts_with("generated") {
            print(&format!("{name} against {generated}"), &others(&gallery.1, 0), &genuine);
        }
    }
    Ok(())
}

fn print(name: &str, impostor: &[Scores], genuine: &[Scores]) {
    for (stage, title) in STAGES.iter().enumerate() {
        let sorted = |scores: &[Scores]| {
            let mut scores: Vec<f64> = scores.iter().map(|scores| scores[stage]).collect();
            scores.sort_by(f64::total_cmp);
            scores
        };
        let (impostor, genuine) = (sorted(impostor), sorted(genuine));
        let fnmr = |fmr: f64| {
            let place = impostor.len().saturating_sub((fmr * impostor.len() as f64) as usize + 1);
            100.0 * share_below(&genuine, impostor[place].next_up())
        };
        println!(
            "| {name} | {title} | {} | {} | {:.2} {:.2} |",
            quantiles(&impostor, &SHARES, 4),
            quantiles(&genuine, &[0.01, 0.05, 0.1, 0.5], 4),
            fnmr(1e-2),
            fnmr(1e-3)
        );
    }
}

fn scores(a: &[Minutia], b: &[Minutia]) -> Scores {
    [f64::from(explain(a, b).relaxed.get())]
}

/// All pairs of a database: genuine, impostor.
fn within(database: &Database) -> (Vec<Scores>, Vec<Scores>) {
    let all: Vec<(usize, &Vec<Minutia>)> =
        database.iter().enumerate().flat_map(|(finger, all)| all.iter().map(move |m| (finger, m))).collect();
    let compared: Vec<(bool, Scores)> = (0..all.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let all = &all;
            (0..i).map(move |j| (all[i].0 == all[j].0, scores(all[i].1, all[j].1)))
        })
        .collect();
    let (genuine, impostor): (Vec<_>, Vec<_>) = compared.into_iter().partition(|(same, _)| *same);
    let scores = |pairs: Vec<(bool, Scores)>| pairs.into_iter().map(|(_, scores)| scores).collect();
    (scores(genuine), scores(impostor))
}

/// All impressions of one database against the first and the last of each finger of another.
fn across(probes: &Database, gallery: &Database) -> Vec<Scores> {
    let gallery: Vec<&Vec<Minutia>> =
        gallery.iter().flat_map(|all| [all.first(), all.last()]).flatten().collect();
    let probes: Vec<&Vec<Minutia>> = probes.iter().flatten().collect();
    probes.par_iter().flat_map_iter(|probe| gallery.iter().map(|finger| scores(probe, finger))).collect()
}
