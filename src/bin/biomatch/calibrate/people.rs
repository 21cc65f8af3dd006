//! Whose the fingers are: how much the scores of one person's fingers depend on each other.

use std::collections::BTreeMap;
use std::path::Path;

use biomatch::calibration::PersonComparison;
use biomatch::escape::Escaped;
use biomatch::units::Score;

use super::scores::{columns, open, unlike_csv};
use crate::exit::{Exit, Failure};

/// The person of each finger, by the finger's name.
pub(super) struct People(BTreeMap<String, String>);

impl People {
    /// Reads CSV with the columns `finger` and `person`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut reader = open(path)?;
        let [finger, person] = columns(path, &mut reader, ["finger", "person"])?;
        let mut people = BTreeMap::new();
        for (line, record) in reader.records().enumerate() {
            let record = record.map_err(|error| unlike_csv(path, &error))?;
            let field = |column| record.get(column).unwrap_or_default().to_owned();
            if people.insert(field(finger), field(person)).is_some() {
                let message =
                    format!("{}: record {}: a finger that is there before", Escaped::new(path), line + 1);
                return Err(Failure::new(Exit::Input, message));
            }
        }
        Ok(Self(people))
    }

    /// The comparisons of each two people of one database: finger by finger in the order of their names, impression by
    /// impression, as many fingers as everyone has. `impressions` has the name of each impression's finger, and
    /// `score` compares two.
    pub(super) fn comparisons(
        &self,
        impressions: &[String],
        score: impl Fn(usize, usize) -> Score,
    ) -> Vec<PersonComparison> {
        // By person and finger, the impressions in their order.
        let mut people: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for (place, finger) in impressions.iter().enumerate() {
            if let Some(person) = self.0.get(finger) {
                people.entry(person).or_default().entry(finger).or_default().push(place);
            }
        }
        people.retain(|_, fingers| fingers.len() > 1);
        let people: Vec<Vec<Vec<usize>>> =
            people.into_values().map(|fingers| fingers.into_values().collect()).collect();
        let count = people.iter().map(Vec::len).min().unwrap_or(0);
        let database = |fingers: &[Vec<usize>]| {
            let first =
                fingers.first().and_then(|finger| finger.first()).and_then(|one| impressions.get(*one));
            first.and_then(|name| name.split_once('/')).map(|(database, _)| database.to_owned())
        };
        let mut found = Vec::new();
        for (a, one) in people.iter().enumerate() {
            for (b, other) in people.iter().enumerate().skip(a + 1) {
                if database(one) != database(other) {
                    continue;
                }
                let fewest =
                    |fingers: &[Vec<usize>]| fingers.iter().take(count).map(Vec::len).min().unwrap_or(0);
                for i in 0..fewest(one) {
                    for j in 0..fewest(other) {
                        let scores = one.iter().zip(other).take(count).map(|(x, y)| score(x[i], y[j]));
                        found.push(PersonComparison {
                            people: [a as u32, b as u32],
                            scores: scores.collect(),
                        });
                    }
                }
            }
        }
        found
    }
}
