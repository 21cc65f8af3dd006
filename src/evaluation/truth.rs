//! Whose each sample is, from a file or from the samples' names.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::table::Table;
use super::{EvaluationError, Kind, Names, ScoreFile};

/// What is known about the samples.
#[derive(Clone, Debug)]
pub enum Truth {
    /// Whose each sample is. Two samples are mated if they are of one subject.
    Subjects(Subjects),
    /// Which pairs are mated.
    Pairs(Pairs),
    /// The name says it: `FOLDER/SUBJECT_IMPRESSION.EXTENSION`, and subjects of different folders
    /// are different. The naming of the Fingerprint Verification Competitions.
    Naming,
}

/// The subject of each sample.
#[derive(Clone, Debug)]
pub struct Subjects {
    samples: HashMap<String, u32>,
    subjects: Names,
}

/// The pairs whose truth is known. For resampling, samples that a chain of mated pairs joins are one
/// subject; what a pair is, is what its own row says.
#[derive(Clone, Debug)]
pub struct Pairs {
    samples: Names,
    mated: HashMap<[u32; 2], bool>,
    subjects: Vec<u32>,
}

impl Truth {
    /// Reads CSV with a header that has either the columns `a`, `b` and `mated` (or `genuine`; 1, 0,
    /// true or false), or `subject` and one of `id` and `file`. Other columns are ignored.
    ///
    /// # Errors
    /// A file that cannot be read, other columns, a value of `mated` that is neither, a sample with
    /// two subjects, a pair both mated and not.
    pub fn read(file: &Path) -> Result<Self, EvaluationError> {
        let mut table = Table::open(file)?;
        for mated in ["mated", "genuine"] {
            if let Some(columns) = table.columns(["a", "b", mated])? {
                return Ok(Self::Pairs(read_pairs(table, columns)?));
            }
        }
        for sample in ["id", "file"] {
            if let Some(columns) = table.columns([sample, "subject"])? {
                return Ok(Self::Subjects(read_subjects(table, columns)?));
            }
        }
        let expected = "a, b and mated, or id and subject, or file and subject";
        Err(EvaluationError::Columns { file: file.to_owned(), expected })
    }

    /// The subject of each of the score file's names, in the order of its numbers. Subjects have
    /// numbers of no other meaning.
    ///
    /// # Errors
    /// The first row with a sample or a pair that the truth does not tell of.
    pub fn subjects_of(&self, scores: &ScoreFile) -> Result<Vec<u32>, EvaluationError> {
        let names = (0..).take(scores.names.len()).map(|number| scores.names.name(number));
        let mut by_name = Names::default();
        let subjects: Vec<Option<u32>> = match self {
            Self::Subjects(truth) => names.map(|name| truth.samples.get(name).copied()).collect(),
            Self::Pairs(truth) => {
                names.map(|name| truth.subjects.get(truth.samples.find(name)? as usize).copied()).collect()
            }
            Self::Naming => {
                names.map(|name| subject_in_name(name).map(|subject| by_name.number(subject))).collect()
            }
        };
        let subject = |number: u32| subjects.get(number as usize).copied().flatten();
        for row in &scores.rows {
            let (a, b) = (scores.names.name(row.a), scores.names.name(row.b));
            let unknown = |what| EvaluationError::Unknown { file: scores.file.clone(), line: row.line, what };
            for (number, name) in [(row.a, a), (row.b, b)] {
                if subject(number).is_none() {
                    return Err(unknown(format!("{name:?}")));
                }
            }
            if let Self::Pairs(truth) = self
                && truth.get([a, b]).is_none()
            {
                return Err(unknown(format!("the pair {a:?}, {b:?}")));
            }
        }
        Ok(subjects.into_iter().flatten().collect())
    }

    /// What the comparison of two named samples is, given their subjects.
    pub fn kind_of(&self, names: [&str; 2], subjects: [u32; 2]) -> Kind {
        match self {
            Self::Pairs(truth) => match truth.get(names) {
                Some((_, true)) => Kind::Genuine,
                Some((_, false)) | None => Kind::Impostor,
            },
            Self::Subjects(_) | Self::Naming => Kind::of(subjects),
        }
    }

    /// How many pairs the truth tells of that the score files do not have. Nothing if the truth
    /// is not a list of pairs.
    pub fn pairs_without_score(&self, scores: &[ScoreFile]) -> usize {
        let Self::Pairs(truth) = self else { return 0 };
        let mut left: HashSet<[u32; 2]> = truth.mated.keys().copied().collect();
        for file in scores {
            for row in &file.rows {
                if let Some((pair, _)) = truth.get([file.names.name(row.a), file.names.name(row.b)]) {
                    left.remove(&pair);
                }
            }
        }
        left.len()
    }
}

impl Pairs {
    /// The pair as the truth has it, in this order or else in the other, and whether it is mated. The
    /// order matters where the two columns number the rows of two files.
    fn get(&self, [a, b]: [&str; 2]) -> Option<([u32; 2], bool)> {
        let (a, b) = (self.samples.find(a)?, self.samples.find(b)?);
        [[a, b], [b, a]].into_iter().find_map(|pair| Some((pair, *self.mated.get(&pair)?)))
    }
}

/// The path up to the last `_` of its last part.
fn subject_in_name(name: &str) -> Option<&str> {
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let underscore = name.get(last..)?.rfind('_')?;
    name.get(..last + underscore)
}

fn read_subjects(mut table: Table, [at_sample, at_subject]: [usize; 2]) -> Result<Subjects, EvaluationError> {
    let file = table.file().to_owned();
    let mut truth = Subjects { samples: HashMap::new(), subjects: Names::default() };
    while let Some(row) = table.next()? {
        let (sample, line) = (row.field(at_sample), row.line);
        let subject = truth.subjects.number(row.field(at_subject));
        if truth.samples.insert(sample.to_owned(), subject).is_some_and(|before| before != subject) {
            return Err(EvaluationError::Contradiction { file, line, what: format!("{sample:?}") });
        }
    }
    Ok(truth)
}

fn read_pairs(mut table: Table, [at_a, at_b, at_mated]: [usize; 3]) -> Result<Pairs, EvaluationError> {
    let file: PathBuf = table.file().to_owned();
    let mut samples = Names::default();
    let mut mated = HashMap::new();
    while let Some(row) = table.next()? {
        let field = row.field(at_mated);
        let is_mated = match field.to_ascii_lowercase().as_str() {
            "1" | "true" => true,
            "0" | "false" => false,
            _ => {
                let (column, expected) = ("mated", "1, 0, true or false");
                let (line, found) = (row.line, field.to_owned());
                return Err(EvaluationError::Field { file, line, column, expected, found });
            }
        };
        let pair = [row.field(at_a), row.field(at_b)].map(|name| samples.number(name));
        if mated.insert(pair, is_mated).is_some_and(|before| before != is_mated) {
            let [a, b] = pair.map(|sample| samples.name(sample));
            let (line, what) = (row.line, format!("the pair {a:?}, {b:?}"));
            return Err(EvaluationError::Contradiction { file, line, what });
        }
    }
    let mut components = Components::new(samples.len());
    for (&pair, _) in mated.iter().filter(|&(_, &is_mated)| is_mated) {
        components.join(pair);
    }
    let subjects = (0..).take(samples.len()).map(|sample| components.root(sample)).collect();
    Ok(Pairs { samples, mated, subjects })
}

/// Disjoint sets with path halving.
struct Components(Vec<u32>);

impl Components {
    fn new(len: usize) -> Self {
        Self((0..).take(len).collect())
    }

    fn root(&mut self, mut at: u32) -> u32 {
        loop {
            let parent = self.parent(at);
            let grandparent = self.parent(parent);
            if parent == grandparent {
                return parent;
            }
            if let Some(slot) = self.0.get_mut(at as usize) {
                *slot = grandparent;
            }
            at = grandparent;
        }
    }

    fn parent(&self, at: u32) -> u32 {
        self.0.get(at as usize).copied().unwrap_or(at)
    }

    fn join(&mut self, [a, b]: [u32; 2]) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.0.get_mut(a.max(b) as usize) {
            *slot = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_subjects() {
        assert_eq!(subject_in_name("101_1"), Some("101"));
        assert_eq!(subject_in_name("fvc_2002/DB1_B/101_1.iso"), Some("fvc_2002/DB1_B/101"));
        assert_eq!(subject_in_name("a_b_2.xyt"), Some("a_b"));
        assert_eq!(subject_in_name("DB1_B/101.iso"), None);
        assert_eq!(subject_in_name(""), None);
    }

    #[test]
    fn components_join_whatever_the_order() {
        let mut components = Components::new(6);
        for pair in [[4, 5], [0, 1], [1, 4]] {
            components.join(pair);
        }
        let roots: Vec<u32> = (0..6).map(|at| components.root(at)).collect();
        assert_eq!(roots, [0, 0, 2, 3, 0, 0]);
    }
}
