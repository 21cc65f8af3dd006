//! What can be wrong with the card of a face network.

use crate::escape::Escaped;

/// Why a card is not one of a face network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceCardError {
    /// Not JSON.
    #[error("not a card of a face network: not JSON: {} at byte {offset}", Escaped::new(message))]
    Json {
        /// What is wrong.
        message: String,
        /// Where.
        offset: usize,
    },
    /// A field is missing, unknown, or not as it should be.
    #[error(
        "not a card of a face network: {}{}{}",
        Escaped::new(field),
        if field.is_empty() { "" } else { ": " },
        Escaped::new(message)
    )]
    Field {
        /// Which, for example `points.nose_tip`; empty for the whole card.
        field: String,
        /// What is wrong with it.
        message: String,
    },
}
