//! A single file of a gallery, described by its contents.

mod file;
mod read;

pub use file::{GalleryFile, SegmentColumns};
