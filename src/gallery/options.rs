//! How a gallery is kept.

use std::sync::{Arc, OnceLock};

use crate::fingerprint::codes::CodeModel;

/// Options of a gallery handle. They never change what is stored of a person, only when work is done
/// and which codes are kept beside.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// References in memory at which a commit also moves them to a segment. More make fewer and
    /// larger segments; fewer make the next start faster, because features of references that are
    /// only in the log are built again. A commit that adds so many by itself goes straight to
    /// segments and never to the log, which is the fast way to enrol many.
    pub flush_at: usize,
    /// The model that codes of fingers are made by. Every process that opens a gallery should be
    /// given the same one: a writer makes the codes of segments of another model again, and a reader
    /// searches such segments without codes, which finds the same and takes longer.
    pub code_model: Arc<CodeModel>,
}

impl Default for Options {
    fn default() -> Self {
        Self { flush_at: 8_192, code_model: shipped() }
    }
}

/// The shipped model, copied once a process.
fn shipped() -> Arc<CodeModel> {
    static SHIPPED: OnceLock<Arc<CodeModel>> = OnceLock::new();
    SHIPPED.get_or_init(|| Arc::new(CodeModel::shipped().clone())).clone()
}

impl Options {
    /// With another [`Options::flush_at`].
    #[must_use]
    pub fn flush_at(mut self, references: usize) -> Self {
        self.flush_at = references;
        self
    }

    /// With another [`Options::code_model`]: one that was trained on own templates.
    #[must_use]
    pub fn code_model(mut self, model: Arc<CodeModel>) -> Self {
        self.code_model = model;
        self
    }
}
