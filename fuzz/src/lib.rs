//! What fuzz targets share: inputs made plausible, and outputs put to use.

mod files;
pub mod gallery;
pub mod pictures;
pub mod records;

pub use files::own_file;
