//! Raw scores to false match rates and to likelihood ratios.
//!
//! A [`Calibration`] is a table fitted on the scores of comparisons whose truth is known. It says of a score how often
//! comparisons of different people reach it ([`Calibration::fmr`]), of a rate which score to ask for
//! ([`Calibration::threshold`]), and of a score how much likelier it is of mates than of non-mates
//! ([`Calibration::ratio`]). It belongs to one matcher, or to one face model, and says so; it tells what was measured
//! from what was extrapolated ([`Basis`]); and it states upper bounds, never averages. `docs/decisions.md` says how the
//! shipped tables were fitted.

mod curve;
mod dependence;
mod error;
mod file;
mod fit;
mod isotonic;
mod likelihood;
mod pareto;
mod ratios;
mod set;
mod shipped;
mod table;
#[cfg(test)]
mod tests;

pub use dependence::{Dependence, PersonComparison};
pub use error::CalibrationError;
pub use fit::Fit;
pub use ratios::LikelihoodRatio;
pub use set::ComparisonSet;
pub use shipped::{FINGER_MATCHER, face_generic, fingerprint};
pub use table::{Basis, Calibration, FittedSet};
