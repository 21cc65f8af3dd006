//! The comparisons of score files, parted into databases.

use std::collections::BTreeMap;

use super::{Comparison, Comparisons, EvaluationError, Missing, Names, ScoreFile, Truth};

/// How comparisons are parted. Each database gets error rates at thresholds of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Each score file is a database. A subject of one file is nobody in another.
    #[default]
    File,
    /// Each folder in the samples' names is a database.
    Folder,
}

/// Comparisons ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Databases {
    /// Each database with its name, ordered by name.
    pub each: Vec<(String, Comparisons)>,
    /// All comparisons, those between databases included. `None` if that is the one database.
    pub pooled: Option<Comparisons>,
    /// Comparisons between samples of different folders, which only `pooled` has.
    pub between: u64,
    /// Comparisons of a sample with itself: they make error rates look better than they are.
    pub with_itself: u64,
}

impl Databases {
    /// Joins scores and truth.
    ///
    /// # Errors
    /// A scored sample or pair that the truth does not tell of.
    pub fn new(
        files: &[ScoreFile],
        truth: &Truth,
        grouping: Grouping,
        missing: Missing,
    ) -> Result<Self, EvaluationError> {
        let mut parts: BTreeMap<String, Vec<Comparison>> = BTreeMap::new();
        let mut all = Vec::new();
        let (mut between, mut with_itself) = (0, 0);
        let mut subjects = Names::default();
        for (number, file) in files.iter().enumerate() {
            let of_names: Vec<u32> = truth
                .subjects_of(file)?
                .into_iter()
                .map(|subject| match grouping {
                    Grouping::File => subjects.number(&format!("{number}/{subject}")),
                    Grouping::Folder => subject,
                })
                .collect();
            let file_name = file.file.file_stem().unwrap_or_default().to_string_lossy();
            for row in &file.rows {
                let subject = |name: u32| of_names.get(name as usize).copied().unwrap_or_default();
                let subjects = [row.a, row.b].map(subject);
                let kind = truth.kind_of([row.a, row.b].map(|name| file.names.name(name)), subjects);
                let comparison = Comparison { kind, subjects, score: row.score };
                all.push(comparison);
                with_itself += u64::from(row.a == row.b);
                let database = match grouping {
                    Grouping::File => Some(&*file_name),
                    Grouping::Folder => {
                        let [a, b] = [row.a, row.b].map(|name| folder(file.names.name(name)));
                        (a == b).then_some(a)
                    }
                };
                match database.map(|name| (name, parts.get_mut(name))) {
                    Some((_, Some(part))) => part.push(comparison),
                    Some((name, None)) => {
                        parts.insert(name.to_owned(), vec![comparison]);
                    }
                    None => between += 1,
                }
            }
        }
        let pooled = (parts.len() != 1 || between > 0).then(|| Comparisons::new(all, missing));
        let each = parts.into_iter().map(|(name, part)| (name, Comparisons::new(part, missing))).collect();
        Ok(Self { each, pooled, between, with_itself })
    }

    /// How many lines a report has, the mean not counted.
    pub fn lines(&self) -> usize {
        self.each.len() + usize::from(self.pooled.is_some())
    }
}

/// A sample's name without its last part, `.` if it has but one.
fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or(".", |(folder, _)| folder)
}
