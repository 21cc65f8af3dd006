//! The weights of a layer, as the file has them by name.

use crate::extraction::ModelError;
use crate::extraction::onnx::OnnxFile;

/// The weights of a convolution: outputs, inputs, rows, columns.
pub(super) struct Weights {
    pub(super) shape: [usize; 4],
    pub(super) weights: Vec<f32>,
    /// One for each output, or none.
    pub(super) offsets: Vec<f32>,
}

/// What follows a normalisation: a gain and an offset for each channel.
pub(super) struct Gains {
    pub(super) gains: Vec<f32>,
    pub(super) offsets: Vec<f32>,
}

impl Weights {
    /// Those of a layer and its offsets, by the tensors' names or by the nodes that read them.
    pub(super) fn read(file: &OnnxFile, layer: &str, shape: [usize; 4]) -> Result<Self, ModelError> {
        let weights = file.tensor(&named(layer, "convolution/ReadVariableOp:0"), &shape)?;
        Ok(Self { offsets: offsets(file, layer, shape[0])?, shape, weights })
    }

    /// Those of the pointwise half of a separable convolution.
    pub(super) fn of_separable(file: &OnnxFile, layer: &str, shape: [usize; 4]) -> Result<Self, ModelError> {
        let weights = file.tensor(&named(layer, "separable_conv2d/ReadVariableOp_1:0"), &shape)?;
        Ok(Self { offsets: offsets(file, layer, shape[0])?, shape, weights })
    }

    /// Those of windows over each channel by itself; the file knows them by the node only.
    pub(super) fn of_channels(
        file: &OnnxFile,
        node: &str,
        channels: usize,
        side: usize,
    ) -> Result<Self, ModelError> {
        let shape = [channels, 1, side, side];
        let weights = file.tensor(file.input_of(&format!("functional_1/{node}"), 1)?, &shape)?;
        Ok(Self { shape, weights, offsets: Vec::new() })
    }

    /// The same layer with the mean of its outputs taken from each.
    pub(super) fn centred(mut self) -> Self {
        let outputs = self.shape[0];
        subtract_means(&mut self.weights, outputs);
        subtract_means(&mut self.offsets, outputs);
        self
    }

    /// The same layer where its inputs come without their gains and offsets. Pointwise layers only.
    pub(super) fn with_gains(mut self, of_inputs: &Gains) -> Self {
        let rows = self.weights.chunks_exact_mut(self.shape[1]);
        for (row, offset) in rows.zip(&mut self.offsets) {
            let mut sum = f64::from(*offset);
            for (weight, (gain, added)) in row.iter_mut().zip(of_inputs.gains.iter().zip(&of_inputs.offsets))
            {
                sum += f64::from(*weight) * f64::from(*added);
                *weight *= gain;
            }
            *offset = sum as f32;
        }
        self
    }
}

impl Gains {
    /// Those of a layer, for so many channels.
    pub(super) fn read(file: &OnnxFile, layer: &str, channels: usize) -> Result<Self, ModelError> {
        let shape = [1, channels, 1, 1];
        let gains = file.tensor(&named(&format!("{layer}_ln"), "Reshape:0"), &shape)?;
        let offsets = file.tensor(file.input_of(&named(&format!("{layer}_ln"), "add_1"), 1)?, &shape)?;
        Ok(Self { gains, offsets })
    }
}

/// Under its own name, or where a node adds them after a convolution of apart windows.
fn offsets(file: &OnnxFile, layer: &str, outputs: usize) -> Result<Vec<f32>, ModelError> {
    let own = file.tensor(&named(layer, "Squeeze:0"), &[outputs]);
    own.or_else(|_| file.tensor(&named(layer, "Reshape:0"), &[outputs])).or_else(|missing| {
        let Ok(name) = file.input_of(&named(layer, "BiasAdd"), 1) else { return Err(missing) };
        file.tensor(name, &[outputs, 1, 1, 1])
    })
}

fn named(layer: &str, part: &str) -> String {
    format!("functional_1/{layer}_1/{part}")
}

/// From as many rows as there are outputs, the mean row.
fn subtract_means(values: &mut [f32], rows: usize) {
    let length = values.len() / rows;
    for at in 0..length {
        let column = || (0..rows).map(|row| row * length + at);
        let mean = column().map(|at| f64::from(values[at])).sum::<f64>() / rows as f64;
        for at in column() {
            values[at] = (f64::from(values[at]) - mean) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centred_layer_gives_outputs_of_mean_zero() {
        let weights = vec![1.0, 2.0, 3.0, 5.0, 5.0, 5.0];
        let layer = Weights { shape: [3, 2, 1, 1], weights, offsets: vec![1.0, 2.0, 6.0] }.centred();
        assert_eq!(layer.weights, [-2.0, -2.0, 0.0, 1.0, 2.0, 1.0]);
        assert_eq!(layer.offsets, [-2.0, -1.0, 3.0]);
    }

    #[test]
    fn gains_of_inputs_move_into_the_layer() {
        let weights = vec![1.0, 2.0, -1.0, 4.0];
        let gains = Gains { gains: vec![3.0, 0.5], offsets: vec![10.0, 100.0] };
        let layer = Weights { shape: [2, 2, 1, 1], weights, offsets: vec![7.0, 0.0] }.with_gains(&gains);
        assert_eq!(layer.weights, [3.0, 1.0, -3.0, 2.0]);
        assert_eq!(layer.offsets, [217.0, 390.0]);
    }
}
