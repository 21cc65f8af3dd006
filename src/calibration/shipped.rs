//! The tables that ship with the crate. Each says in its `fitted` field how it was made.

use super::{Calibration, CalibrationError};

/// The name by which the shipped fingerprint table knows its matcher. A change of the matcher that
/// moves its scores changes this name, and the table is fitted again: tables that operators fitted and entries
/// of audits name it, so that a score of one meaning is never read by a table of another. 2: minutiae count by
/// their trust (before any release).
pub const FINGER_MATCHER: &str = "biomatch-fingerprint-2";

/// The table of this crate's fingerprint matcher, for every extractor: one threshold holds for the
/// best and the worst of those it was fitted on. Cost: parses some kilobytes of JSON.
///
/// # Errors
/// None, unless the crate was built with a damaged table; a test reads it.
pub fn fingerprint() -> Result<Calibration, CalibrationError> {
    Calibration::from_json(include_str!("fingerprint.json"))
}

/// A table for the cosine of faces, fitted on one open embedding network. It is for looking at
/// score files only: cosines of another network are distributed otherwise, so that the database
/// uses no table that was not registered for a model by name.
///
/// # Errors
/// As [`fingerprint`].
pub fn face_generic() -> Result<Calibration, CalibrationError> {
    Calibration::from_json(include_str!("face_generic.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::Basis;
    use crate::units::{Fmr, Score};

    #[test]
    fn the_shipped_tables_read_and_state_what_policies_ask_for() {
        for (table, matcher) in
            [(fingerprint().unwrap(), FINGER_MATCHER), (face_generic().unwrap(), "face-generic")]
        {
            assert_eq!(table.matcher(), matcher);
            assert!(!table.fitted().is_empty());
            assert!(table.comparisons() >= 100_000, "{matcher}: {}", table.comparisons());
            assert!(table.measured_to() <= Fmr::one_in(500));
            // The default policy against ten positions and ten references of each.
            assert!(table.threshold(Fmr::one_in(1_000_000)).is_some());
            assert_eq!(table.fmr(Score::LOWEST), Fmr::ONE);
            assert_eq!(table.basis(Score::LOWEST), Basis::Measured);
            assert_eq!(Calibration::from_json(&table.to_json().unwrap()).unwrap(), table);
        }
    }
}
