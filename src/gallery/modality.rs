//! The two kinds of references.

/// Finger or face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Modality {
    /// Fingerprints.
    Finger,
    /// Faces.
    Face,
}
