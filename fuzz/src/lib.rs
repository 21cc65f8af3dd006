//! What fuzz targets share: inputs made plausible, and outputs put to use.

pub mod gallery;
pub mod records;
