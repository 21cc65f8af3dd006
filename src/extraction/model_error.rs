//! Why a file gives no network.

use std::path::PathBuf;

use super::network::NetworkError;
use crate::escape::Escaped;
use crate::input::{InputError, InputProblem};

/// Why a file gives no network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read.
    #[error("{}: {source}", Escaped::new(file))]
    Io {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: InputProblem,
    },
    /// Neither a network of biomatch nor a model that it knows. Nothing of it was read.
    #[error("no known model: the BLAKE3 of the bytes is {}", hex::encode(blake3))]
    Unknown {
        /// The digest.
        blake3: [u8; 32],
    },
    /// A network of biomatch that is damaged.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Bytes that are no ONNX file, or one that is not read.
    #[error("not an ONNX file that is read: byte {offset}: {expected} expected")]
    NotOnnx {
        /// Where.
        offset: usize,
        /// What was expected there.
        expected: &'static str,
    },
    /// A tensor that is missing, or another one than expected.
    #[error("tensor {}: {} expected", Escaped::new(name), Escaped::new(expected))]
    Tensor {
        /// Its name in the file.
        name: String,
        /// What was expected of it.
        expected: String,
    },
    /// A graph that cannot be run.
    #[error("a graph that cannot be run: {}", Escaped::new(problem))]
    Graph {
        /// What is wrong with it, in the words of the runtime.
        problem: String,
    },
}

impl From<InputError> for ModelError {
    fn from(InputError { file, problem }: InputError) -> Self {
        Self::Io { file, source: problem }
    }
}
