//! The network that makes embeddings of portraits.

use std::path::PathBuf;

use biomatch::escape::Escaped;
use biomatch::extraction::models::{KnownModel, ModelFolder, ModelRole};
use biomatch::extraction::{FaceCard, FaceNetwork};
use biomatch::input;

use crate::exit::{Exit, Failure, OrFail};

/// How to make embeddings of portraits. Without a network they are refused: none is chosen silently, because faces of
/// different networks do not compare.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FaceNetworkOption {
    /// Make embeddings of portraits by this network: `sface-2021dec`, a starter that `biomatch models add` put into the
    /// user's folder, or a card (docs/pictures.md) beside the network, as net.json beside net.onnx. Faces are found
    /// by the folder's `yunet-2023mar`
    #[arg(long, value_name = "NAME|CARD.json", help_heading = "Portraits")]
    face_network: Option<PathBuf>,
}

impl FaceNetworkOption {
    /// The network, if one is chosen.
    pub(crate) fn load(&self) -> Result<Option<FaceNetwork>, Failure> {
        let Some(path) = &self.face_network else { return Ok(None) };
        let folder = ModelFolder::of_user();
        let folder =
            folder.ok_or_else(|| Failure::new(Exit::Usage, "no home folder: BIOMATCH_MODELS names one"))?;
        let known = path.to_str().and_then(KnownModel::named);
        if known.is_some_and(|model| model.role == ModelRole::FaceEmbedding) {
            return folder.face_network().or_fail(Exit::Input).map(Some);
        }
        let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Input, error).within(path);
        let card = FaceCard::from_json(&input::read_text(path, input::MAX_MODEL)?)
            .map_err(|error| failed(&error))?;
        let network = path.with_extension("onnx");
        if network == *path {
            let message = format!("{}: the card is the JSON file beside the network", Escaped::new(path));
            return Err(Failure::new(Exit::Usage, message));
        }
        let detector = KnownModel::all().iter().find(|model| model.role == ModelRole::FaceDetection);
        let detector = detector.map(|model| folder.file(model)).unwrap_or_default();
        FaceNetwork::open_with_card(detector, network, card).or_fail(Exit::Input).map(Some)
    }
}
