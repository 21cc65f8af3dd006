//! A small encoder of WSQ for tests: plain loops in double precision, written from the format and not from the
//! decoder. Every Huffman code has 8 bits, so that a code is a byte.

/// Right halves of the analysis filters, lowpass and highpass (Cohen, Daubechies and Feauveau 9/7).
const LOW: [f64; 5] =
    [0.852698679009403, 0.377402855612831, -0.110624404418437, -0.023849465019557, 0.037828455506995];
const HIGH: [f64; 4] = [0.788485616405664, -0.418092273222212, -0.040689417609559, 0.064538882628938];

/// What a test may want to be different.
#[derive(Clone)]
pub struct Encoder {
    pub step: u16,
    pub comment: Vec<u8>,
    /// Blocks that are written, of three.
    pub blocks: usize,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { step: 1, comment: b"NIST_COM 3\nPIX_WIDTH 7\nPPI 500\nLOSSY 1\n".to_vec(), blocks: 3 }
    }
}

const SHIFT: u16 = 128;
const CENTRE: f64 = 0.44;

/// A rectangle: start, length, and whether it stands in second place, for each direction.
#[derive(Clone, Copy)]
struct Node {
    x: (usize, usize, bool),
    y: (usize, usize, bool),
}

/// Lengths of the half in first and in second place.
fn split_length(length: usize, is_second: bool) -> (usize, usize) {
    if is_second { (length / 2, length - length / 2) } else { (length - length / 2, length / 2) }
}

fn mirror(place: isize, length: usize) -> usize {
    let last = length as isize - 1;
    let mut place = place;
    while last > 0 && !(0..=last).contains(&place) {
        place = if place < 0 { -place } else { 2 * last - place };
    }
    if last == 0 { 0 } else { place as usize }
}

/// Low and high coefficients of a signal.
fn analyse(signal: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let sum = |place: usize, half: &[f64]| -> f64 {
        let reach = half.len() as isize - 1;
        let term = |k: isize| half[k.unsigned_abs()] * signal[mirror(place as isize + k, signal.len())];
        (-reach..=reach).map(term).sum()
    };
    let low = (0..signal.len()).step_by(2).map(|place| sum(place, &LOW)).collect();
    let high = (1..signal.len()).step_by(2).map(|place| sum(place, &HIGH)).collect();
    (low, high)
}

struct Image {
    width: usize,
    values: Vec<f64>,
}

impl Image {
    /// Takes a node apart, rows first, and returns its quarters.
    fn split(&mut self, node: Node) -> [Node; 4] {
        let line = |values: &mut [f64], places: &[usize], is_second: bool| {
            let signal: Vec<f64> = places.iter().map(|&place| values[place]).collect();
            let (low, high) = analyse(&signal);
            let halves = if is_second { [high, low] } else { [low, high] };
            for (place, value) in places.iter().zip(halves.concat()) {
                values[*place] = value;
            }
        };
        let (x, y) = (node.x, node.y);
        for row in y.0..y.0 + y.1 {
            let places: Vec<usize> = (x.0..x.0 + x.1).map(|column| row * self.width + column).collect();
            line(&mut self.values, &places, x.2);
        }
        for column in x.0..x.0 + x.1 {
            let places: Vec<usize> = (y.0..y.0 + y.1).map(|row| row * self.width + column).collect();
            line(&mut self.values, &places, y.2);
        }
        let halves = |(start, length, is_second)| {
            let (first, second) = split_length(length, is_second);
            [(start, first, false), (start + first, second, true)]
        };
        let ([left, right], [top, bottom]) = (halves(x), halves(y));
        [
            Node { x: left, y: top },
            Node { x: right, y: top },
            Node { x: left, y: bottom },
            Node { x: right, y: bottom },
        ]
    }

    fn split_twice(&mut self, node: Node) -> Vec<Node> {
        self.split(node).into_iter().flat_map(|quarter| self.split(quarter)).collect()
    }

    /// The 64 subbands in the order of the stream.
    fn take_apart(&mut self) -> Vec<Node> {
        let height = self.values.len() / self.width;
        let [low, right, below, corner] =
            self.split(Node { x: (0, self.width, false), y: (0, height, false) });
        let [low2, right2, below2, corner2] = self.split(low);
        let mut sixteenths = self.split_twice(low2);
        let mut bands = self.split(sixteenths.remove(0)).to_vec();
        bands.extend(sixteenths);
        bands.extend(self.split_twice(right2));
        bands.extend(self.split_twice(below2));
        bands.push(corner2);
        for quarter in [right, below, corner] {
            bands.extend(self.split(quarter));
        }
        bands
    }

    fn numbers(&self, node: Node, step: f64) -> Vec<i32> {
        let zero = step * 1.2;
        let places = (node.y.0..node.y.0 + node.y.1)
            .flat_map(|row| (node.x.0..node.x.0 + node.x.1).map(move |column| row * self.width + column));
        let number = |value: f64| {
            if value > zero / 2.0 {
                ((value - zero / 2.0) / step).floor() as i32 + 1
            } else if value < -zero / 2.0 {
                ((value + zero / 2.0) / step).ceil() as i32 - 1
            } else {
                0
            }
        };
        places.map(|place| number(self.values[place])).collect()
    }
}

pub fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xFF, marker], &(body.len() as u16 + 2).to_be_bytes()[..], body].concat()
}

/// A sign, a power of ten and a whole number for each of the right halves.
pub fn filters() -> Vec<u8> {
    let mut body = vec![9, 7];
    for value in LOW.iter().chain(&HIGH) {
        body.extend([u8::from(*value < 0.0), 9]);
        body.extend(((value.abs() * 1e9).round() as u32).to_be_bytes());
    }
    segment(0xA4, &body)
}

pub fn quantisation(step: u16) -> Vec<u8> {
    let mut body = vec![2];
    body.extend(((CENTRE * 100.0) as u16).to_be_bytes());
    for band in 0..64 {
        let step = if band < 60 { step } else { 0 };
        body.push(0);
        body.extend(step.to_be_bytes());
        body.push(1);
        body.extend((step * 12).to_be_bytes());
    }
    segment(0xA5, &body)
}

/// The symbols 1 to 254 with 8 bits each, in their order.
pub fn codes(number: u8) -> Vec<u8> {
    let mut body = vec![number, 0, 0, 0, 0, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0, 0];
    body.extend(1..=254_u8);
    segment(0xA6, &body)
}

pub fn frame(width: u16, height: u16) -> Vec<u8> {
    let mut body = vec![0, 255];
    body.extend(height.to_be_bytes());
    body.extend(width.to_be_bytes());
    body.push(0);
    body.extend(SHIFT.to_be_bytes());
    body.push(0);
    body.extend(1_u16.to_be_bytes());
    body.extend([0, 0, 0]);
    segment(0xA2, &body)
}

/// A block of numbers: runs of zeros, and numbers of one, two or three bytes. Codes are the symbols less one.
pub fn block(table: u8, numbers: &[i32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < numbers.len() {
        let zeros = numbers[at..].iter().take_while(|number| **number == 0).take(65_535).count();
        at += zeros.max(1);
        let wide = |symbol: u8, value: u32| {
            let [_, _, high, low] = value.to_be_bytes();
            if value <= 255 { vec![symbol - 1, low] } else { vec![symbol + 1, high, low] }
        };
        bytes.extend(match (zeros, numbers[at - 1]) {
            (1..=100, _) => vec![zeros as u8 - 1],
            (101.., _) if zeros <= 255 => vec![105 - 1, zeros as u8],
            (101.., _) => vec![106 - 1, (zeros >> 8) as u8, zeros as u8],
            (0, number @ -73..=74) => vec![(number + 180 - 1) as u8],
            (0, number @ 0..) => wide(101, number.unsigned_abs()),
            (0, number) => wide(102, number.unsigned_abs()),
        });
    }
    let stuffed = bytes.iter().flat_map(|&byte| if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] });
    [segment(0xA3, &[table]), stuffed.collect()].concat()
}

impl Encoder {
    pub fn encode(&self, width: u16, height: u16, pixels: &[u8]) -> Vec<u8> {
        let values = pixels.iter().map(|&pixel| f64::from(pixel) - f64::from(SHIFT)).collect();
        let mut image = Image { width: width.into(), values };
        let bands = image.take_apart();
        let step = f64::from(self.step);
        let mut stream = vec![0xFF, 0xA0];
        stream.extend(segment(0xA8, &self.comment));
        stream.extend(filters());
        stream.extend(quantisation(self.step));
        stream.extend(frame(width, height));
        for (number, range) in [0..19, 19..52, 52..60].into_iter().enumerate().take(self.blocks) {
            // The third block uses the second one's table, as the reference encoder does.
            let table = number.min(1) as u8;
            if number < 2 {
                stream.extend(codes(table));
            }
            let numbers: Vec<i32> = bands[range].iter().flat_map(|band| image.numbers(*band, step)).collect();
            stream.extend(block(table, &numbers));
        }
        stream.extend([0xFF, 0xA1]);
        stream
    }
}

/// Ridges that bend, dark on light.
pub fn ridges(width: u16, height: u16) -> Vec<u8> {
    let pixel = |x: u16, y: u16| {
        let (x, y) = (f64::from(x), f64::from(y));
        let phase = (x * 0.6 + 8.0 * (y / 25.0).sin()) + 0.004 * x * y;
        (150.0 + 85.0 * phase.sin() + 15.0 * (y / 9.0).cos()) as u8
    };
    (0..height).flat_map(|y| (0..width).map(move |x| pixel(x, y))).collect()
}
