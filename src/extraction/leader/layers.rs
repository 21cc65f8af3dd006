//! The layers of LEADER. Maps are by channel, row and column.

use super::weights::{Gains, Weights};
use crate::extraction::ModelError;
use crate::extraction::onnx::{Attribute, GraphBuilder, OnnxFile, Value};

/// What a normalisation adds to a variance.
const LEAST_VARIANCE: f32 = 0.001;

/// The network in the making.
pub(super) struct Layers<'a> {
    pub(super) graph: GraphBuilder,
    file: &'a OnnxFile,
}

impl<'a> Layers<'a> {
    pub(super) fn new(file: &'a OnnxFile) -> Self {
        Self { graph: GraphBuilder::default(), file }
    }

    /// Windows of five pixels, near and twice as far, on the picture itself.
    pub(super) fn stem(&mut self, input: &Value, layer: &str, channels: usize) -> Result<Value, ModelError> {
        let shape = [channels / 2, 1, 5, 5];
        let near = Weights::read(self.file, &format!("{layer}_conv"), shape)?;
        let far = Weights::read(self.file, &format!("{layer}_dilated_conv"), shape)?;
        let near = self.convolution(input, &near, 1);
        let far = self.convolution(input, &far, 2);
        let both = self.joined(&[&near, &far]);
        let both = self.centred(&both, channels);
        let gains = Gains::read(self.file, layer, channels)?;
        Ok(self.active_normal(&both, &gains))
    }

    /// Windows over each channel, then a pointwise layer.
    pub(super) fn separable(
        &mut self,
        input: &Value,
        layer: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Value, ModelError> {
        let conv = format!("{layer}_conv");
        let windows =
            Weights::of_channels(self.file, &format!("{conv}_1/separable_conv2d/depthwise"), inputs, 5)?;
        let points = Weights::of_separable(self.file, &conv, [outputs, inputs, 1, 1])?.centred();
        let value = self.convolution(input, &windows, 1);
        let value = self.convolution(&value, &points, 1);
        let gains = Gains::read(self.file, layer, outputs)?;
        Ok(self.active_normal(&value, &gains))
    }

    /// Windows over each channel, then a wide pointwise layer and a narrow one, added to the input; then a pointwise
    /// layer that changes the number of channels.
    pub(super) fn inverted(
        &mut self,
        input: &Value,
        layer: &str,
        channels: usize,
        outputs: usize,
    ) -> Result<Value, ModelError> {
        let sum = self.inverted_sum(input, layer, channels)?;
        let adjust = Weights::read(self.file, &format!("{layer}_conv_adj"), [outputs, channels, 1, 1])?;
        Ok(self.convolution(&sum, &adjust, 1))
    }

    fn inverted_sum(&mut self, input: &Value, layer: &str, channels: usize) -> Result<Value, ModelError> {
        let windows =
            Weights::of_channels(self.file, &format!("{layer}_depthwise_conv_1/depthwise"), channels, 7)?;
        let wide = [4 * channels, channels, 1, 1];
        let narrow = [channels, 4 * channels, 1, 1];
        let gains = Gains::read(self.file, layer, channels)?;
        let expand = Weights::read(self.file, &format!("{layer}_conv_exp"), wide)?.with_gains(&gains);
        let reduce = Weights::read(self.file, &format!("{layer}_conv_red"), narrow)?;
        let value = self.convolution(input, &windows, 1);
        let value = self.centred(&value, channels);
        let value = self.normal(&value, channels);
        let value = self.convolution(&value, &expand, 1);
        let value = self.active(&value);
        let value = self.convolution(&value, &reduce, 1);
        Ok(self.graph.node("Add", &[input, &value], &[]))
    }

    /// The input as far as it matters: windows of three near and far weigh it.
    pub(super) fn attention(&mut self, input: &Value, channels: usize) -> Result<Value, ModelError> {
        let mut seen = Vec::new();
        for dilation in [1, 3, 6] {
            let layer = format!("attention_conv_d{dilation}");
            let weights = Weights::read(self.file, &layer, [16, channels, 3, 3])?;
            let value = self.convolution(input, &weights, dilation);
            seen.push(self.active(&value));
        }
        let seen = self.joined(&seen.iter().collect::<Vec<_>>());
        let weights = Weights::read(self.file, "attention_s", [channels, 48, 1, 1])?;
        let share = self.convolution(&seen, &weights, 1);
        let share = self.graph.node("Sigmoid", &[&share], &[]);
        Ok(self.graph.node("Mul", &[input, &share], &[]))
    }

    /// A map at the size of the picture. The file enlarges before the pointwise layers; after them it is the same, for
    /// a quarter of the pixels.
    pub(super) fn head(
        &mut self,
        input: &Value,
        layer: &str,
        last: &str,
        outputs: usize,
    ) -> Result<Value, ModelError> {
        let value = self.inverted(input, &format!("{layer}_ibc"), 52, 6)?;
        let first = Weights::read(self.file, &format!("{layer}_conv1"), [4, 6, 1, 1])?.centred();
        let gains = Gains::read(self.file, layer, 4)?;
        let second = Weights::read(self.file, &format!("{layer}_conv2"), [4, 4, 1, 1])?.with_gains(&gains);
        let last = Weights::read(self.file, last, [outputs, 4, 5, 5])?;
        let value = self.convolution(&value, &first, 1);
        let value = self.normal(&value, 4);
        let value = self.convolution(&value, &second, 1);
        let value = self.active(&value);
        let value = self.enlarged(&value);
        Ok(self.convolution(&value, &last, 1))
    }

    /// Half the size: the greatest of four pixels for the first half of the channels, the mean for the second.
    pub(super) fn halved(&mut self, input: &Value) -> Value {
        let settings = [Attribute::Number("axis", 1), Attribute::Number("num_outputs", 2)];
        let [first, second] = self.graph.node_of("Split", &[input], &settings);
        let greatest = self.greatest_of_four(&first);
        let mean = self.mean_of_four(&second);
        self.joined(&[&greatest, &mean])
    }

    pub(super) fn greatest_of_four(&mut self, input: &Value) -> Value {
        self.graph.node("MaxPool", &[input], &FOUR)
    }

    pub(super) fn mean_of_four(&mut self, input: &Value) -> Value {
        self.graph.node("AveragePool", &[input], &FOUR)
    }

    /// A smaller map, enlarged, before the channels of a larger one.
    pub(super) fn joined_above(&mut self, small: &Value, large: &Value) -> Value {
        let enlarged = self.enlarged(small);
        self.joined(&[&enlarged, large])
    }

    pub(super) fn joined(&mut self, maps: &[&Value]) -> Value {
        self.graph.node("Concat", maps, &[Attribute::Number("axis", 1)])
    }

    /// Each pixel four times.
    fn enlarged(&mut self, input: &Value) -> Value {
        let scales = self.graph.constant(&[4], &[1.0, 1.0, 2.0, 2.0]);
        let settings = [
            Attribute::Text("mode", "nearest"),
            Attribute::Text("nearest_mode", "floor"),
            Attribute::Text("coordinate_transformation_mode", "asymmetric"),
        ];
        self.graph.node("Resize", &[input, &Value::none(), &scales], &settings)
    }

    /// A convolution whose map is as large as its input. Of one input for each output, channels stay by themselves.
    fn convolution(&mut self, input: &Value, of: &Weights, dilation: usize) -> Value {
        let [outputs, inputs, side, _] = of.shape;
        let weights = self.graph.constant(&of.shape, &of.weights);
        let border = (dilation * (side / 2)) as i64;
        // The runtime does not look at the weights for the sides of the window.
        let sides = Attribute::Pair("kernel_shape", [side as i64; 2]);
        let mut settings = vec![sides, Attribute::Four("pads", [border; 4])];
        if dilation > 1 {
            settings.push(Attribute::Pair("dilations", [dilation as i64; 2]));
        }
        if of.offsets.is_empty() {
            settings.push(Attribute::Number("group", (outputs / inputs) as i64));
            return self.graph.node("Conv", &[input, &weights], &settings);
        }
        let offsets = self.graph.constant(&[outputs], &of.offsets);
        self.graph.node("Conv", &[input, &weights, &offsets], &settings)
    }

    /// The mean of all channels of a pixel, from each.
    fn centred(&mut self, input: &Value, channels: usize) -> Value {
        let mean = self.mean(input, channels);
        self.graph.node("Sub", &[input, &mean], &[])
    }

    /// Channels of mean zero, so that their variance is one.
    fn normal(&mut self, centred: &Value, channels: usize) -> Value {
        let squares = self.graph.node("Mul", &[centred, centred], &[]);
        let variance = self.mean(&squares, channels);
        let least = self.graph.constant(&[1], &[LEAST_VARIANCE]);
        let variance = self.graph.node("Add", &[&variance, &least], &[]);
        let deviation = self.graph.node("Sqrt", &[&variance], &[]);
        self.graph.node("Div", &[centred, &deviation], &[])
    }

    fn active_normal(&mut self, centred: &Value, gains: &Gains) -> Value {
        let shape = [1, gains.gains.len(), 1, 1];
        let value = self.normal(centred, gains.gains.len());
        let gain = self.graph.constant(&shape, &gains.gains);
        let offset = self.graph.constant(&shape, &gains.offsets);
        let value = self.graph.node("Mul", &[&value, &gain], &[]);
        let value = self.graph.node("Add", &[&value, &offset], &[]);
        self.active(&value)
    }

    /// Mean over channels: a pointwise layer, which the runtime does faster than a reduction.
    fn mean(&mut self, input: &Value, channels: usize) -> Value {
        let weights = self.graph.constant(&[1, channels, 1, 1], &vec![1.0 / channels as f32; channels]);
        self.graph.node("Conv", &[input, &weights], &[Attribute::Pair("kernel_shape", [1; 2])])
    }

    fn active(&mut self, input: &Value) -> Value {
        self.graph.node("Gelu", &[input], &[Attribute::Text("approximate", "tanh")])
    }
}

const FOUR: [Attribute; 2] = [Attribute::Pair("kernel_shape", [2, 2]), Attribute::Pair("strides", [2, 2])];
