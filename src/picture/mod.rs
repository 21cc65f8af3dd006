//! Bytes to pixels: pictures of fingers and faces, from files of pictures and from records of them; pure, no input or
//! output (feature `pictures`).
//!
//! ---
//!
#![doc = include_str!("../../docs/pictures.md")]

mod bitmap;
mod cbeff_xml;
mod density;
mod description;
mod error;
mod fac;
mod finger;
mod fir;
mod format;
mod jp2_boxes;
mod jpeg;
mod jpeg2000;
mod payload;
mod portrait;
mod raster;
mod selection;
mod source;
mod transaction;
mod walk;
mod wsq;

#[cfg(feature = "networks")]
pub(crate) use bitmap::luma;
pub use bitmap::{Colours, MAX_BYTES, MAX_FINGER_PIXELS, MAX_PORTRAIT_PIXELS, MAX_RECORD_PIXELS};
pub use description::{Description, describe};
pub use error::PictureError;
pub use finger::FingerprintPicture;
pub use format::Format;
pub use payload::Container;
pub use portrait::Portrait;
pub use source::Source;
