//! Reads a network. Numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `BMNETW01` |
//! | 1 + n | length of the name, the name (ASCII) |
//! | 4 | f32: the unit of the output's numbers |
//! | 2 | greatest magnitude of the input's numbers |
//! | 2 | channels of the input |
//! | 2 | steps |
//!
//! A step is a byte 1 (convolution) or 2 (enlargement), the number of the map that it reads (u8) and that of the
//! map that is added (u8; 255 if none). A convolution goes on with side (1 or 3), stride (1 or 2), dilation (1 to 8)
//! and whether outputs are at least zero (0 or 1), a byte each; the greatest output (u16, at most 32,767) and the
//! number of outputs (u16, a multiple of 16); then for each output its scale and offset (f32), and its weights
//! (i16), by row, column and input.

use super::error::NetworkError;
use super::step::Step;
use super::{Map, Network};
use crate::kernels::convolution::{Layer, OUTPUTS, Scales};

const CONVOLVE: u16 = 1;
const ENLARGE: u16 = 2;
const NONE: u16 = 255;
/// Pixels of the picture per pixel of the input: the picture comes as its four quarter pixels.
const INPUT_REDUCTION: usize = 2;
const MOST_STEPS: u16 = 64;
const MOST_CHANNELS: u16 = 512;
const MOST_REDUCTION: usize = 32;

/// What is known of a map.
#[derive(Clone, Copy)]
struct Shape {
    channels: usize,
    reduction: usize,
    /// The greatest magnitude of its numbers.
    most: i64,
}

struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self, expected: &str) -> Result<[u8; N], NetworkError> {
        let bytes = self.all.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let bytes = *bytes.ok_or_else(|| self.error(expected))?;
        self.at += N;
        Ok(bytes)
    }

    fn error(&self, expected: &str) -> NetworkError {
        NetworkError { offset: self.at, expected: expected.to_owned() }
    }

    /// A number that passes a check.
    fn number<const N: usize>(
        &mut self,
        expected: &str,
        value: impl Fn([u8; N]) -> u16,
        is_good: impl Fn(u16) -> bool,
    ) -> Result<u16, NetworkError> {
        let at = self.at;
        let found = value(self.take(expected)?);
        is_good(found)
            .then_some(found)
            .ok_or_else(|| NetworkError { offset: at, expected: expected.to_owned() })
    }

    fn byte(&mut self, expected: &str, is_good: impl Fn(u16) -> bool) -> Result<usize, NetworkError> {
        self.number(expected, |[byte]| byte.into(), is_good).map(usize::from)
    }

    fn short(&mut self, expected: &str, is_good: impl Fn(u16) -> bool) -> Result<u16, NetworkError> {
        self.number(expected, u16::from_le_bytes, is_good)
    }

    /// A finite number.
    fn float(&mut self) -> Result<f32, NetworkError> {
        const EXPECTED: &str = "a finite number";
        let at = self.at;
        let found = f32::from_le_bytes(self.take(EXPECTED)?);
        let error = || NetworkError { offset: at, expected: EXPECTED.to_owned() };
        found.is_finite().then_some(found).ok_or_else(error)
    }
}

impl Network {
    /// How its files begin.
    pub(in crate::extraction) const MAGIC: &'static [u8; 8] = b"BMNETW01";

    /// Reads it, and proves that no sum of it overflows and that each step has what it reads.
    pub(in crate::extraction) fn read(all: &[u8]) -> Result<Self, NetworkError> {
        let mut bytes = Bytes { all, at: 0 };
        if bytes.take("a network of biomatch, which begins with BMNETW01")? != *Self::MAGIC {
            return Err(Bytes { all, at: 0 }.error("a network of biomatch, which begins with BMNETW01"));
        }
        let length = bytes.byte("a name of 1 to 64 characters", |length| (1..=64).contains(&length))?;
        let mut name = String::new();
        for _ in 0..length {
            let is_printable = |byte| (0x21..0x7f).contains(&byte);
            name.push(char::from(bytes.byte("a printable character", is_printable)? as u8));
        }
        let unit = bytes.float()?;
        let most = bytes.short("a greatest magnitude", |most| most > 0 && most <= i16::MAX as u16)?;
        let channels = bytes.short("four channels", |channels| channels == 4)?;
        let steps = bytes.short("1 to 64 steps", |steps| (1..=MOST_STEPS).contains(&steps))?;
        let mut shapes =
            vec![Shape { channels: channels.into(), reduction: INPUT_REDUCTION, most: most.into() }];
        let mut network = Self {
            name,
            steps: Vec::new(),
            last_reads: Vec::new(),
            greatest: most as i16,
            multiple: INPUT_REDUCTION,
            reduction: 0,
            unit,
        };
        for _ in 0..steps {
            let (step, shape) = step(&mut bytes, &shapes)?;
            network.multiple = network.multiple.max(shape.reduction);
            network.reduction = shape.reduction;
            network.steps.push(step);
            shapes.push(shape);
        }
        if bytes.at != all.len() {
            return Err(bytes.error("the end of the network"));
        }
        if shapes.last().is_none_or(|shape| shape.channels < OUTPUTS) {
            return Err(bytes.error("sixteen outputs at least"));
        }
        network.last_reads = vec![0; shapes.len()];
        for (at, step) in network.steps.iter().enumerate() {
            for map in step.reads() {
                network.last_reads[map] = at;
            }
        }
        Ok(network)
    }
}

fn step(bytes: &mut Bytes<'_>, shapes: &[Shape]) -> Result<(Step, Shape), NetworkError> {
    let is_there = |map: u16| usize::from(map) < shapes.len();
    let kind = bytes.byte("step 1 or 2", |kind| kind == CONVOLVE || kind == ENLARGE)?;
    let from = bytes.byte("a map that was made before", is_there)?;
    let at = bytes.at;
    let added = bytes.byte("a map that was made before, or 255", |map| map == NONE || is_there(map))?;
    let added = (added != usize::from(NONE)).then_some(added);
    let source = shapes[from];
    let (step, shape) = if kind == usize::from(CONVOLVE) {
        let (layer, shape) = convolution(bytes, source)?;
        (Step::Convolve { from, added, layer }, shape)
    } else {
        let bytes = Bytes { all: bytes.all, at };
        let reduction = source.reduction / 2;
        if reduction == 0 {
            return Err(bytes.error("a map that can be enlarged"));
        }
        let most = source.most + added.map_or(0, |added| shapes[added].most);
        if most > i16::MAX.into() {
            return Err(bytes.error("a map whose sum with the enlarged one fits 16 bits"));
        }
        (Step::Enlarge { from, added }, Shape { reduction, most, ..source })
    };
    if let Some(added) = added
        && (shapes[added].channels, shapes[added].reduction) != (shape.channels, shape.reduction)
    {
        return Err(Bytes { all: bytes.all, at }.error("a map of the same size and channels"));
    }
    Ok((step, shape))
}

fn convolution(bytes: &mut Bytes<'_>, source: Shape) -> Result<(Layer, Shape), NetworkError> {
    let side = bytes.byte("side 1 or 3", |side| side == 1 || side == 3)?;
    let stride = bytes.byte("stride 1 or 2", |stride| (1..=2).contains(&stride))?;
    let dilation = bytes.byte("dilation 1 to 8", |by| (1..=Map::BORDER as u16).contains(&by))?;
    let least = bytes.byte("0 or 1", |least| least <= 1)?;
    let most = bytes.short("a greatest output", |most| most > 0 && most <= i16::MAX as u16)?;
    let is_whole =
        |outputs: u16| outputs > 0 && outputs <= MOST_CHANNELS && outputs.is_multiple_of(OUTPUTS as u16);
    let outputs = usize::from(bytes.short("outputs by sixteen, at most 512", is_whole)?);
    let reduction = source.reduction * stride;
    if reduction > MOST_REDUCTION {
        return Err(bytes.error("maps of at least a 32nd of the picture's side"));
    }
    let inputs = source.channels;
    let (pairs, places) = (inputs / 2, side * side);
    let of_block = places * pairs;
    // As many as the rest can hold, whatever the numbers say.
    let size = outputs * (8 + 2 * places * inputs);
    if bytes.all.len() - bytes.at < size {
        return Err(bytes.error("scale, offset and weights of every output"));
    }
    let mut weights = vec![[[0; 2]; OUTPUTS]; outputs / OUTPUTS * of_block];
    let mut scales = vec![Scales { scale: [0.0; OUTPUTS], offset: [0.0; OUTPUTS] }; outputs / OUTPUTS];
    for output in 0..outputs {
        let (block, lane) = (output / OUTPUTS, output % OUTPUTS);
        scales[block].scale[lane] = bytes.float()?;
        scales[block].offset[lane] = bytes.float()?;
        let at = bytes.at;
        let mut sum = 0_i64;
        for weights in &mut weights[block * of_block..][..of_block] {
            for weight in &mut weights[lane] {
                *weight = i16::from_le_bytes(bytes.take("a weight")?);
                sum += i64::from(weight.unsigned_abs());
            }
        }
        if sum * source.most > i32::MAX.into() {
            return Err(Bytes { all: bytes.all, at }.error("weights whose sums fit 32 bits"));
        }
    }
    // What is not cut at zero is as great below as above.
    let most = most as i16;
    let least = if least == 1 { 0 } else { -most };
    let layer = Layer { columns: side, stride, dilation, pairs, weights, scales, least, most };
    Ok((layer, Shape { channels: outputs, reduction, most: most.into() }))
}
