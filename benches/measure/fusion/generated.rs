//! Generated people with ten fingers, by a table of real ones.

#[path = "../../../src/bin/biomatch/generated.rs"]
mod templates;

use biomatch::calibration::{Dependence, PersonComparison};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::fusion::{Best, Part, fuse};
use biomatch::units::Score;
use biomatch_datasets::{Capture, Population};
use rayon::prelude::*;

use crate::data::{Scores, table_without};
use crate::rates::{Comparison, Comparisons, print_stated, print_table};

const PEOPLE: u64 = 120;
const SEED: u64 = 20_261_127;

/// A person's fingers as enrolled and as presented later.
struct Person {
    enrolled: Vec<FingerFeatures>,
    presented: Vec<FingerFeatures>,
}

pub(crate) fn print(all: &[Scores]) {
    println!("## Ten fingers of {PEOPLE} generated people, table of the real fingers\n");
    let table = table_without(all, &[]);
    let population = Population::new(SEED);
    let people: Vec<Person> =
        (0..).filter_map(|index| person(&population, index)).take(PEOPLE as usize).collect();
    let rows: Vec<Vec<Vec<Score>>> = people
        .par_iter()
        .map_init(Scratch::default, |scratch, probe| {
            let probes: Vec<FingerProbe> =
                probe.presented.iter().map(|features| FingerProbe::new(features.view())).collect();
            let scores = |reference: &Person| {
                let pairs = probes.iter().zip(&reference.enrolled);
                pairs.map(|(probe, enrolled)| probe.compare(enrolled.view(), scratch)).collect()
            };
            people.iter().map(scores).collect()
        })
        .collect();
    let mut found = Comparisons::new(people.len());
    let mut dependence = Vec::new();
    for (a, row) in rows.iter().enumerate() {
        for (b, scores) in row.iter().enumerate() {
            let number = |score: &Score| f64::from(score.get());
            let fused = |count: usize| {
                let best: Vec<Best> =
                    scores.iter().take(count).map(|&score| Best { score, comparisons: 1 }).collect();
                -fuse(&[Part { table: &table, best: &best }]).unwrap().fmr.rate().log10()
            };
            let greatest = scores.iter().max().unwrap();
            let sum = scores.iter().map(number).sum();
            let values = vec![number(&scores[1]), number(greatest), sum, fused(2), fused(4), fused(10)];
            let mut units = vec![a as u32, b as u32];
            units.dedup();
            if a == b {
                found.mated.push(Comparison { units, values });
            } else {
                dependence.push(PersonComparison { people: [a as u32, b as u32], scores: scores.clone() });
                found.non_mated.push(Comparison { units, values });
            }
        }
    }
    let systems = [
        "one finger (right index)",
        "the greatest score of ten",
        "the sum of ten scores",
        "fused, 2",
        "fused, 4",
        "fused, 10",
    ];
    print_table(&found, &systems, &[1e-2, 1e-3]);
    print_stated(&found, 5, &[1e-1, 1e-2, 1e-3]);
    let measured = Dependence::measure(&dependence).unwrap();
    println!(
        "Correlation of two fingers of generated people: at most {:.3} (95 %)\n",
        measured.correlation()
    );
}

/// A person who has all ten fingers.
fn person(population: &Population, index: u64) -> Option<Person> {
    let citizen = population.citizen(index);
    let of = |capture: &Capture, number| -> Option<Vec<FingerFeatures>> {
        (1..=10)
            .map(|code| {
                let impression = citizen.finger(code)?.impression(capture, number);
                Some(FingerFeatures::new(&templates::fingerprint(code, &impression).minutiae))
            })
            .collect()
    };
    Some(Person { enrolled: of(&Capture::ENROLMENT, 0)?, presented: of(&Capture::FIELD, 1)? })
}
