//! The bytes that a line names as a portrait, to a template.

use super::error::ResolveProblem;
#[cfg(feature = "networks")]
use crate::extraction::FaceNetwork;
#[cfg(feature = "networks")]
use crate::picture::Portrait;
use crate::template::{FaceTemplate, ModelId};

/// Makes templates of portraits where the build has the feature and a network was chosen.
#[derive(Debug, Default)]
pub(super) struct PortraitReader {
    #[cfg(feature = "networks")]
    network: Option<FaceNetwork>,
}

impl PortraitReader {
    #[cfg(feature = "networks")]
    pub(super) fn of(network: FaceNetwork) -> Self {
        Self { network: Some(network) }
    }

    /// The template of the only face of a portrait. The line may state the network's model.
    #[cfg(feature = "networks")]
    pub(super) fn template(
        &self,
        stated: Option<&ModelId>,
        bytes: &[u8],
    ) -> Result<FaceTemplate, ResolveProblem> {
        let network = self.network.as_ref().ok_or(ResolveProblem::NoFaceNetwork)?;
        if let Some(stated) = stated.filter(|stated| *stated != network.model()) {
            let (stated, made) = (stated.clone(), network.model().clone());
            return Err(ResolveProblem::OtherFaceNetwork { stated, made });
        }
        Ok(network.extract(&Portrait::read(bytes)?)?)
    }

    #[cfg(not(feature = "networks"))]
    pub(super) fn template(&self, _: Option<&ModelId>, _: &[u8]) -> Result<FaceTemplate, ResolveProblem> {
        Err(ResolveProblem::NoFaceNetwork)
    }
}
