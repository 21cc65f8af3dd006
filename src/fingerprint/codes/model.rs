//! The model: what turns minutiae into codes, and its name.

use std::fmt;
use std::sync::LazyLock;

use bytemuck::{Pod, Zeroable};

use super::cohort::Cohort;
use super::encoding::Encoding;
use super::projection::Projection;
use super::{FingerCodes, file};
use crate::fingerprint::features::FingerView;
use crate::kernels::{Kernels, Level, Work};

/// Which model made codes: the first 16 bytes of the BLAKE3 digest of its file. Codes compare only
/// with codes of the same model.
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
    pub(super) projection: Projection,
    pub(super) cohort: Cohort,
    /// What it was trained on, in words.
    pub(super) note: String,
    pub(super) id: CodeModelId,
}

/// `docs/code-model.md` has the command that trained it.
static SHIPPED: LazyLock<CodeModel> = LazyLock::new(|| {
    // A test reads it, so this cannot fail in a program that passed its tests.
    CodeModel::read(include_bytes!("shipped.codes")).unwrap_or_else(|error| unreachable!("{error}"))
});

impl CodeModel {
    /// Most characters of a note.
    pub const MAX_NOTE: usize = file::MAX_NOTE;

    /// The model that ships.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a model file, `docs/code-model.md`.
    ///
    /// # Errors
    /// Anything that [`CodeModel::write`] does not write is an error that says what and where.
    pub fn read(bytes: &[u8]) -> Result<Self, file::CodeModelError> {
        file::read(bytes)
    }

    /// The model's file: about 185 kB.
    pub fn write(&self) -> Vec<u8> {
        file::write(self)
    }

    /// Its name.
    pub fn id(&self) -> CodeModelId {
        self.id
    }

    /// What it was trained on, in the trainer's words.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The codes of a finger, by the kernels of this process. Costs some microseconds a minutia, and
    /// depends on the minutiae alone. Of more than
    /// [`MAX_MINUTIAE`](crate::fingerprint::FingerFeatures::MAX_MINUTIAE) the first are taken.
    pub fn encode(&self, finger: FingerView<'_>) -> FingerCodes {
        self.encode_with(finger, Kernels::active())
    }

    /// [`CodeModel::encode`] by given kernels: the same bits, only faster or slower.
    pub fn encode_with(&self, finger: FingerView<'_>, kernels: &Kernels) -> FingerCodes {
        let minutiae = finger.bounded().minutiae;
        let projection = &self.projection;
        // Without AVX, which is the scalar level on this architecture, registers are few and narrow.
        let mut codes = if cfg!(target_arch = "x86_64") && kernels.level() == Level::Scalar {
            Encoding::<true> { minutiae, projection }.run()
        } else {
            kernels.run(Encoding::<false> { minutiae, projection })
        };
        if codes.count > 0 {
            codes.means = self.cohort.means(&codes, kernels);
        }
        codes
    }
}

impl fmt::Debug for CodeModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeModel").field("id", &self.id).field("note", &self.note).finish_non_exhaustive()
    }
}
