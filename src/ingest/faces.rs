//! Files of embeddings, opened once and read by the row.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::Array2;
use parking_lot::Mutex;

use super::entry::FaceFormat;
use super::error::ResolveProblem;
use crate::input::{self, InputError};
use crate::template::face_file::{
    EmbeddingLayout, FaceFileError, MAX_NPY_START, NPY_MAGIC, RAW_START, check_raw, read_json,
};

/// Most bytes of a JSON file of embeddings, which is read whole: many embeddings belong in `.npy`.
pub const MAX_JSON: u64 = 16 << 20;

/// The files used last.
#[derive(Default)]
pub(super) struct FaceFiles {
    open: Mutex<VecDeque<(PathBuf, FaceFormat, Arc<FaceFile>)>>,
}

/// Files kept open: a manifest has one or a few with many rows, or very many with one.
const MOST_OPEN: usize = 16;

impl FaceFiles {
    /// The numbers of a row; the row may be left out if the file has just one.
    pub(super) fn row(
        &self,
        path: &Path,
        format: FaceFormat,
        row: Option<u64>,
    ) -> Result<Vec<f32>, ResolveProblem> {
        let file = self.file(path, format)?;
        match row {
            Some(row) => file.row(row),
            None if file.rows() == 1 => file.row(0),
            None => Err(ResolveProblem::RowNeeded { rows: file.rows() }),
        }
    }

    fn file(&self, path: &Path, format: FaceFormat) -> Result<Arc<FaceFile>, ResolveProblem> {
        let is_it = |kept: &(PathBuf, FaceFormat, _)| kept.0 == path && kept.1 == format;
        let mut open = self.open.lock();
        if let Some(kept) = open.iter().position(is_it).and_then(|at| open.remove(at)) {
            let file = Arc::clone(&kept.2);
            open.push_back(kept);
            return Ok(file);
        }
        // Opened without the lock: another thread may open the same file meanwhile, which costs a
        // little and harms nothing.
        drop(open);
        let file = Arc::new(FaceFile::open(path, format)?);
        let mut open = self.open.lock();
        if open.len() >= MOST_OPEN {
            open.pop_front();
        }
        open.push_back((path.to_owned(), format, Arc::clone(&file)));
        Ok(file)
    }
}

impl fmt::Debug for FaceFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.open.lock().iter().map(|(path, ..)| path.clone())).finish()
    }
}

enum FaceFile {
    /// Rows are read where they lie, so a file of any size costs no memory; and unlike a map, a file
    /// that another process shortens meanwhile is an error, not a signal.
    Rows { file: Mutex<File>, layout: EmbeddingLayout },
    /// All of it.
    Array(Array2<f32>),
}

impl FaceFile {
    fn open(path: &Path, format: FaceFormat) -> Result<Self, ResolveProblem> {
        let opened = input::open(path, input::MAX_TABLE);
        let mut file = opened.map_err(|InputError { problem, .. }| problem)?;
        let length = file.metadata()?.len();
        let is_json = || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
        let format = match format {
            FaceFormat::Auto if read_start(&mut file, NPY_MAGIC.len())? == NPY_MAGIC => FaceFormat::Npy,
            FaceFormat::Auto if is_json() => FaceFormat::Json,
            FaceFormat::Auto => FaceFormat::Raw { dimension: None },
            other => other,
        };
        let layout = match format {
            FaceFormat::Json => {
                if length > MAX_JSON {
                    return Err(ResolveProblem::TooLong { limit: MAX_JSON });
                }
                let mut json = read_start(&mut file, MAX_JSON as usize)?;
                return Ok(Self::Array(read_json(&mut json)?));
            }
            FaceFormat::Npy => EmbeddingLayout::npy(&read_start(&mut file, MAX_NPY_START)?, length)?,
            FaceFormat::Auto | FaceFormat::Raw { .. } => {
                check_raw(&read_start(&mut file, RAW_START)?)?;
                match format {
                    FaceFormat::Raw { dimension: Some(dimension) } => {
                        EmbeddingLayout::raw(dimension, length)?
                    }
                    _ => EmbeddingLayout::raw_single(length)?,
                }
            }
        };
        Ok(Self::Rows { file: Mutex::new(file), layout })
    }

    fn rows(&self) -> u64 {
        match self {
            Self::Rows { layout, .. } => layout.rows(),
            Self::Array(array) => array.nrows() as u64,
        }
    }

    fn row(&self, row: u64) -> Result<Vec<f32>, ResolveProblem> {
        match self {
            Self::Rows { file, layout } => {
                let offset = layout.row_offset(row)?;
                let mut bytes = vec![0; layout.row_length()];
                let mut file = file.lock();
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(&mut bytes)?;
                drop(file);
                Ok(layout.decode(&bytes))
            }
            Self::Array(array) => {
                let missing = FaceFileError::NoSuchRow { row, rows: array.nrows() as u64 };
                let row = usize::try_from(row).ok().filter(|&row| row < array.nrows()).ok_or(missing)?;
                Ok(array.row(row).to_vec())
            }
        }
    }
}

/// The first bytes of a file, fewer if it has fewer.
fn read_start(file: &mut File, most: usize) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(most as u64).read_to_end(&mut start)?;
    Ok(start)
}
