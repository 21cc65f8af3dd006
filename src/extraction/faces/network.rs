//! From a portrait to a template.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::card::FaceCard;
use super::crop::{self, AlignedFace};
use super::detector::Detector;
use super::embedding::Embedder;
use super::error::FaceExtractionError;
use super::examination::PortraitExamination;
use super::network_error::FaceNetworkError;
use super::points::FoundFace;
use super::quantities::PixelLength;
use crate::extraction::models::{KnownModel, ModelFolder, SFACE, YUNET};
use crate::extraction::{ExtractionError, ModelError};
use crate::input;
use crate::picture::Portrait;
use crate::template::{FaceTemplate, ModelId};

/// Least distance between the eyes, in pixels, of a face that becomes a template. At two thirds of the distance that
/// networks of the ArcFace family see, the crop is hardly more than a smooth face.
const LEAST_BETWEEN_EYES: f64 = 24.0;

/// Which face of a portrait becomes the template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaceChoice {
    /// The only one. Several are an error.
    #[default]
    Only,
    /// The largest one, of however many: for pictures with bystanders.
    Largest,
}

/// Finds faces in portraits, and makes templates of them: YuNet, and a network of the ArcFace family. Cheap to clone;
/// threads share it, each with a portrait of its own. A portrait is the work of one thread.
///
/// The same portrait gives the same template on the same processor, whatever runs beside it. Processors differ in the
/// last digits of an embedding's numbers.
#[derive(Clone)]
pub struct FaceNetwork {
    networks: Arc<Networks>,
    choice: FaceChoice,
}

struct Networks {
    detector: Detector,
    embedder: Embedder,
    model: ModelId,
}

impl fmt::Debug for FaceNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceNetwork({}, {:?})", self.networks.model, self.choice)
    }
}

impl FaceNetwork {
    /// Opens the files of a known detector and a known embedding network.
    ///
    /// # Errors
    /// A file that cannot be read, that is not known by its digest, or that does not do what it should.
    pub fn open(detector: impl AsRef<Path>, embedding: impl AsRef<Path>) -> Result<Self, FaceNetworkError> {
        Self::from_bytes(
            &read(detector.as_ref()).map_err(FaceNetworkError::Detector)?,
            &read(embedding.as_ref()).map_err(FaceNetworkError::Embedding)?,
        )
    }

    /// Opens the file of a known detector and that of any embedding network, which a card describes. The file is
    /// trusted: a network of a stranger can take any amount of time and memory.
    ///
    /// # Errors
    /// As [`FaceNetwork::open`], and a card that is not true of its file.
    pub fn open_with_card(
        detector: impl AsRef<Path>,
        embedding: impl AsRef<Path>,
        card: FaceCard,
    ) -> Result<Self, FaceNetworkError> {
        Self::from_bytes_with_card(
            &read(detector.as_ref()).map_err(FaceNetworkError::Detector)?,
            &read(embedding.as_ref()).map_err(FaceNetworkError::Embedding)?,
            card,
        )
    }

    /// From the bytes of a known detector and a known embedding network.
    ///
    /// # Errors
    /// As [`FaceNetwork::open`].
    pub fn from_bytes(detector: &[u8], embedding: &[u8]) -> Result<Self, FaceNetworkError> {
        check_known(embedding, &SFACE).map_err(FaceNetworkError::Embedding)?;
        Self::from_bytes_with_card(detector, embedding, FaceCard::sface())
    }

    /// From the bytes of a known detector and of any embedding network, which a card describes.
    ///
    /// # Errors
    /// As [`FaceNetwork::open_with_card`].
    pub fn from_bytes_with_card(
        detector: &[u8],
        embedding: &[u8],
        card: FaceCard,
    ) -> Result<Self, FaceNetworkError> {
        let model = card.model()?;
        let detector = check_known(detector, &YUNET).and_then(|()| Detector::read(detector));
        let detector = detector.map_err(FaceNetworkError::Detector)?;
        let embedder = Embedder::read(embedding, card).map_err(FaceNetworkError::Embedding)?;
        let networks = Arc::new(Networks { detector, embedder, model });
        Ok(Self { networks, choice: FaceChoice::Only })
    }

    /// The same networks with another choice among several faces.
    #[must_use]
    pub fn with_choice(self, choice: FaceChoice) -> Self {
        Self { choice, ..self }
    }

    /// The model of the templates: the embedding network, the detector, and the version of the alignment, such as
    /// `sface-2021dec+yunet-2023mar:1`. Calibrations name it.
    pub fn model(&self) -> &ModelId {
        &self.networks.model
    }

    /// Finds all faces, the largest first.
    ///
    /// # Errors
    /// A runtime that fails.
    pub fn faces(&self, portrait: &Portrait) -> Result<Vec<FoundFace>, FaceExtractionError> {
        Ok(self.networks.detector.find(portrait)?)
    }

    /// Finds the face and cuts it out as the network will see it.
    ///
    /// # Errors
    /// No face, several of them unless the largest one was chosen, one that is too small, a runtime that fails.
    pub fn align(&self, portrait: &Portrait) -> Result<AlignedFace, FaceExtractionError> {
        let faces = self.faces(portrait)?;
        let face = match (faces.as_slice(), self.choice) {
            ([face], _) | ([face, ..], FaceChoice::Largest) => face,
            ([], _) => return Err(FaceExtractionError::NoFace),
            (faces, FaceChoice::Only) => {
                return Err(FaceExtractionError::SeveralFaces { count: faces.len() });
            }
        };
        let (between_eyes, least) =
            (crop::between_eyes_from_front(&face.points), PixelLength::nearest(LEAST_BETWEEN_EYES));
        if between_eyes < least {
            return Err(FaceExtractionError::FaceTooSmall { between_eyes, least });
        }
        let card = &self.networks.embedder.card;
        let cut = AlignedFace::cut(portrait, &face.points, &card.points, card.side);
        cut.ok_or(FaceExtractionError::NoFace)
    }

    /// Makes a template of a face that this network, or one of the same card, has cut out.
    ///
    /// # Errors
    /// A face of another size, a runtime that fails, numbers that are no embedding.
    pub fn embed(&self, face: &AlignedFace) -> Result<FaceTemplate, FaceExtractionError> {
        let (side, expected) = (face.side(), self.networks.embedder.card.side);
        if side != expected {
            let problem = format!("an aligned face of {side} pixels a side, expected {expected}");
            return Err(ExtractionError::Network { problem }.into());
        }
        let numbers = self.networks.embedder.embed(face)?;
        Ok(FaceTemplate::new(self.networks.model.clone(), &numbers)?)
    }

    /// Finds the face of a portrait and makes a template of it.
    ///
    /// # Errors
    /// As [`FaceNetwork::align`] and [`FaceNetwork::embed`]. How the portrait looks is no reason:
    /// [`FaceNetwork::examine`] tells it.
    pub fn extract(&self, portrait: &Portrait) -> Result<FaceTemplate, FaceExtractionError> {
        self.embed(&self.align(portrait)?)
    }

    /// Finds all faces and measures the largest one.
    ///
    /// # Errors
    /// A runtime that fails. A portrait without a face is no error.
    pub fn examine(&self, portrait: &Portrait) -> Result<PortraitExamination, FaceExtractionError> {
        Ok(PortraitExamination::new(portrait, self.faces(portrait)?))
    }
}

impl ModelFolder {
    /// The starter for faces, out of the folder: SFace and YuNet.
    ///
    /// # Errors
    /// As [`ModelFolder::read`].
    pub fn face_network(&self) -> Result<FaceNetwork, FaceNetworkError> {
        FaceNetwork::from_bytes(
            &self.read(&YUNET).map_err(FaceNetworkError::Detector)?,
            &self.read(&SFACE).map_err(FaceNetworkError::Embedding)?,
        )
    }
}

/// Checks that bytes are those of a known model.
fn check_known(bytes: &[u8], model: &KnownModel) -> Result<(), ModelError> {
    if KnownModel::of(bytes) == Some(model) {
        return Ok(());
    }
    Err(ModelError::Unknown { blake3: *blake3::hash(bytes).as_bytes() })
}

fn read(file: &Path) -> Result<Vec<u8>, ModelError> {
    Ok(input::read(file, input::MAX_MODEL)?)
}

impl Portrait {
    /// The template of the face: [`FaceNetwork::extract`].
    ///
    /// # Errors
    /// [`FaceExtractionError`].
    pub fn template(&self, network: &FaceNetwork) -> Result<FaceTemplate, FaceExtractionError> {
        network.extract(self)
    }

    /// The faces and their measures: [`FaceNetwork::examine`].
    ///
    /// # Errors
    /// [`FaceExtractionError`].
    pub fn examine(&self, network: &FaceNetwork) -> Result<PortraitExamination, FaceExtractionError> {
        network.examine(self)
    }
}
