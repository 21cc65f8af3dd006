//! Who loads a gallery, and what they may see.

/// Who loads a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Sees what the witness covers, current features and the gallery's code model only.
    Reader,
    /// Holds the lock: keeps a whole batch behind the witness, and may find old features to rebuild.
    Writer,
    /// As a writer, to make the codes anew by the model that is given.
    Recoder,
    /// Sees what a reader sees, whatever the features and the code model.
    Verifier,
}

impl Role {
    pub(super) fn is_writer(self) -> bool {
        matches!(self, Self::Writer | Self::Recoder)
    }
}
