//! The rates that tables state, on an extractor and a database that are both not in the fit.

use biomatch::units::{Fmr, Score};

use crate::data::{DATABASES, Scores, database, finger, table};
use crate::rates::{Comparison, Comparisons, print_table};

const RATES: [u32; 3] = [100, 1_000, 10_000];

pub(crate) fn print(all: &[Scores]) {
    println!("## Stated rates, on an extractor and a database that are not in the fit\n");
    println!("Non-mates at or above, their share, its 95 % interval by resampling fingers.\n");
    println!("| extractor | database | 1e-2 | 1e-3 | 1e-4 |\n|---|---|---|---|---|");
    let mut held = [0; RATES.len()];
    let mut pooled = [0; RATES.len()];
    let mut folds = 0;
    for (number, extractor) in all.iter().enumerate() {
        let others: Vec<&Scores> =
            all.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, scores)| scores).collect();
        for (place, name) in DATABASES.iter().enumerate() {
            let rest: Vec<usize> = (0..DATABASES.len()).filter(|other| *other != place).collect();
            let table = table(&others, &rest);
            let mut tested = Comparisons::new(DATABASES.len() * 10);
            let pairs = extractor.pairs().filter(|(a, b)| database(*a) == place && database(*b) == place);
            for (a, b) in pairs.filter(|(a, b)| finger(*a) != finger(*b)) {
                let units = vec![finger(a) as u32, finger(b) as u32];
                let values = vec![f64::from(extractor.score(a, b).get())];
                tested.non_mated.push(Comparison { units, values });
            }
            let mut cells = String::new();
            for (at, one_in) in RATES.into_iter().enumerate() {
                let threshold = table.threshold(Fmr::one_in(one_in)).map_or(f32::MAX, Score::get);
                let found = tested.reached(0, f64::from(threshold));
                let holds = found.low <= 1.0 / f64::from(one_in);
                held[at] += u32::from(holds);
                pooled[at] += found.count;
                let mark = if holds { "" } else { " **above**" };
                cells += &format!(
                    " {}, {:.1e} ({:.1e} to {:.1e}){mark} |",
                    found.count, found.rate, found.low, found.high
                );
            }
            folds += 1;
            println!("| {} | {name} |{cells}", extractor.name);
        }
    }
    for (at, one_in) in RATES.into_iter().enumerate() {
        println!(
            "* 1 in {one_in}: within the interval or below in {} of {folds}; {} of {} non-mates in all",
            held[at],
            pooled[at],
            folds * 2_880
        );
    }
    println!();
    each_extractor(all);
}

/// One finger by itself, for comparison: FNMR where the FMR is measured.
fn each_extractor(all: &[Scores]) {
    println!("One finger, non-mates of the same database:\n");
    for extractor in all {
        let mut found = Comparisons::new(DATABASES.len() * 10);
        for (a, b) in extractor.pairs().filter(|(a, b)| database(*a) == database(*b)) {
            let (one, other) = (finger(a) as u32, finger(b) as u32);
            let values = vec![f64::from(extractor.score(a, b).get())];
            if one == other {
                found.mated.push(Comparison { units: vec![one], values });
            } else {
                found.non_mated.push(Comparison { units: vec![one, other], values });
            }
        }
        print_table(&found, &[extractor.name], &[1e-3, 1e-4]);
    }
}
