//! What a gallery stores of a finger: its minutiae and their cylinders, in fixed layouts.

use std::fmt;

use bytemuck::{Pod, Zeroable};

use crate::template::Minutia;

/// Version of what [`FingerFeatures::new`] makes of minutiae. A segment names it; features of
/// another version are rebuilt from the minutiae, never compared.
pub const FEATURE_VERSION: u32 = 1;

/// Eight cylinders as planes of words: word `w` of cylinder `c` is `words[w][c]`, so that one vector
/// instruction works on eight cylinders.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct CylinderBlock {
    /// `words[plane][cylinder]`.
    pub words: [[u64; 8]; 8],
}

/// A finger's features where they lie, in memory or in a mapped segment.
#[derive(Clone, Copy)]
pub struct FingerView<'a> {
    /// All minutiae.
    pub minutiae: &'a [Minutia],
    /// Cylinders of those minutiae that have one.
    pub cylinders: &'a [CylinderBlock],
}

impl fmt::Debug for FingerView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerView({} minutiae, {} cylinder blocks)", self.minutiae.len(), self.cylinders.len())
    }
}

/// A finger's features, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerFeatures {
    minutiae: Vec<Minutia>,
    cylinders: Vec<CylinderBlock>,
}

impl FingerFeatures {
    /// Most minutiae that are used: a record view has at most 255.
    pub const MAX_MINUTIAE: usize = 255;

    /// Makes the features of a finger.
    pub fn new(minutiae: &[Minutia]) -> Self {
        Self { minutiae: minutiae.to_vec(), cylinders: Vec::new() }
    }

    /// The features, borrowed.
    pub fn view(&self) -> FingerView<'_> {
        FingerView { minutiae: &self.minutiae, cylinders: &self.cylinders }
    }
}
