//! LEADER, a minutiae network of the University of Bologna (Cappelli and Ferrara, arXiv:2602.15493), from its ONNX
//! file. `weights` reads the file's tensors, `layers` has the layers, and here they become the network, written anew:
//! the file's own graph takes twice the time and memory. `frame` is what it sees, `peaks` what is made of its outputs.

mod frame;
mod layers;
mod peaks;
mod weights;

pub(super) use peaks::Peak;

use super::onnx::{OnnxFile, OnnxNetwork, Value};
use super::{ExtractionError, ModelError};
use frame::Frame;
use layers::Layers;

/// The network.
pub(super) struct Leader {
    network: OnnxNetwork,
}

impl Leader {
    /// Reads the file.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = OnnxFile::read(bytes)?;
        let mut layers = Layers::new(&file);
        let input = layers.graph.input(1);
        let outputs = network(&mut layers, &input)?;
        let outputs: Vec<&Value> = outputs.iter().collect();
        Ok(Self { network: layers.graph.into_network(&input, &outputs)? })
    }

    /// The minutiae of a picture at 500 dpi, the surest first.
    pub(super) fn peaks(
        &self,
        (width, height): (usize, usize),
        pixels: &[u8],
    ) -> Result<Vec<Peak>, ExtractionError> {
        let frame = Frame::around(width, height);
        let input = frame.filled(pixels);
        let outputs = self.network.run(&[1, 1, frame.height, frame.width], &input)?;
        drop(input);
        let all = frame.width * frame.height;
        match <[_; 3]>::try_from(outputs) {
            Ok([heat, direction, kind])
                if heat.len() == all && direction.len() == 2 * all && kind.len() == all =>
            {
                Ok(peaks::peaks(&frame, &heat, &direction, &kind))
            }
            _ => Err(ExtractionError::Network { problem: "outputs of another size".to_owned() }),
        }
    }
}

/// Two parts, each a stem, a way down to small maps and a way up again, and a head for each of heat, direction and
/// kind. The first part says where the second is to look.
fn network(layers: &mut Layers<'_>, input: &Value) -> Result<[Value; 3], ModelError> {
    let stem = layers.stem(input, "stem0", 16)?;
    let mut value = layers.greatest_of_four(&stem);
    let channels = [16, 32, 64, 128];
    let mut inputs = 16;
    let mut passed = Vec::new();
    for (level, outputs) in channels.into_iter().enumerate() {
        let level = layers.separable(&value, &format!("enc0_{level}"), inputs, outputs)?;
        value = layers.halved(&level);
        inputs = outputs;
        passed.push(level);
    }
    for (level, outputs) in channels.into_iter().enumerate().rev() {
        let up = layers.separable(&value, &format!("dec0_{level}"), inputs, outputs)?;
        value = layers.joined_above(&up, &passed[level]);
        inputs = 2 * outputs;
    }
    let attention = layers.attention(&value, 32)?;
    let stem = layers.stem(input, "stem1", 32)?;
    let stem = layers.mean_of_four(&stem);
    let mut value = layers.joined(&[&attention, &stem]);
    let mut passed = Vec::new();
    for (level, (inputs, outputs)) in [(64, 32), (32, 64), (64, 128), (128, 32)].into_iter().enumerate() {
        let level = layers.inverted(&value, &format!("enc1_{level}"), inputs, outputs)?;
        value = layers.halved(&level);
        passed.push(level);
    }
    for (level, inputs, outputs) in [(3, 32, 27), (2, 59, 91), (1, 219, 42), (0, 106, 20)] {
        let up = layers.inverted(&value, &format!("dec1_{level}"), inputs, outputs)?;
        value = layers.joined_above(&up, &passed[level]);
    }
    let heat = layers.head(&value, "head_0", "head_conv_pos", 1)?;
    let heat = layers.graph.node("Sigmoid", &[&heat], &[]);
    let direction = layers.head(&value, "head_1", "head_conv_dir", 2)?;
    let kind = layers.head(&value, "head_2", "head_conv_typ", 1)?;
    Ok([heat, direction, kind])
}
