//! The model that turns minutiae into codes, and its identity.

use std::fmt;
use std::sync::LazyLock;

use bytemuck::{Pod, Zeroable};

use super::FingerCodes;
use super::encoding::Encoding;
use super::file::{CodeModelError, MAX_NOTE, ModelParts, decode_model, encode_model};
use crate::fingerprint::features::finger::FingerView;
use crate::kernels::{Kernels, Level, Work};

/// The identity of a model: the first 16 bytes of the BLAKE3 digest of its file. Only codes of the same model
/// can be compared.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
pub struct CodeModelId([u8; 16]);

impl CodeModelId {
    /// From the bytes that [`CodeModelId::to_bytes`] gave.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Of a file's bytes.
    pub(super) fn of(file: &[u8]) -> Self {
        let digest = *blake3::hash(file).as_bytes();
        Self(std::array::from_fn(|byte| digest[byte]))
    }
}

impl fmt::Display for CodeModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CodeModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeModelId({self})")
    }
}

/// A model of codes: the one that ships, or one trained on an operator's own templates.
#[derive(Clone, PartialEq)]
pub struct CodeModel {
    parts: ModelParts,
    id: CodeModelId,
}

/// `docs/code-model.md` has the command that trained it.
static SHIPPED: LazyLock<CodeModel> = LazyLock::new(|| {
    // A test reads it, so this cannot fail in a program that passed its tests.
    CodeModel::read(include_bytes!("shipped.codes")).unwrap_or_else(|error| unreachable!("{error}"))
});

impl CodeModel {
    /// The model of these parts.
    #[cfg(feature = "training")]
    pub(super) fn new(parts: ModelParts) -> Self {
        let id = CodeModelId::of(&encode_model(&parts));
        Self { parts, id }
    }

    /// Most characters of a note.
    pub const MAX_NOTE: usize = MAX_NOTE;

    /// The model that ships.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a model file, `docs/code-model.md`.
    ///
    /// # Errors
    /// [`CodeModelError`], with the offset, for any bytes that [`CodeModel::write`] does not write.
    pub fn read(bytes: &[u8]) -> Result<Self, CodeModelError> {
        Ok(Self { parts: decode_model(bytes)?, id: CodeModelId::of(bytes) })
    }

    /// The model's file: about 185 kB.
    pub fn write(&self) -> Vec<u8> {
        encode_model(&self.parts)
    }

    /// The identity of the model.
    pub fn id(&self) -> CodeModelId {
        self.id
    }

    /// What it was trained on, in the trainer's words.
    pub fn note(&self) -> &str {
        &self.parts.note
    }

    /// The codes of a finger, by the kernels of this process. Costs some microseconds per minutia, and
    /// depends on the minutiae alone. Of more than
    /// [`MAX_MINUTIAE`](crate::fingerprint::FingerFeatures::MAX_MINUTIAE) the first are taken.
    pub fn encode(&self, finger: FingerView<'_>) -> FingerCodes {
        self.encode_with(finger, Kernels::active())
    }

    /// [`CodeModel::encode`] by given kernels: the same bits, only faster or slower.
    pub fn encode_with(&self, finger: FingerView<'_>, kernels: &Kernels) -> FingerCodes {
        let minutiae = finger.bounded().minutiae;
        let projection = &self.parts.projection;
        // Without AVX, which is the scalar level on this architecture, registers are few and narrow.
        let mut codes = if cfg!(target_arch = "x86_64") && kernels.level() == Level::Scalar {
            Encoding::<true> { minutiae, projection }.run()
        } else {
            kernels.run(Encoding::<false> { minutiae, projection })
        };
        if codes.count > 0 {
            codes.means = self.parts.cohort.means(&codes, kernels);
        }
        codes
    }
}

impl fmt::Debug for CodeModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeModel")
            .field("id", &self.id)
            .field("note", &self.parts.note)
            .finish_non_exhaustive()
    }
}
