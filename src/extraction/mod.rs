//! Pictures of fingers to minutiae (feature `pictures`).
//!
//! A [`MinutiaeExtractor`] runs a network. One of biomatch was trained on pictures of generated fingers; it computes
//! in whole numbers, so a picture gives the same template on every processor. None ships with this version:
//! `datasets/extractor/` has the one command that trains one, and `quantise.py` writes it for the engine. With the
//! feature `networks` it can be LEADER, too, a network of others that is got as a file ([`models`]).
//!
//! ```no_run
//! use biomatch::extraction::MinutiaeExtractor;
//! use biomatch::picture::FingerprintPicture;
//!
//! let extractor = MinutiaeExtractor::open("minutiae.bmnet")?;
//! let picture = FingerprintPicture::read(&std::fs::read("right-index.png")?)?;
//! let template = picture.template(&extractor)?;
//! println!("{} minutiae", template.minutiae.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod extractor;
#[cfg(feature = "networks")]
mod faces;
#[cfg(feature = "networks")]
mod leader;
mod model_error;
pub mod models;
mod network;
mod normalise;
#[cfg(feature = "networks")]
mod onnx;
mod peaks;
mod scale;

pub use error::ExtractionError;
pub use extractor::MinutiaeExtractor;
#[cfg(feature = "networks")]
pub use faces::{
    AlignedFace, CaptureRules, ChannelOrder, Degrees, DetectionScore, Exposure, FaceArea, FaceCard,
    FaceCardError, FaceChoice, FaceExtractionError, FaceMeasures, FaceNetwork, FaceNetworkError, FacePoints,
    FoundFace, GreyLevels, Layout, PicturePoint, PixelLength, PixelScale, Placement, PortraitExamination,
    PortraitFinding, Pose, Share,
};
pub use model_error::ModelError;
pub use network::NetworkError;
