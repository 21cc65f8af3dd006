//! Bytes to typed templates and back; pure, no input or output. The dialects of fingerprint records
//! are in `codec`, one file each.
//!
//! ---
//!
#![doc = include_str!("../../docs/formats.md")]

mod capture;
mod codec;
mod dialect;
mod error;
mod extended;
mod face;
pub mod face_file;
mod finger;
mod fingerprint;
mod flaw;
mod magic;
mod minutia;
mod misreading;
mod modality;
pub(crate) mod normaliser;
mod record;
mod text_form;
mod wrapper;
mod write_error;

pub use capture::{Capture, CaptureTime, Certificate, QualityScore, QualitySource, RidgeEnding};
pub use codec::conform::Adjustment;
#[cfg(feature = "pictures")]
pub(crate) use codec::pictures::{
    Cursor, Image, ImageContent, appearance, decode_base64, decode_text, is_transaction, read_capture,
    read_images, unwrap,
};
pub use codec::xyt::XytConvention;
pub use dialect::{Dialect, Reading};
pub use error::{Appearance, RecordError, TextProblem};
pub use extended::{ExtendedData, ExtendedDataKind};
pub use face::{FaceTemplate, FaceTemplateError, ModelId, ModelIdError};
pub use finger::{Finger, FingerPosition, Impression};
pub use fingerprint::{FingerprintTemplate, Frame};
pub use flaw::{Flaw, Grade, Warning};
pub use minutia::{Minutia, MinutiaKind};
pub use misreading::Misreading;
pub use modality::Modality;
pub use normaliser::{FaceNormaliser, NormaliserError};
pub use record::{FingerprintRecord, Product};
pub use text_form::TextForm;
pub use wrapper::Wrapper;
pub use write_error::RecordWriteError;
