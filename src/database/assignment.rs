//! Which impressions stand for which different fingers.
//!
//! Positions are often not known, so that "two different fingers" is a question of its own. Two answers are
//! computed. The most fingers that there *can* be is a bipartite matching of impressions and references: no
//! impression and no reference stands for two fingers. How many fingers there *surely* are is the number of
//! matched pairs that can be told apart: no two of them share an impression or a reference, and no sample
//! of one is like a sample of the other. Between the two nobody can tell.

use std::collections::BTreeMap;

/// The greatest number of pairs of which no two share a left or a right side, but no more than `enough`:
/// augmenting paths (Kuhn's algorithm). Cost: O(`enough` x pairs).
pub(super) fn most_disjoint<L: Ord + Copy, R: Ord + Copy>(pairs: &[(L, R)], enough: usize) -> usize {
    let mut rights: BTreeMap<L, Vec<R>> = BTreeMap::new();
    for &(left, right) in pairs {
        rights.entry(left).or_default().push(right);
    }
    let mut partner: BTreeMap<R, L> = BTreeMap::new();
    let mut size = 0;
    for &left in rights.keys() {
        if size >= enough {
            break;
        }
        let mut seen = Vec::new();
        size += usize::from(augment(left, &rights, &mut partner, &mut seen));
    }
    size
}

/// Finds a partner for `left`, moving others if need be. As deep as there are partners, at most.
fn augment<L: Ord + Copy, R: Ord + Copy>(
    left: L,
    rights: &BTreeMap<L, Vec<R>>,
    partner: &mut BTreeMap<R, L>,
    seen: &mut Vec<R>,
) -> bool {
    for &right in rights.get(&left).into_iter().flatten() {
        if seen.contains(&right) {
            continue;
        }
        seen.push(right);
        let is_free = match partner.get(&right).copied() {
            None => true,
            Some(other) => augment(other, rights, partner, seen),
        };
        if is_free {
            partner.insert(right, left);
            return true;
        }
    }
    false
}

/// Most steps of a search for pairs that are apart. Claims of people take a few dozen.
const MOST_STEPS: usize = 10_000;

/// As many pairs as can be found, at most `enough`, of which every two are apart; earlier pairs first.
/// Exact within [`MOST_STEPS`]; beyond, what was found until then, which is never too many.
///
/// # Errors
/// Those of `are_apart`.
pub(super) fn apart<E>(
    pairs: usize,
    enough: usize,
    mut are_apart: impl FnMut(usize, usize) -> Result<bool, E>,
) -> Result<Vec<usize>, E> {
    let mut best = Vec::new();
    let mut chosen: Vec<usize> = Vec::new();
    // The next pair to try at each depth.
    let mut next = 0;
    for _ in 0..MOST_STEPS {
        if best.len() >= enough {
            break;
        }
        // Not enough pairs are left to beat the best: go back.
        if pairs - next + chosen.len() <= best.len() || next == pairs {
            match chosen.pop() {
                Some(last) => next = last + 1,
                None => break,
            }
            continue;
        }
        let mut fits = true;
        for &other in &chosen {
            if !are_apart(other, next)? {
                fits = false;
                break;
            }
        }
        if fits {
            chosen.push(next);
            if chosen.len() > best.len() {
                best.clone_from(&chosen);
            }
        }
        next += 1;
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// Every subset.
    fn greatest(pairs: usize, is_good: impl Fn(&[usize]) -> bool) -> usize {
        let subsets = (0..1_u32 << pairs).map(|bits| (0..pairs).filter(|i| bits >> i & 1 == 1).collect());
        subsets.filter(|subset: &Vec<usize>| is_good(subset)).map(|subset| subset.len()).max().unwrap_or(0)
    }

    fn every_two(subset: &[usize], is_good: impl Fn(usize, usize) -> bool) -> bool {
        subset.iter().enumerate().all(|(i, &a)| subset[..i].iter().all(|&b| is_good(b, a)))
    }

    proptest! {
        #[test]
        fn a_matching_is_the_greatest_set_of_disjoint_pairs(
            pairs in prop::collection::vec((0_u8..5, 0_u8..5), 0..10),
            enough in 0_usize..6,
        ) {
            let disjoint = |a: usize, b: usize| pairs[a].0 != pairs[b].0 && pairs[a].1 != pairs[b].1;
            let expected = greatest(pairs.len(), |subset| every_two(subset, disjoint));
            prop_assert_eq!(most_disjoint(&pairs, enough), expected.min(enough));
        }

        #[test]
        fn pairs_that_are_apart_are_as_many_as_there_are(
            conflicts in prop::collection::vec(any::<bool>(), 100),
            pairs in 0_usize..10,
            enough in 0_usize..6,
        ) {
            let is_apart = |a: usize, b: usize| !conflicts[a * 10 + b];
            let found = apart(pairs, enough, |a, b| Ok::<_, Infallible>(is_apart(a, b))).unwrap();
            prop_assert!(every_two(&found, is_apart));
            let expected = greatest(pairs, |subset| every_two(subset, is_apart));
            prop_assert_eq!(found.len(), expected.min(enough));
        }
    }

    #[test]
    fn a_hopeless_search_ends() {
        // A thousand pairs that are all of one finger but for two.
        let found = apart(1_000, 10, |a, b| Ok::<_, Infallible>((a, b) == (0, 999))).unwrap();
        assert!(!found.is_empty() && found.len() <= 2);
    }
}
