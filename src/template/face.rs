//! A face as an embedding of a named model.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use crate::kernels::{Kernels, Work};
use crate::template::misreading::{self, Misreading, misreading};

/// The name of the network that made an embedding, with its version: 1 to 64 bytes of ASCII
/// letters, digits and `. _ : + -`, not beginning like the names of the fingerprint matchers of this crate.
/// Embeddings of different models never compare.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(Arc<str>);

/// Why a text is not a model name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelIdError {
    /// Too short, too long, or a byte that no name has.
    #[error("a model name has 1 to 64 ASCII letters, digits or . _ : + -; this text has {length} bytes{}", offset.map(|o| format!(" and something else at byte {o}")).unwrap_or_default())]
    Form {
        /// Bytes in the text.
        length: usize,
        /// First byte that is not allowed.
        offset: Option<usize>,
    },
    /// A name like those of the fingerprint matchers: a table of faces could pass for one of fingers.
    #[error(
        "a face model's name does not begin with {}, as those of fingerprint matchers do",
        ModelId::FINGER_MATCHERS
    )]
    FingerMatcher,
}

impl FromStr for ModelId {
    type Err = ModelIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:+-".contains(&b);
        let offset = text.bytes().position(|b| !allowed(b));
        if text.is_empty() || text.len() > 64 || offset.is_some() {
            return Err(ModelIdError::Form { length: text.len(), offset });
        }
        if Self::is_finger_matcher(text) {
            return Err(ModelIdError::FingerMatcher);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for ModelId {
    type Error = ModelIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(model: ModelId) -> Self {
        model.as_str().to_owned()
    }
}

impl ModelId {
    /// What the names of this crate's fingerprint matchers begin with, whatever their version.
    const FINGER_MATCHERS: &str = "biomatch-fingerprint";

    /// Whether a name is one of a fingerprint matcher, in whatever case it is written.
    pub(crate) fn is_finger_matcher(name: &str) -> bool {
        let start = name.get(..Self::FINGER_MATCHERS.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(Self::FINGER_MATCHERS))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({})", self.0)
    }
}

/// Why numbers are not a face template, or two templates do not compare.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaceTemplateError {
    /// Too few or too many numbers.
    #[error(
        "an embedding has {} to {} dimensions; this one has {found}",
        FaceTemplate::MIN_DIMENSION,
        FaceTemplate::MAX_DIMENSION
    )]
    Dimension {
        /// Dimensions found.
        found: usize,
    },
    /// NaN or infinite.
    #[error("an embedding's numbers are finite; number {index} is not")]
    NotFinite {
        /// Index of the first such number.
        index: usize,
    },
    /// Not what a normaliser takes.
    #[error("the normaliser takes embeddings of {expected} dimensions; this one has {found}")]
    OtherDimension {
        /// Dimensions that it takes.
        expected: usize,
        /// Dimensions found.
        found: usize,
    },
    /// Bytes of another type that were taken for numbers in float32.
    #[error("the embedding {0}")]
    Misread(Misreading),
    /// As many numbers as an embedding has, but all the same, or all but one.
    #[error("all numbers of the embedding, or all but one, are the same, so it tells nobody from another")]
    Constant,
    /// All zero, or so small that no direction is left.
    #[error("the embedding has no direction: its norm is zero")]
    ZeroNorm,
}

/// A face: an embedding scaled to unit length, and the model that made it. `Debug` shows no
/// numbers.
#[derive(Clone, PartialEq)]
pub struct FaceTemplate {
    model: ModelId,
    /// Shared, so that a gallery takes it over without a copy.
    embedding: Arc<[f32]>,
}

impl FaceTemplate {
    /// Fewest dimensions.
    pub const MIN_DIMENSION: usize = 2;
    /// Most dimensions.
    pub const MAX_DIMENSION: usize = 4096;
    /// All dimensions allowed.
    pub const DIMENSIONS: RangeInclusive<usize> = Self::MIN_DIMENSION..=Self::MAX_DIMENSION;

    /// Scales an embedding to unit length (norm and quotients in f64, rounded once).
    ///
    /// # Errors
    /// A dimension out of range, a number that is not finite, a norm of zero, numbers that look like bytes of
    /// another type (never those of a network, and never fewer than 16).
    pub fn new(model: ModelId, embedding: &[f32]) -> Result<Self, FaceTemplateError> {
        let found = embedding.len();
        if !Self::DIMENSIONS.contains(&found) {
            return Err(FaceTemplateError::Dimension { found });
        }
        let norm = Kernels::active().run(SquareSum(embedding)).sqrt();
        if let Some(misreading) = misreading(embedding, norm) {
            return Err(FaceTemplateError::Misread(misreading));
        }
        // A number that is not finite makes a sum that is not; finite ones cannot in f64.
        if !norm.is_finite() {
            let index = embedding.iter().position(|x| !x.is_finite()).unwrap_or_default();
            return Err(FaceTemplateError::NotFinite { index });
        }
        if norm == 0.0 {
            return Err(FaceTemplateError::ZeroNorm);
        }
        let mut scaled: Arc<[f32]> = embedding.into();
        if let Some(numbers) = Arc::get_mut(&mut scaled) {
            Kernels::active().run(Divide { numbers, norm });
        }
        Ok(Self { model, embedding: scaled })
    }

    /// Refuses numbers that no network gives, but that a caller may compute: all the same or all but one, as in a
    /// file that was filled and not written; whole numbers from 0 to 255, of quantised embeddings; or a count
    /// before the numbers. Readers of files check it beside [`FaceTemplate::new`].
    ///
    /// # Errors
    /// [`FaceTemplateError::Constant`], [`FaceTemplateError::Misread`].
    pub fn check_read(embedding: &[f32]) -> Result<(), FaceTemplateError> {
        if embedding.iter().all(|x| *x == 0.0) {
            // `FaceTemplate::new` says so.
            return Ok(());
        }
        if misreading::is_constant(embedding) {
            return Err(FaceTemplateError::Constant);
        }
        misreading::unlike_network(embedding).map_or(Ok(()), |found| Err(FaceTemplateError::Misread(found)))
    }

    /// The model.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// The unit embedding.
    pub fn embedding(&self) -> &[f32] {
        &self.embedding
    }

    /// The unit embedding, to be kept.
    /// From numbers that were an embedding of unit length before, bit for bit.
    pub(crate) fn from_unit(model: ModelId, embedding: &[f32]) -> Self {
        Self { model, embedding: embedding.into() }
    }

    pub(crate) fn shared(&self) -> Arc<[f32]> {
        self.embedding.clone()
    }
}

/// The sum of squares, in f64 and in lanes that are added one after the other.
struct SquareSum<'a>(&'a [f32]);

impl Work for SquareSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        const LANES: usize = 16;
        let mut sums = [0.0_f64; LANES];
        let (chunks, rest) = self.0.as_chunks::<LANES>();
        for chunk in chunks {
            for (sum, &x) in sums.iter_mut().zip(chunk) {
                *sum += f64::from(x) * f64::from(x);
            }
        }
        for (sum, &x) in sums.iter_mut().zip(rest) {
            *sum += f64::from(x) * f64::from(x);
        }
        sums.iter().sum()
    }
}

/// Quotients in f64, rounded once.
struct Divide<'a> {
    numbers: &'a mut [f32],
    norm: f64,
}

impl Work for Divide<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for x in self.numbers {
            *x = (f64::from(*x) / self.norm) as f32;
        }
    }
}

impl fmt::Debug for FaceTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceTemplate")
            .field("model", &self.model)
            .field("dimension", &self.embedding.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelId {
        "arcface:r50-1".parse().unwrap()
    }

    #[test]
    fn embeddings_become_unit_vectors() {
        let face = FaceTemplate::new(model(), &[3.0, 4.0]).unwrap();
        assert_eq!(face.embedding(), [0.6, 0.8]);
        let tiny = FaceTemplate::new(model(), &[3e-38, 4e-38]).unwrap();
        assert!((tiny.embedding()[0] - 0.6).abs() < 1e-6);
        let huge = FaceTemplate::new(model(), &[3e38, 3e38]).unwrap();
        assert!((huge.embedding()[0] - 0.5_f32.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        assert_eq!(FaceTemplate::new(model(), &[0.0, 0.0]), Err(FaceTemplateError::ZeroNorm));
        assert_eq!(
            FaceTemplate::new(model(), &[1.0, f32::NAN]),
            Err(FaceTemplateError::NotFinite { index: 1 })
        );
        assert_eq!(
            FaceTemplate::new(model(), &[f32::INFINITY, 1.0]),
            Err(FaceTemplateError::NotFinite { index: 0 })
        );
        assert_eq!(FaceTemplate::new(model(), &[1.0]), Err(FaceTemplateError::Dimension { found: 1 }));
        assert_eq!(
            FaceTemplate::new(model(), &[1.0; 4097]),
            Err(FaceTemplateError::Dimension { found: 4097 })
        );
    }

    #[test]
    fn model_names_are_checked() {
        assert_eq!("".parse::<ModelId>(), Err(ModelIdError::Form { length: 0, offset: None }));
        assert_eq!("a b".parse::<ModelId>(), Err(ModelIdError::Form { length: 3, offset: Some(1) }));
        assert!("x".repeat(64).parse::<ModelId>().is_ok());
        assert!("x".repeat(65).parse::<ModelId>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_model_is_named_like_a_fingerprint_matcher(
            rest in "[A-Za-z0-9._:+-]{0,44}",
            upper in proptest::collection::vec(proptest::bool::ANY, ModelId::FINGER_MATCHERS.len()),
        ) {
            let start: String = std::iter::zip(ModelId::FINGER_MATCHERS.chars(), upper)
                .map(|(letter, upper)| if upper { letter.to_ascii_uppercase() } else { letter })
                .collect();
            let name = format!("{start}{rest}");
            proptest::prop_assert_eq!(name.parse::<ModelId>(), Err(ModelIdError::FingerMatcher));
            // Only a beginning counts.
            let within = format!("x-{name}");
            proptest::prop_assert_eq!(within.parse::<ModelId>().is_ok(), within.len() <= 64);
        }
    }

    #[test]
    fn debug_shows_no_numbers() {
        let face = FaceTemplate::new(model(), &[3.0, 4.0]).unwrap();
        assert_eq!(format!("{face:?}"), "FaceTemplate { model: ModelId(arcface:r50-1), dimension: 2 }");
    }
}
