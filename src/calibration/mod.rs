//! Raw scores to false match rates.
//!
//! A [`Calibration`] is a table fitted on the scores of comparisons between different people. It
//! says of a score how often such comparisons reach it ([`Calibration::fmr`]), and of a rate which
//! score to ask for ([`Calibration::threshold`]). It belongs to one matcher, or to one face model,
//! and says so; it tells what was measured from what was extrapolated ([`Basis`]); and it states
//! upper bounds, never averages. `docs/decisions.md` says how the shipped tables were fitted.

mod error;
mod file;
mod fit;
mod shipped;
mod table;
#[cfg(test)]
mod tests;

pub use error::CalibrationError;
pub use fit::{Fit, ImpostorSet};
pub use shipped::{FINGER_MATCHER, face_generic, fingerprint};
pub use table::{Basis, Calibration, FittedSet};
