//! Bytes to typed templates and back; pure, no input or output. One file for each dialect.

mod face;
mod finger;
mod fingerprint;
mod minutia;

pub use face::{FaceTemplate, FaceTemplateError, ModelId, ModelIdError};
pub use finger::{Finger, FingerPosition, Impression};
pub use fingerprint::{FingerprintTemplate, Frame};
pub use minutia::{Minutia, MinutiaKind};
