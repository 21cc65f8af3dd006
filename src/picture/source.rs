//! What a picture was read from.

use crate::picture::Format;
use crate::picture::payload::{Container, Payload};
use crate::template::Wrapper;

/// What a picture was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// How its pixels were written.
    pub format: Format,
    /// The record around it; `None` for a file of its own.
    pub container: Option<Container>,
    /// What the record was wrapped in, from the outside in.
    pub wrappers: Vec<Wrapper>,
    /// Where it begins in the input; inside text, in what the innermost text encodes.
    pub offset: usize,
    /// Its bytes.
    pub length: usize,
}

impl Source {
    pub(super) fn new(format: Format, payload: &Payload<'_>, wrappers: &[Wrapper]) -> Self {
        let (container, offset, length) = (payload.container, payload.offset, payload.bytes.len());
        Self { format, container, wrappers: wrappers.to_vec(), offset, length }
    }
}
