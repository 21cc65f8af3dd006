//! The first stages of a 1:N search, on codes alone: they select the candidates for a full comparison.
//!
//! 1. [`CodeProbe::coarse`] scores every row by the first word of its codes, in order;
//! 2. [`CodeProbe::fine_at`] scores the survivors by both words;
//! 3. [`CodeProbe::relaxed_at`] scores their survivors by how well the best pairs of minutiae agree in geometry.
//!
//! Between stages a [`Histogram`] of all scores gives the score from which a wanted share survives, and
//! [`survivors`] lists the rows that have it. Every row of the cut score survives, so results do not depend
//! on how rows are split over threads or segments.

mod parameters;
mod probe;
mod relaxation;
mod select;
#[cfg(test)]
mod tests;

pub use probe::{CodeProbe, CodeRows};
pub use select::{FilterScore, Histogram, ScoreEvidence, survivors};
