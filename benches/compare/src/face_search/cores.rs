//! What a second thread wins: the same searches by one and by two threads in turn.

use std::hint::black_box;
use std::num::NonZeroUsize;

use biomatch::search::{Search, identify_faces};
use biomatch::units::Score;
use serde_json::json;

use crate::measure::{ROUNDS, Set, pool, say, seconds};
use crate::roofline;
use crate::scan::codes;

/// Single probes, as many as are asked, each many times; a batch, and plain reading.
pub fn cores(set: &Set, singles: usize) {
    let snapshot = set.snapshot();
    let probes = set.probes();
    let pools = [pool(1), pool(2)];
    let any = Search::top(NonZeroUsize::new(10).unwrap());
    let searches = [
        ("single top 10", any, 1),
        ("single top 1", Search::top(NonZeroUsize::MIN), 1),
        ("single top 10 at 0.45", any.at_least(Score::new(0.45).unwrap()), 1),
        ("single top 1,000", Search::top(NonZeroUsize::new(1_000).unwrap()), 1),
        ("batch", any, 1_000),
    ];
    for (name, search, many) in searches {
        let singles = if many == 1 { singles } else { 1 };
        let groups: Vec<_> = probes.chunks(many).take(singles).collect();
        turns(name, groups.len(), |thread, group| {
            black_box(identify_faces(&snapshot, groups[group], &search.on(&pools[thread])).unwrap());
        });
    }
    let mapped = codes(&snapshot);
    for ahead in [0, 1 << 12] {
        turns(&format!("read, mapped file, {ahead} ahead"), 1, |thread, _| {
            roofline::pass(&mapped, &pools[thread], ahead);
        });
    }
}

/// Says the mean least time of some things by one thread and by two, and the median of the ratios of
/// neighbours in time.
fn turns(name: &str, things: usize, mut work: impl FnMut(usize, usize)) {
    let mut least = vec![[f64::INFINITY; 2]; things];
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        for (thing, least) in least.iter_mut().enumerate() {
            let times = [0, 1].map(|thread| seconds(|| work(thread, thing)).0);
            ratios.push(times[0] / times[1]);
            for (least, time) in least.iter_mut().zip(times) {
                *least = least.min(time);
            }
        }
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let mean = |thread: usize| least.iter().map(|least| least[thread]).sum::<f64>() / things as f64;
    let median = ratios[ratios.len() / 2];
    let [one, two] = [mean(0), mean(1)];
    say(name, 2, two, json!({ "one_s": one, "ratio": one / two, "median_of_ratios": median }));
}
