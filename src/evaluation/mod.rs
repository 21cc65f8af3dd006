//! Error rates of score files, with intervals.

pub mod pairs;
mod random;
