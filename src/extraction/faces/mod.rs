//! Portraits to templates: a detector, an alignment, and a network that makes embeddings.
//!
//! * `quantities`, `points`: the words of all others.
//! * `canvas`, `decoding`, `detector`: where the faces are.
//! * `similarity`, `crop`: a face as a network sees it.
//! * `card`, `card_file`, `embedding`: networks and what they take.
//! * `pose`, `light`, `examination`, `finding`, `rules`: what a portrait looks like.
//! * `network`: the way from a portrait to a template.

mod canvas;
mod card;
mod card_error;
mod card_file;
mod crop;
mod decoding;
mod detector;
mod embedding;
mod error;
mod examination;
mod finding;
mod light;
mod network;
mod network_error;
mod points;
mod pose;
mod quantities;
mod rules;
mod similarity;

pub use card::{ChannelOrder, FaceCard, Layout, PixelScale};
pub use card_error::FaceCardError;
pub use crop::AlignedFace;
pub use error::FaceExtractionError;
pub use examination::{FaceMeasures, Placement, PortraitExamination};
pub use finding::PortraitFinding;
pub use light::Exposure;
pub use network::{FaceChoice, FaceNetwork};
pub use network_error::FaceNetworkError;
pub use points::{FaceArea, FacePoints, FoundFace, PicturePoint};
pub use pose::Pose;
pub use quantities::{Degrees, DetectionScore, GreyLevels, PixelLength, Share};
pub use rules::CaptureRules;
