//! Score normalisation of faces, built into their templates: the cosine of two normalised templates misses
//! fewer mates than the cosine of the embeddings at the same false match rate.
//!
//! Three things that an embedding says beside its direction in space are put to use:
//! - Directions in which everybody differs a lot count a little less: soft whitening, the covariance of the
//!   population to a small negative power (Jegou and Chum, ECCV 2012).
//! - The length of the embedding before scaling says how good the picture was (Meng, Zhao, Huang, Zhou,
//!   "MagFace", CVPR 2021). Bad pictures are near nobody, themselves in another picture included.
//! - Faces that lie in the population's leading directions are near many people (Radovanovic, Nanopoulos,
//!   Ivanovic, "Hubs in space", JMLR 11, 2010).
//!
//! The second and the third are one number for each face, its height `h`. A template is the whitened unit
//! embedding times `sqrt(1 - h^2)`, and `h` in dimensions of its own. It is a unit vector, so that galleries and
//! searches need to know nothing of it. For two faces of height `h` the squared distance on the sphere is that of the embeddings times `1 - h^2`: the higher, the nearer.

mod file;

#[cfg(feature = "training")]
pub(crate) use file::MAX_NOTE;
pub use file::NormaliserError;

use std::fmt;

use super::face::{FaceTemplate, FaceTemplateError, ModelId};
use crate::kernels::Kernels;

/// Turns embeddings of one network into normalised templates. Templates of it name a model of their own, the
/// network's with eight digits of this normaliser's identity after it, so that they compare with those of the same
/// normaliser only. Trained on mated pictures: `biomatch train-normaliser`.
#[derive(Clone, PartialEq)]
pub struct FaceNormaliser {
    parts: Parts,
    model: ModelId,
    dimension: usize,
    /// Each row padded for the kernels.
    whitening: Vec<f32>,
    leading: Vec<f32>,
}

/// What a normaliser's file holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    /// The network.
    pub(crate) source: ModelId,
    /// What it was trained on.
    pub(crate) note: String,
    pub(crate) dimension: usize,
    /// Length of a usual embedding, above zero.
    pub(crate) length: f64,
    /// How much height a longer embedding loses.
    pub(crate) length_weight: f64,
    /// Usual share of the squared length that is in the leading directions.
    pub(crate) share: f64,
    /// How much height a greater share loses.
    pub(crate) share_weight: f64,
    /// `dimension` rows of `dimension`.
    pub(crate) whitening: Vec<f32>,
    /// Orthogonal unit vectors, a row each.
    pub(crate) leading: Vec<f32>,
}

/// Dimensions that hold the height: so many, and all the same, so that none dwarfs the embedding's own when a
/// search codes them in eight bits.
pub(crate) const HEIGHT_DIMENSIONS: usize = 32;
/// The height of a usual face: 3/5 of the template's length are left to the embedding.
const USUAL: f64 = 0.8;
const LOWEST: f64 = 0.05;
const HIGHEST: f64 = 0.99;

impl FaceNormaliser {
    /// Most dimensions of an embedding.
    pub const MAX_DIMENSION: usize = FaceTemplate::MAX_DIMENSION - HEIGHT_DIMENSIONS;

    /// Most bytes of a network's name: its templates' model has nine more.
    pub const MAX_NAME: usize = 55;

    /// `None` if the parts do not fit each other or the network's name leaves no room.
    pub(crate) fn new(parts: Parts) -> Option<Self> {
        let dimension = parts.dimension;
        let fits = (FaceTemplate::MIN_DIMENSION..=Self::MAX_DIMENSION).contains(&dimension)
            && parts.whitening.len() == dimension * dimension
            && parts.leading.len().is_multiple_of(dimension)
            && parts.length > 0.0;
        let identity = blake3::hash(&file::write(&parts)).to_hex();
        let model = format!("{}+{}", parts.source, identity.get(..8)?).parse().ok()?;
        let (whitening, leading) = (padded(&parts.whitening, dimension), padded(&parts.leading, dimension));
        fits.then_some(Self { parts, model, dimension, whitening, leading })
    }

    /// Reads a file of [`FaceNormaliser::write`].
    ///
    /// # Errors
    /// Anything but such a file.
    pub fn read(file: &[u8]) -> Result<Self, NormaliserError> {
        file::read(file)
    }

    /// The file: `docs/face-normaliser.md`. The same normaliser has the same bytes.
    pub fn write(&self) -> Vec<u8> {
        file::write(&self.parts)
    }

    /// The network whose embeddings it takes.
    pub fn source(&self) -> &ModelId {
        &self.parts.source
    }

    /// The model of its templates.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// What it was trained on, in words.
    pub fn note(&self) -> &str {
        &self.parts.note
    }

    /// Dimensions of the embeddings that it takes.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Dimensions of its templates, 32 more.
    pub fn model_dimension(&self) -> usize {
        self.dimension + HEIGHT_DIMENSIONS
    }

    /// The template of an embedding as the network gave it, not scaled. The same bits at every kernel level. Cost:
    /// `dimension` squared products.
    ///
    /// # Errors
    /// As [`FaceTemplate::new`], or another dimension than [`FaceNormaliser::dimension`].
    pub fn template(&self, embedding: &[f32]) -> Result<FaceTemplate, FaceTemplateError> {
        let unit = FaceTemplate::new(self.parts.source.clone(), embedding)?;
        if embedding.len() != self.dimension {
            let (expected, found) = (self.dimension, embedding.len());
            return Err(FaceTemplateError::OtherDimension { expected, found });
        }
        let unit = padded(unit.embedding(), self.dimension);
        let whitened = self.products(&unit, &self.whitening);
        let scale = square_sum(&whitened).sqrt();
        if scale == 0.0 {
            return Err(FaceTemplateError::ZeroNorm);
        }
        let share = square_sum(&self.products(&unit, &self.leading));
        let height = self.height(square_sum(embedding).sqrt(), share);
        let rest = (1.0 - height * height).sqrt();
        let mut numbers: Vec<f32> = whitened.iter().map(|&x| (f64::from(x) / scale * rest) as f32).collect();
        let each = (height / (HEIGHT_DIMENSIONS as f64).sqrt()) as f32;
        numbers.resize(self.model_dimension(), each);
        FaceTemplate::new(self.model.clone(), &numbers)
    }

    fn height(&self, length: f64, share: f64) -> f64 {
        let Parts { length_weight, share_weight, .. } = self.parts;
        height(length_weight * longer(length, self.parts.length) + share_weight * (share - self.parts.share))
    }

    /// The inner products of a padded vector with rows.
    fn products(&self, vector: &[f32], rows: &[f32]) -> Vec<f32> {
        let mut products = vec![0.0; rows.len() / vector.len()];
        Kernels::active().dot_rows(vector, rows, &mut products);
        products
    }
}

/// How much longer than usual a length is: its logarithm for those near one another, by products alone, and never
/// beyond 2.
pub(crate) fn longer(length: f64, usual: f64) -> f64 {
    2.0 * (length - usual) / (length + usual)
}

/// The height of a face that loses so much of it.
pub(crate) fn height(loss: f64) -> f64 {
    (USUAL - loss).clamp(LOWEST, HIGHEST)
}

fn square_sum(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&x| f64::from(x) * f64::from(x)).sum()
}

/// Rows of `dimension` numbers, each followed by zeros as the kernels want them.
fn padded(rows: &[f32], dimension: usize) -> Vec<f32> {
    let length = dimension.next_multiple_of(Kernels::DOT_LANES);
    let mut padded = vec![0.0; rows.len() / dimension.max(1) * length];
    for (slot, row) in padded.chunks_exact_mut(length).zip(rows.chunks_exact(dimension)) {
        slot[..dimension].copy_from_slice(row);
    }
    padded
}

impl fmt::Debug for FaceNormaliser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceNormaliser")
            .field("model", &self.model)
            .field("dimension", &self.dimension)
            .field("note", &self.parts.note)
            .finish()
    }
}

#[cfg(test)]
mod tests;
