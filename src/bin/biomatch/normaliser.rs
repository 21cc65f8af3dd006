//! The face normaliser that several commands take.

use std::path::PathBuf;

use biomatch::input;
use biomatch::template::FaceNormaliser;

use crate::exit::{Exit, Failure};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NormaliserOption {
    /// Normalise faces of its network, as `biomatch train-normaliser` wrote it. Templates then have a model of their
    /// own and compare only with those of the same normaliser
    #[arg(long, value_name = "FILE.normaliser")]
    normaliser: Option<PathBuf>,
}

impl NormaliserOption {
    /// The normaliser, if one is named.
    pub(crate) fn load(&self) -> Result<Option<FaceNormaliser>, Failure> {
        let Some(path) = &self.normaliser else { return Ok(None) };
        let bytes = input::read(path, input::MAX_MODEL)?;
        let normaliser = FaceNormaliser::read(&bytes)
            .map_err(|error| Failure::from_error(Exit::Input, &error).within(path))?;
        Ok(Some(normaliser))
    }
}
