//! ONNX files and the networks that they describe: the only files that use `rten` and `rten-onnx`.
//!
//! * `wire` checks the bytes of a file before the parser allocates by what they declare.
//! * `values` reads what tensors hold.
//! * `file` reads tensors by name, and turns a file into a network: as it is, or with other sides of its input.
//! * `blocks` turns constants of blocks of bytes into numbers.
//! * `folding` joins batch normalisations with the convolutions before them.
//! * `graph` writes a network from code.
//! * `runner` runs a network, in a thread beside the caller's.

mod blocks;
mod file;
mod folding;
mod graph;
mod runner;
#[cfg(test)]
mod tests;
mod values;
mod wire;

pub(super) use file::OnnxFile;
pub(super) use graph::{Attribute, GraphBuilder, Value};
pub(super) use runner::OnnxNetwork;
