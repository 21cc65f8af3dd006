//! Chimeric people: one finger of each of several databases, the same impressions together.

use biomatch::calibration::{Dependence, PersonComparison};
use biomatch::fusion::{Best, Part, fuse};
use biomatch::units::Score;

use crate::data::{DATABASES, FINGERS, IMPRESSIONS, Scores, finger, table_without};
use crate::rates::{Comparison, Comparisons, print_stated, print_table};
use crate::{EXTRACTORS, LEADER};

/// Other people of the same fingers: of no two of them both have the same two fingers.
const SHIFTS: [usize; 4] = [1, 3, 7, 9];

/// Who has which finger: the person and the place among the person's fingers to the number within the database. Each
/// shift makes other people of the same fingers.
fn own_finger(person: usize, place: usize, shift: usize) -> usize {
    (person + place * shift) % FINGERS
}

/// The scores of two people's fingers, impression `i` of the one with `j` of the other.
fn scores(
    of: &Scores,
    databases: &[usize],
    shift: usize,
    people: [usize; 2],
    [i, j]: [usize; 2],
) -> Vec<Score> {
    let impression = |person, place: usize, n| {
        (databases[place] * FINGERS + own_finger(person, place, shift)) * IMPRESSIONS + n
    };
    (0..databases.len())
        .map(|place| of.score(impression(people[0], place, i), impression(people[1], place, j)))
        .collect()
}

/// The fingers of two people, over all databases, each once.
fn units(databases: &[usize], shift: usize, people: [usize; 2]) -> Vec<u32> {
    let fingers = databases.iter().enumerate().flat_map(|(place, database)| {
        people.map(|person| {
            finger((database * FINGERS + own_finger(person, place, shift)) * IMPRESSIONS) as u32
        })
    });
    let mut units: Vec<u32> = fingers.collect();
    units.sort_unstable();
    units.dedup();
    units
}

pub(crate) fn print(all: &[Scores]) {
    print_dependence(all);
    for extractor in [LEADER, 0] {
        for count in [2, 4] {
            println!("## {count} fingers of chimeric people, {}\n", EXTRACTORS[extractor]);
            let found = people_of(all, extractor, count);
            let mut systems = vec!["one finger (the first)", "one finger (the second)"];
            systems.extend(["the greatest score", "the sum of scores", "fused"]);
            print_table(&found, &systems, &[1e-3, 1e-4]);
            print_stated(&found, systems.len() - 1, &[1e-2, 1e-3, 1e-4]);
        }
    }
}

/// Each choice of databases, by a table of the others.
fn people_of(all: &[Scores], extractor: usize, count: usize) -> Comparisons {
    let mut found = Comparisons::new(DATABASES.len() * FINGERS);
    for databases in choices(count) {
        let table = table_without(all, &databases);
        for shift in SHIFTS {
            for a in 0..FINGERS {
                for b in a..FINGERS {
                    let mated = a == b;
                    // Impressions of one person each with each later one, of two each with each.
                    let impressions = (0..IMPRESSIONS)
                        .flat_map(|i| (if mated { i + 1 } else { 0 }..IMPRESSIONS).map(move |j| [i, j]));
                    for both in impressions {
                        let scores = scores(&all[extractor], &databases, shift, [a, b], both);
                        let best: Vec<Best> =
                            scores.iter().map(|&score| Best { score, comparisons: 1 }).collect();
                        let fused = fuse(&[Part { table: &table, best: &best }]).unwrap();
                        let number = |score: Score| f64::from(score.get());
                        let greatest = scores.iter().copied().max().unwrap();
                        let sum = scores.iter().copied().map(number).sum();
                        let values = vec![
                            number(scores[0]),
                            number(scores[1]),
                            number(greatest),
                            sum,
                            -fused.fmr.rate().log10(),
                        ];
                        let comparison = Comparison { units: units(&databases, shift, [a, b]), values };
                        if mated { found.mated.push(comparison) } else { found.non_mated.push(comparison) }
                    }
                }
            }
        }
    }
    found
}

/// All choices of so many databases.
fn choices(count: usize) -> Vec<Vec<usize>> {
    let all = 0_u32..1 << DATABASES.len();
    let chosen = all.filter(|bits| bits.count_ones() as usize == count);
    chosen.map(|bits| (0..DATABASES.len()).filter(|database| bits >> database & 1 == 1).collect()).collect()
}

/// How much scores of two fingers depend on each other that share only the database and the moment: people with two
/// fingers of one database.
fn print_dependence(all: &[Scores]) {
    println!("## Dependence of two fingers that share a database and a moment\n");
    for extractor in all {
        let mut comparisons = Vec::new();
        for database in 0..DATABASES.len() {
            let person = |number: usize| (database * FINGERS / 2 + number) as u32;
            for a in 0..FINGERS / 2 {
                for b in 0..a {
                    for (i, j) in (0..IMPRESSIONS).flat_map(|i| (0..IMPRESSIONS).map(move |j| (i, j))) {
                        let impression = |person: usize, place, n| {
                            (database * FINGERS + 2 * person + place) * IMPRESSIONS + n
                        };
                        let score = |place| extractor.score(impression(a, place, i), impression(b, place, j));
                        comparisons.push(PersonComparison {
                            people: [person(a), person(b)],
                            scores: vec![score(0), score(1)],
                        });
                    }
                }
            }
        }
        let found = Dependence::measure(&comparisons).unwrap();
        println!(
            "* {}: correlation at most {:.3} (95 %), {} people, {} comparisons",
            extractor.name,
            found.correlation(),
            found.people(),
            found.comparisons()
        );
    }
    println!();
}
