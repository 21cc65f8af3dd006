//! JSON that people write: what is wrong with it, by field or byte, in words.

mod fault;
mod shape;

pub(crate) use fault::{JsonFault, kind, parse};
pub(crate) use shape::{Field, Misfit, Presence, Shape, misfit, none_of};
