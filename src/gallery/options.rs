//! How a gallery is kept.

/// Options of a gallery handle. They change when work is done, never what is stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// References in memory at which a commit also moves them to a segment. More make fewer and
    /// larger segments; fewer make the next start faster, because features of references that are
    /// only in the log are built again. A commit that adds so many by itself goes straight to
    /// segments and never to the log, which is the fast way to enrol many.
    pub flush_at: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { flush_at: 8_192 }
    }
}

impl Options {
    /// With another [`Options::flush_at`].
    #[must_use]
    pub fn flush_at(mut self, references: usize) -> Self {
        self.flush_at = references;
        self
    }
}
