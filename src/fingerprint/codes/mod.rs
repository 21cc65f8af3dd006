//! Learned codes: 128 bits for each of a finger's best minutiae, by which a search rules out most fingers
//! before it compares any in full.
//!
//! A [`CodeModel`] makes them: a real-valued minutia cylinder (Cappelli, Ferrara, Maltoni, IEEE TPAMI 32(12),
//! 2010), its projection to directions that tell minutiae apart (linear discriminant analysis on mated
//! minutiae), two rotations that suit signs (iterative quantisation: Gong, Lazebnik, Gordo, Perronnin, IEEE
//! TPAMI 35(12), 2013), and a threshold for each bit. The Hamming distance of two codes is small if their
//! minutiae are mates. Codes of different models cannot be compared; [`CodeModelId`] identifies the model.
//! `docs/code-model.md` has the layout of the file, `docs/notes/fingerprint-cascade.md` the accuracy of the
//! codes.

mod choice;
mod cohort;
mod descriptor;
mod encoding;
mod file;
mod model;
mod projection;
#[cfg(feature = "training")]
pub mod training;

use std::fmt;

use bytemuck::{Pod, Zeroable};

pub use file::CodeModelError;
pub use model::{CodeModel, CodeModelId};

/// Slots of a finger. A finger of fewer minutiae fills them with repetitions: slot `s` holds minutia `floor(s
/// n / 32)` of `n`, which does not change the nearest slot.
pub const SLOTS: usize = 32;

/// Words of a code, 64 bits each. The first alone is a code too, shorter and coarser.
pub const WORDS: usize = 2;

/// Distances from these on count nothing in the filter's score, by the first word alone and by both: 0.42 of
/// the bits, while codes of non-mates differ in half of them.
pub(in crate::fingerprint) const FAR: [u8; WORDS] = [27, 54];

/// One word of each slot's code.
#[repr(C, align(64))]
#[derive(Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
pub struct CodeWords(pub [u64; SLOTS]);

/// Where each slot's minutia lies.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
pub struct CodeSites {
    /// From the middle of the bounding box of all the finger's minutiae, x to the right and y
    /// downwards, in steps of [`Length`](crate::units::Length) (5 micrometres).
    pub places: [[i16; 2]; SLOTS],
    /// Direction in 1/256 of a turn, counter-clockwise from east; ascending.
    pub directions: [u8; SLOTS],
}

/// How high a finger scores against non-mates: the mean root of the filter's score against the model's
/// cohort, by the first word alone and by both. It is subtracted from the root of a score, so that fingers
/// that resemble many others do not displace mates.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct CodeMeans(pub [u16; WORDS]);

impl CodeMeans {
    /// Parts per one of a mean.
    pub const ONE: u16 = 64;
}

/// A finger's codes, owned. `Debug` shows the count, never codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FingerCodes {
    /// Word planes: `words[w].0[s]` is word `w` of slot `s`.
    pub words: [CodeWords; WORDS],
    /// Where the slots' minutiae lie.
    pub sites: CodeSites,
    /// How many minutiae fill the slots, `0..=32`. All is zero if none.
    pub count: u8,
    /// What is subtracted from the scores of this finger as a candidate.
    pub means: CodeMeans,
}

/// A finger's codes where they lie, in memory or in a mapped segment. Any bytes are allowed: what no
/// model made gives a meaningless score, never a panic.
#[derive(Clone, Copy)]
pub struct CodesView<'a> {
    /// See [`FingerCodes::words`].
    pub words: [&'a CodeWords; WORDS],
    /// See [`FingerCodes::sites`].
    pub sites: &'a CodeSites,
    /// See [`FingerCodes::count`].
    pub count: u8,
    /// See [`FingerCodes::means`].
    pub means: CodeMeans,
}

impl FingerCodes {
    /// Of a finger without minutiae.
    pub const EMPTY: Self = Self {
        words: [CodeWords([0; SLOTS]); WORDS],
        sites: CodeSites { places: [[0; 2]; SLOTS], directions: [0; SLOTS] },
        count: 0,
        means: CodeMeans([0; WORDS]),
    };

    /// The codes, borrowed.
    pub fn view(&self) -> CodesView<'_> {
        let [first, second] = &self.words;
        CodesView { words: [first, second], sites: &self.sites, count: self.count, means: self.means }
    }
}

impl fmt::Debug for CodeWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeWords").finish_non_exhaustive()
    }
}

impl fmt::Debug for CodeSites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSites").finish_non_exhaustive()
    }
}

impl fmt::Debug for FingerCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerCodes({} minutiae)", self.count)
    }
}

impl fmt::Debug for CodesView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodesView({} minutiae)", self.count)
    }
}
