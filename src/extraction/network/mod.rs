//! A network of whole numbers: convolutions, enlargements and sums of maps, read from a file and run to the same
//! bits on every processor.

mod error;
mod map;
mod read;
mod step;
#[cfg(test)]
pub(super) mod tests;

pub use error::NetworkError;
pub(super) use map::Map;

use step::Step;

use crate::kernels::Kernels;

/// A network.
pub(super) struct Network {
    /// Its name and version.
    pub(super) name: String,
    steps: Vec<Step>,
    /// For each map, the step after which nothing reads it.
    last_reads: Vec<usize>,
    /// The greatest magnitude of the input's numbers.
    pub(super) greatest: i16,
    /// What the sides of a picture must be multiples of.
    pub(super) multiple: usize,
    /// Pixels of the picture per cell of the output, along a side.
    pub(super) reduction: usize,
    /// The numbers of the output, in its units.
    pub(super) unit: f32,
}

impl Network {
    /// Runs it. Maps are let go as soon as nothing needs them.
    pub(super) fn run(&self, input: Map, kernels: &Kernels) -> Option<Map> {
        let mut maps = vec![Some(input)];
        for (at, step) in self.steps.iter().enumerate() {
            let map = step.run(&maps, kernels)?;
            for (map, &last) in maps.iter_mut().zip(&self.last_reads) {
                map.take_if(|_| last == at);
            }
            maps.push(Some(map));
        }
        maps.pop()?
    }
}
