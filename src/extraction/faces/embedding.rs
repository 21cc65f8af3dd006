//! The network that makes an embedding of an aligned face.

use super::card::{ChannelOrder, FaceCard, Layout};
use super::crop::AlignedFace;
use super::error::FaceExtractionError;
use crate::extraction::ModelError;
use crate::extraction::onnx::{OnnxFile, OnnxNetwork};

pub(super) struct Embedder {
    network: OnnxNetwork,
    pub(super) card: FaceCard,
}

impl Embedder {
    /// Reads a network and runs it once: one that does not do what its card says is an error.
    pub(super) fn read(bytes: &[u8], card: FaceCard) -> Result<Self, ModelError> {
        let mut file = OnnxFile::read(bytes)?;
        file.simplify()?;
        file.set_input_shape(&card.input, &shape(&card).map(Some))?;
        let network = file.into_network(&card.input, &[&card.output])?;
        let embedder = Self { network, card };
        let side = usize::from(embedder.card.side);
        let found = embedder.run(&vec![0.0; 3 * side * side]);
        let found = found.map_err(|error| ModelError::Graph { problem: error.to_string() })?;
        let (card, count) = (&embedder.card, found.len());
        if count != usize::from(card.dimension) {
            let expected = format!("{} numbers, as the card says; it has {count}", card.dimension);
            return Err(ModelError::Tensor { name: card.output.clone(), expected });
        }
        Ok(embedder)
    }

    /// The numbers for a face of the card's side.
    pub(super) fn embed(&self, face: &AlignedFace) -> Result<Vec<f32>, FaceExtractionError> {
        self.run(&input(face.rgb(), &self.card))
    }

    fn run(&self, input: &[f32]) -> Result<Vec<f32>, FaceExtractionError> {
        let outputs = self.network.run(&shape(&self.card), input)?;
        Ok(outputs.into_iter().next().unwrap_or_default())
    }
}

fn shape(card: &FaceCard) -> [usize; 4] {
    let side = usize::from(card.side);
    match card.layout {
        Layout::Planes => [1, 3, side, side],
        Layout::Pixels => [1, side, side, 3],
    }
}

/// The pixels in the numbers, the order and the layout that the network takes.
fn input(rgb: &[u8], card: &FaceCard) -> Vec<f32> {
    let channels = match card.order {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    let number = |value: u8| (f32::from(value) - card.mean.levels()) * card.scale.per_level();
    let pixels = rgb.as_chunks::<3>().0;
    match card.layout {
        Layout::Planes => {
            let plane = |channel: usize| pixels.iter().map(move |pixel| number(pixel[channel]));
            channels.into_iter().flat_map(plane).collect()
        }
        Layout::Pixels => {
            pixels.iter().flat_map(|pixel| channels.map(|channel| number(pixel[channel]))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::card::tests::card;
    use super::*;

    #[test]
    fn pixels_become_what_the_card_says() {
        let rgb = [10, 20, 30, 40, 50, 60];
        let numbers = |order, layout| input(&rgb, &FaceCard { order, layout, ..card() });
        let halves = |values: [f32; 6]| values.map(|value| (value - 10.0) * 0.5);
        for (order, layout, values) in [
            (ChannelOrder::Rgb, Layout::Planes, [10.0, 40.0, 20.0, 50.0, 30.0, 60.0]),
            (ChannelOrder::Bgr, Layout::Planes, [30.0, 60.0, 20.0, 50.0, 10.0, 40.0]),
            (ChannelOrder::Rgb, Layout::Pixels, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]),
            (ChannelOrder::Bgr, Layout::Pixels, [30.0, 20.0, 10.0, 60.0, 50.0, 40.0]),
        ] {
            assert_eq!(numbers(order, layout), halves(values), "{order:?} {layout:?}");
        }
    }
}
