//! Files of embeddings: NumPy's `.npy`, raw little-endian f32, JSON arrays.
//!
//! There is no standard for face embeddings; these are what people have. None of them names a model,
//! so the caller does. Nothing here trusts a number of the file: a header is bounded before it is
//! read, and a shape is compared with the file's length before anything is sized by it.

mod embeddings;
mod error;
mod json;
mod layout;
mod npy;
mod other;

pub use embeddings::Embeddings;
pub use error::FaceFileError;
pub use json::read_json;
pub use layout::EmbeddingLayout;
pub use npy::{MAX_NPY_START, NPY_MAGIC};
pub use other::{RAW_START, check_raw};
