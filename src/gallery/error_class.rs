//! What a caller can do about an error of the gallery.

use std::io::ErrorKind;

use super::error::GalleryError;
use crate::storage::StorageError;

impl GalleryError {
    /// Whether the same call can succeed later without anybody's help: another process has the writer, the
    /// writer must be taken anew, or an I/O error that may pass, such as a full disk.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Locked { .. } | Self::Poisoned { .. } | Self::Stopped => true,
            Self::Storage(error) => {
                let is_passing = |kind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::OutOfMemory);
                error.may_pass() || error.io_kind().is_some_and(is_passing)
            }
            _ => false,
        }
    }

    /// Whether stored bytes are not what was written, or files went missing or back.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Storage(StorageError::Damaged(_))
                | Self::Remains { .. }
                | Self::Displaced { .. }
                | Self::WentBack { .. }
                | Self::Replaced { .. }
                | Self::Unrepairable { .. }
        )
    }

    /// Whether the request itself cannot be met as it is: an unknown citizen or reference, too much at once, a
    /// request id that was used for something else. The same call fails again.
    pub fn is_request(&self) -> bool {
        matches!(
            self,
            Self::UnknownCitizen { .. }
                | Self::UnknownReference { .. }
                | Self::UnknownLocation
                | Self::RequestConflict { .. }
                | Self::ModelDimension { .. }
                | Self::TooMany { .. }
        )
    }

    /// Whether the configuration must be changed: which folder, which code model, which part of the registry.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::NotAGallery { .. }
                | Self::AlreadyExists { .. }
                | Self::ReadOnly { .. }
                | Self::CodeModel { .. }
                | Self::Kernels(_)
                | Self::FeatureVersion { .. }
                | Self::OtherPartition { .. }
                | Self::IsBackup { .. }
        )
    }
}
