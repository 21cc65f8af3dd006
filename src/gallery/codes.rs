//! Codes of fingers as a gallery stores them: a column for each part, so that a scan of the first words
//! reads nothing else.

use crate::fingerprint::codes::{CodeMeans, CodeWords, FingerCodes, SLOTS, WORDS};
use crate::fingerprint::filter::CodeRows;

/// The directions of a finger's slots.
pub(super) type Directions = [u8; SLOTS];

/// The places of a finger's slots, x and y each.
pub(super) type Places = [[i16; 2]; SLOTS];

/// The codes of one finger, where they lie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeRow<'a> {
    pub(super) words: [&'a CodeWords; WORDS],
    pub(super) directions: &'a Directions,
    pub(super) places: &'a Places,
    pub(super) count: u8,
    pub(super) means: CodeMeans,
}

impl<'a> CodeRow<'a> {
    pub(super) fn of(rows: CodeRows<'a>, row: usize) -> Option<Self> {
        let [first, second] = rows.words;
        Some(Self {
            words: [first.get(row)?, second.get(row)?],
            directions: rows.directions.get(row)?,
            places: rows.places.get(row)?,
            count: *rows.counts.get(row)?,
            means: *rows.means.get(row)?,
        })
    }
}

impl<'a> From<&'a FingerCodes> for CodeRow<'a> {
    fn from(codes: &'a FingerCodes) -> Self {
        let [first, second] = &codes.words;
        Self {
            words: [first, second],
            directions: &codes.sites.directions,
            places: &codes.sites.places,
            count: codes.count,
            means: codes.means,
        }
    }
}

/// Columns of codes in memory.
#[derive(Default)]
pub(super) struct OwnedCodes {
    words: [Vec<CodeWords>; WORDS],
    directions: Vec<Directions>,
    places: Vec<Places>,
    counts: Vec<u8>,
    means: Vec<CodeMeans>,
}

impl OwnedCodes {
    pub(super) fn push(&mut self, row: CodeRow<'_>) {
        for (column, words) in self.words.iter_mut().zip(row.words) {
            column.push(*words);
        }
        self.directions.push(*row.directions);
        self.places.push(*row.places);
        self.counts.push(row.count);
        self.means.push(row.means);
    }

    pub(super) fn rows(&self) -> CodeRows<'_> {
        let [first, second] = &self.words;
        CodeRows {
            words: [first, second],
            directions: &self.directions,
            places: &self.places,
            counts: &self.counts,
            means: &self.means,
        }
    }
}
