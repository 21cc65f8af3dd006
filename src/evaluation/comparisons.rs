//! Scored comparisons whose truth is known, in the order that error rates are read off.

use serde::Serialize;

/// What to do with a comparison that has no score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It never matches: below every score. A genuine one is a false non-match at every threshold,
    /// as a citizen who could not be let in would see it.
    #[default]
    Lowest,
    /// It is left out: the rates are of the comparisons that succeeded. How many failed is
    /// reported all the same.
    Exclude,
}

/// What a comparison is by the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of two samples of one subject.
    Genuine,
    /// Of samples of two subjects.
    Impostor,
}

impl Kind {
    /// Genuine if the subjects are equal.
    pub const fn of(subjects: [u32; 2]) -> Self {
        if subjects[0] == subjects[1] { Self::Genuine } else { Self::Impostor }
    }
}

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// What it is.
    pub kind: Kind,
    /// Whose the two samples are, for resampling.
    pub subjects: [u32; 2],
    /// A finite score; `None` if the comparison failed.
    pub score: Option<f64>,
}

/// How many comparisons of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Subjects with a comparison.
    pub subjects: u64,
    /// Comparisons of one subject.
    pub genuine: u64,
    /// Genuine comparisons without a score, counted in `genuine`.
    pub genuine_without_score: u64,
    /// Comparisons of two subjects.
    pub impostor: u64,
    /// Impostor comparisons without a score, counted in `impostor`.
    pub impostor_without_score: u64,
}

/// The comparisons of one database, each kind sorted by descending score.
#[derive(Clone, Debug)]
pub struct Comparisons {
    pub(super) genuine: Side<u32>,
    pub(super) impostor: Side<[u32; 2]>,
    pub(super) subjects: usize,
    counts: Counts,
}

/// The comparisons of one kind.
#[derive(Clone, Debug)]
pub(super) struct Side<S> {
    /// Descending. Failed comparisons are negative infinity.
    pub(super) scores: Vec<f64>,
    /// Beside each score, whose comparison it is, as numbers below [`Comparisons::subjects`].
    pub(super) subjects: Vec<S>,
}

impl<S> Side<S> {
    fn new(mut rows: Vec<(f64, S)>) -> Self {
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (scores, subjects) = rows.into_iter().unzip();
        Self { scores, subjects }
    }
}

impl Comparisons {
    /// Sorts comparisons. `n log n`.
    pub fn new(comparisons: impl IntoIterator<Item = Comparison>, missing: Missing) -> Self {
        let mut counts = Counts::default();
        let mut dense = Dense::default();
        let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
        for Comparison { kind, subjects, score } in comparisons {
            let [a, b] = subjects.map(|subject| dense.number(subject));
            let failed = u64::from(score.is_none());
            // Negative zero equals zero, and sorting by bits has to know it.
            let score = score.map(|score| score + 0.0);
            let score = score.or((missing == Missing::Lowest).then_some(f64::NEG_INFINITY));
            match kind {
                Kind::Genuine => {
                    counts.genuine += 1;
                    counts.genuine_without_score += failed;
                    genuine.extend(score.map(|score| (score, a)));
                }
                Kind::Impostor => {
                    counts.impostor += 1;
                    counts.impostor_without_score += failed;
                    impostor.extend(score.map(|score| (score, [a, b])));
                }
            }
        }
        counts.subjects = dense.numbers.len() as u64;
        let subjects = dense.numbers.len();
        Self { genuine: Side::new(genuine), impostor: Side::new(impostor), subjects, counts }
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

/// Numbers from 0 without gaps for subjects numbered anyhow.
#[derive(Default)]
struct Dense {
    numbers: std::collections::HashMap<u32, u32>,
}

impl Dense {
    fn number(&mut self, subject: u32) -> u32 {
        // There are at most as many numbers as values of u32.
        let next = self.numbers.len() as u32;
        *self.numbers.entry(subject).or_insert(next)
    }
}
