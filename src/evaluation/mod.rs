//! Error rates of score files, with intervals, by the definitions of ISO/IEC 19795-1.
//!
//! [`ScoreFile`]s and a [`Truth`] make [`Databases`], and a [`Plan`] makes a [`Report`] of them: equal error rate, FNMR at given FMR, and 95 % intervals by resampling subjects.
//! [`identification`] does the same for 1:N searches: FPIR, FNIR and CMC. [`pairs`] lists which
//! comparisons to make in the first place. Rates are plain `f64` from 0 to 1 here, since a measured
//! rate can be zero, which an [`Fmr`](crate::units::Fmr) cannot.
//!
//! ---
//!
#![doc = include_str!("../../docs/evaluation.md")]

mod bootstrap;
mod comparisons;
mod databases;
mod error;
pub mod identification;
mod names;
mod pair_list;
pub mod pairs;
mod rates;
mod report;
mod score_file;
mod table;
mod truth;

pub use bootstrap::{Bootstrap, Interval};
pub use comparisons::{Comparison, Comparisons, Counts, Kind, Missing};
pub use databases::{Databases, Grouping};
pub use error::EvaluationError;
pub use names::Names;
pub use pair_list::PairList;
pub use rates::Point;
pub use report::{DatabaseReport, Estimate, OperatingPoint, Plan, Rates, Report};
pub use score_file::{ScoreFile, ScoredPair};
pub use truth::{Pairs, Subjects, Truth};
