//! Options for pictures of fingers, which are taken wherever a record is.

use std::path::PathBuf;

use biomatch::extraction::models::{KnownModel, ModelFolder};
use biomatch::extraction::{MinutiaeExtractor, UnstatedResolution};
use biomatch::ingest::Resolver;
use biomatch::units::Resolution;

use crate::exit::{Exit, Failure, OrFail};
use crate::face_network::FaceNetworkOption;

/// How to find minutiae in pictures. They are told from records by their bytes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PictureOptions {
    /// Resolution of pictures that state none, in dots an inch; without it 500 is assumed, and said so
    #[arg(long, value_name = "DPI", value_parser = resolution, help_heading = "Pictures of fingers")]
    dpi: Option<Resolution>,

    /// Find minutiae by another network than the one that ships: a file, or a model's name, `leader`, that `biomatch
    /// models add` put into the user's folder
    #[arg(long, value_name = "FILE|NAME", help_heading = "Pictures of fingers")]
    extractor: Option<PathBuf>,
}

/// How to read pictures that manifests and probe lists name.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SampleOptions {
    #[command(flatten)]
    pictures: PictureOptions,

    #[command(flatten)]
    portraits: FaceNetworkOption,
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
        let is_name = |name: &&str| KnownModel::named(name).is_some() && !path.exists();
        let Some(name) = path.to_str().filter(is_name) else {
            return MinutiaeExtractor::open(path).or_fail(Exit::Input);
        };
        let folder = ModelFolder::of_user();
        let folder =
            folder.ok_or_else(|| Failure::new(Exit::Usage, "no home folder: BIOMATCH_MODELS names one"))?;
        folder.minutiae_extractor(name).or_fail(Exit::Input)
    }
}

impl SampleOptions {
    /// A resolver that reads pictures so.
    pub(crate) fn resolver(&self, resolver: Resolver) -> Result<Resolver, Failure> {
        let resolver =
            resolver.extractor(self.pictures.load()?).unstated_resolution(self.pictures.unstated());
        Ok(match self.portraits.load()? {
            Some(network) => resolver.face_network(network),
            None => resolver,
        })
    }
}
