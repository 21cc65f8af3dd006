//! What codes are worth: how much of a gallery has to be kept so that the mates are.
//!
//! `BIOMATCH_DATA=DIR cargo run --release --example code_penetration [GENERATED]`, DIR with
//! `fingers/EXTRACTOR/DATABASE/FINGER_IMPRESSION.iso`; GENERATED fingers stand beside the real ones (2,000).
//! Trains models that have seen neither the fingers nor, in the second table, the extractor that they are
//! tested on; about two minutes. `docs/notes/fingerprint-cascade.md` explains the columns.

#[path = "../../../src/bin/biomatch/generated.rs"]
#[allow(unreachable_pub)]
mod generated;

mod fingers;
mod rank;

use std::error::Error;

use biomatch::fingerprint::codes::CodeModel;
use biomatch::fingerprint::codes::training::{LabelledImpression, train};

use crate::fingers::{cohort, generated_fingers, read};
use crate::rank::{Ranks, Trials};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(data) = std::env::var_os("BIOMATCH_DATA") else {
        println!("skipped: BIOMATCH_DATA is not set");
        return Ok(());
    };
    let count = std::env::args().nth(1).map_or(Ok(2_000), |count| count.parse())?;
    let sources = read(&std::path::Path::new(&data).join("fingers"))?;
    let non_mates = generated_fingers(count);
    println!(
        "Share of the gallery, in percent, that scores at least as high as the mate, for 99 / 99.5 / 99.9 % of the"
    );
    println!(
        "mates that a full comparison finds at FMR 1e-4; lost: of those mates, if 1 / 3 / 10 % of the real"
    );
    println!("impostors are kept. Models have not seen the fingers that they are tested on.");
    for (table, own) in
        [("trained on all extractors", true), ("trained on the other three extractors", false)]
    {
        println!("\n{table}");
        println!(
            "{:>12} {:>6} {:>5} {:>26} {:>24} {:>26}",
            "extractor", "mates", "bits", "real impostors", "lost", "generated"
        );
        let mut sets: Vec<Trials> = sources.iter().map(|_| Trials::default()).collect();
        for parity in 0..2 {
            // A model of the other fingers, of all sources but one.
            let unseen_of = |tested: Option<usize>| -> Result<CodeModel, Box<dyn Error>> {
                let sources = sources.iter().enumerate().filter(|(source, _)| Some(*source) != tested);
                let prints = sources.flat_map(|(_, source)| &source.prints);
                let prints: Vec<LabelledImpression> =
                    prints.filter(|print| print.finger % 2 != parity).cloned().collect();
                Ok(train(&prints, &cohort(), "", 1)?.0)
            };
            let of_all = if own { Some(unseen_of(None)?) } else { None };
            for (tested, (source, trials)) in sources.iter().zip(&mut sets).enumerate() {
                match &of_all {
                    Some(model) => trials.add(model, source, parity, &non_mates),
                    None => trials.add(&unseen_of(Some(tested))?, source, parity, &non_mates),
                }
            }
        }
        for (source, trials) in sources.iter().zip(&sets) {
            print(&source.name, &trials.ranks());
        }
        print("all", &Trials::all(sets).ranks());
    }
    let shipped = CodeModel::shipped();
    println!("\nThe shipped model, {}: {} (it has seen these fingers)", shipped.id(), shipped.note());
    for source in &sources {
        let mut trials = Trials::default();
        (0..2).for_each(|parity| trials.add(shipped, source, parity, &non_mates));
        print(&source.name, &trials.ranks());
    }
    Ok(())
}

fn print(name: &str, ranks: &Ranks) {
    for (word, bits) in [64, 128].into_iter().enumerate() {
        let column = |shares: [f64; 3]| shares.map(|share| format!("{:.3}", 100.0 * share)).join(" / ");
        println!(
            "{name:>12} {:>6} {bits:>5} {:>26} {:>24} {:>26}",
            ranks.mates,
            column(ranks.real[word]),
            column(ranks.lost[word]),
            column(ranks.generated[word])
        );
    }
}
