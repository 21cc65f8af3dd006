//! Why this process cannot use the kernels that it was told to use.

use super::Level;
use crate::escape::Escaped;

/// What the environment variable `BIOMATCH_KERNELS` asks for cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelsError {
    /// It names no level.
    #[error(
        "BIOMATCH_KERNELS is {:?}, which is no level of kernels; this processor has {}",
        Escaped::new(given),
        list(possible)
    )]
    UnknownLevel {
        /// What it says.
        given: String,
        /// The levels that this processor has, slowest first.
        possible: Vec<Level>,
    },
    /// It names a level that this processor lacks.
    #[error("BIOMATCH_KERNELS is {given}, which this processor lacks; it has {}", list(possible))]
    LevelNotAvailable {
        /// The level.
        given: Level,
        /// The levels that this processor has, slowest first.
        possible: Vec<Level>,
    },
}

fn list(levels: &[Level]) -> String {
    levels.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ")
}
