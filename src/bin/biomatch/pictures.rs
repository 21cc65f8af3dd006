//! Options for pictures of fingers, which are taken wherever a record is.

use std::path::PathBuf;

use biomatch::extraction::{MinutiaeExtractor, UnstatedResolution};
use biomatch::ingest::Resolver;
use biomatch::input;
use biomatch::units::Resolution;

use crate::exit::{Exit, Failure, OrFail};

/// How to find minutiae in pictures. They are told from records by their bytes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PictureOptions {
    /// Resolution of pictures that state none, in dots an inch; without it 500 is assumed, and said so
    #[arg(long, value_name = "DPI", value_parser = resolution, help_heading = "Pictures of fingers")]
    dpi: Option<Resolution>,

    /// Find minutiae by this network instead of the one that ships (datasets/extractor trains one)
    #[arg(long, value_name = "FILE", help_heading = "Pictures of fingers")]
    extractor: Option<PathBuf>,
}

fn resolution(text: &str) -> Result<Resolution, String> {
    let resolution = text.parse().ok().and_then(Resolution::from_dpi);
    resolution.ok_or_else(|| "expected dots an inch, for example 500".to_owned())
}

impl PictureOptions {
    /// What holds for pictures that state no resolution.
    pub(crate) fn unstated(&self) -> UnstatedResolution {
        self.dpi.map_or(UnstatedResolution::Assumed(Resolution::DPI_500), UnstatedResolution::Known)
    }

    /// The extractor.
    pub(crate) fn load(&self) -> Result<MinutiaeExtractor, Failure> {
        let Some(path) = &self.extractor else {
            return Ok(MinutiaeExtractor::shipped());
        };
        let bytes = input::read(path, input::MAX_MODEL)?;
        MinutiaeExtractor::read(&bytes).or_fail(Exit::Input).map_err(|failure| failure.within(path))
    }

    /// A resolver that reads pictures so.
    pub(crate) fn resolver(&self, resolver: Resolver) -> Result<Resolver, Failure> {
        Ok(resolver.extractor(self.load()?).unstated_resolution(self.unstated()))
    }
}
