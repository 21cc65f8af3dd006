//! Bytes of another type taken for the float32 numbers of an embedding, told by their patterns.
//!
//! An embedding of a network has numbers of similar size: of a million, one is a million times smaller than the
//! greatest. Bytes of other types spread over all exponents, or keep to a pattern that float32 never has by chance.

use std::fmt;

/// What numbers look like that are no embedding in float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Misreading {
    /// Numbers of eight bytes.
    Float64,
    /// Numbers of eight bytes, most significant byte first.
    Float64BigEndian,
    /// Numbers of four bytes, most significant byte first.
    Float32BigEndian,
    /// IEEE 754 numbers of two bytes.
    Float16,
    /// The upper halves of float32.
    Bfloat16,
    /// Whole numbers of four or eight bytes.
    Integers,
    /// Text, such as numbers with commas, or JSON.
    Text,
    /// Text of the base64 alphabet.
    Base64,
    /// Text in UTF-16.
    Utf16,
    /// Numbers of one byte, from 0 to 255.
    Bytes,
    /// A count before the numbers.
    Counted,
    /// None of these, but no embedding either: numbers that differ by too many orders of magnitude.
    Unknown,
}

impl fmt::Display for Misreading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float64 => "looks like float64 read as float32",
            Self::Float64BigEndian => "looks like big-endian float64 read as little-endian float32",
            Self::Float32BigEndian => "looks like big-endian float32 read as little-endian",
            Self::Float16 => "looks like float16 read as float32",
            Self::Bfloat16 => "looks like bfloat16 read as float32",
            Self::Integers => "looks like integers read as float32",
            Self::Text => "looks like text read as float32",
            Self::Base64 => "looks like base64 text read as float32; decode it first",
            Self::Utf16 => "looks like UTF-16 text read as float32",
            Self::Bytes => "looks like bytes that were not scaled back: whole numbers from 0 to 255",
            Self::Counted => "begins with the count of the numbers that follow; leave it out",
            Self::Unknown => {
                "looks like no embedding: its numbers differ by more orders of magnitude than a network's do"
            }
        })
    }
}

/// Fewest numbers that are judged: of fewer, anything may be meant.
const LEAST: usize = 16;

/// Fewest doubles that are told by their empty low words: a sparse embedding may have some zeros in a row.
const LEAST_EMPTY: usize = 32;

/// Lengths that embeddings have, scaled to one or not, with room.
const NORMS: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

/// A number is small if it is this much smaller than the greatest.
const SMALL: f32 = 1.0 / (1 << 30) as f32;

/// One in so many numbers may be small.
const SMALL_ONE_IN: usize = 20;

/// What an embedding looks like, if it looks like anything but float32 numbers. `norm` is its length, which need
/// not be finite; of a length of zero nothing is said.
pub(super) fn misreading(numbers: &[f32], norm: f64) -> Option<Misreading> {
    if numbers.len() < LEAST || norm == 0.0 {
        return None;
    }
    // Each of these ends at the first number or two of a float32 embedding.
    if let Some(text) = text(numbers) {
        return Some(text);
    }
    if has_empty_low_words(numbers) {
        return Some(Misreading::Float64);
    }
    if halves(numbers, is_usual_bfloat16) {
        return Some(Misreading::Bfloat16);
    }
    let finite = norm.is_finite();
    if finite && NORMS.contains(&norm) && !is_spread(numbers) {
        return None;
    }
    let named = if doubles(numbers, Order::Little) {
        Some(Misreading::Float64)
    } else if doubles(numbers, Order::Big) {
        Some(Misreading::Float64BigEndian)
    } else if numbers.iter().all(|x| is_usual(f64::from(f32::from_bits(x.to_bits().swap_bytes())))) {
        Some(Misreading::Float32BigEndian)
    } else if are_integers(numbers) {
        Some(Misreading::Integers)
    } else if halves(numbers, is_usual_float16) {
        Some(Misreading::Float16)
    } else {
        None
    };
    // A number that is not finite among usual ones has an error of its own.
    named.or(finite.then_some(Misreading::Unknown))
}

/// Whether many numbers are far smaller than the greatest.
fn is_spread(numbers: &[f32]) -> bool {
    let greatest = numbers.iter().fold(0.0_f32, |greatest, x| greatest.max(x.abs()));
    let limit = greatest * SMALL;
    let small = numbers.iter().filter(|x| **x != 0.0 && x.abs() < limit).count();
    small > numbers.len() / SMALL_ONE_IN
}

/// Text in ASCII, with a few other characters, or in UTF-16.
fn text(numbers: &[f32]) -> Option<Misreading> {
    let bytes = || numbers.iter().flat_map(|x| x.to_le_bytes());
    let is_text = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    // At the first few bytes most embeddings are told from text.
    let least = 4 * LEAST;
    let looks = |bytes: &mut dyn Iterator<Item = u8>, of: usize| {
        bytes.filter(|&byte| !is_text(byte)).take(of / 20 + 1).count() <= of / 20
    };
    if looks(&mut bytes().take(least), least) && looks(&mut bytes(), 4 * numbers.len()) {
        let of_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&b);
        return Some(if bytes().all(of_base64) { Misreading::Base64 } else { Misreading::Text });
    }
    let is_utf16 = |x: &f32| {
        let [a, b, c, d] = x.to_le_bytes();
        (b == 0 && d == 0 && is_text(a) && is_text(c)) || (a == 0 && c == 0 && is_text(b) && is_text(d))
    };
    // A byte order mark may be first.
    numbers.iter().skip(1).all(is_utf16).then_some(Misreading::Utf16)
}

/// Whether the numbers are doubles of few digits: the low words are zero, and the high ones differ and are those of
/// usual doubles.
fn has_empty_low_words(numbers: &[f32]) -> bool {
    let (pairs, rest) = numbers.as_chunks::<2>();
    let first = pairs.first().map(|pair| pair[1]);
    // As float32 these are 0.3 to 11 and have few digits, which all of an embedding's numbers never do.
    let high_of_double = |high: f32| {
        let double = f64::from_bits(u64::from(high.to_bits()) << 32);
        high.to_bits().trailing_zeros() >= 8 && (1e-6..1e6).contains(&double.abs())
    };
    rest.is_empty()
        && pairs.len() >= LEAST_EMPTY
        && pairs.iter().all(|[low, high]| low.to_bits() == 0 && high_of_double(*high))
        && pairs.iter().filter(|pair| Some(pair[1]) != first).count() > pairs.len() / 2
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// Whether pairs of numbers are doubles of an embedding, and their low words as float32 are of any size.
fn doubles(numbers: &[f32], order: Order) -> bool {
    let (pairs, rest) = numbers.as_chunks::<2>();
    let double = |[a, b]: &[f32; 2]| {
        let bits = u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32;
        match order {
            Order::Little => bits,
            Order::Big => bits.swap_bytes(),
        }
    };
    let of_any_size = |pair: &&[f32; 2]| {
        let low = f32::from_bits(double(pair) as u32);
        low != 0.0 && !(1e-6..1e6).contains(&low.abs())
    };
    rest.is_empty()
        && pairs.iter().all(|pair| is_usual(f64::from_bits(double(pair))))
        && pairs.iter().filter(of_any_size).count() >= pairs.len() / 4
}

/// Whether a number may be one of an embedding: zero, or neither tiny nor huge.
fn is_usual(number: f64) -> bool {
    number == 0.0 || (1e-15..1e9).contains(&number.abs())
}

/// Whether both halves of nearly all numbers are numbers of two bytes.
fn halves(numbers: &[f32], is_usual: fn(u16) -> bool) -> bool {
    let most = numbers.len() / 20;
    let unlike = numbers.iter().filter(|x| {
        let bits = x.to_bits();
        !is_usual(bits as u16) || !is_usual((bits >> 16) as u16)
    });
    unlike.take(most + 1).count() <= most
}

/// Exponents from 2^-20 to 2^10.
fn is_usual_bfloat16(bits: u16) -> bool {
    (107..=137).contains(&(bits >> 7 & 0xFF))
}

/// Zero, or a magnitude up to 2^4.
fn is_usual_float16(bits: u16) -> bool {
    (bits >> 10 & 0x1F) <= 18
}

/// Whether the words, or every second one beside its sign, are small whole numbers.
fn are_integers(numbers: &[f32]) -> bool {
    let small = |x: &f32| x.to_bits().cast_signed().unsigned_abs() < 1 << 20;
    let sign = |x: &f32| matches!(x.to_bits(), 0 | u32::MAX);
    let (pairs, rest) = numbers.as_chunks::<2>();
    numbers.iter().all(small) || (rest.is_empty() && pairs.iter().all(|[low, high]| small(low) && sign(high)))
}

/// Whether an embedding of so many numbers that it could vary has only one, but for one place.
pub(super) fn is_constant(numbers: &[f32]) -> bool {
    // With one exception at most, the one number is the first or the second.
    let is_common = |common: &f32| numbers.iter().filter(|x| *x != common).take(2).count() < 2;
    numbers.len() >= LEAST && numbers.iter().take(2).any(is_common)
}

/// What numbers look like that are float32, but not those of a network.
pub(super) fn unlike_network(numbers: &[f32]) -> Option<Misreading> {
    if numbers.len() < LEAST {
        return None;
    }
    if numbers.iter().all(|x| x.fract() == 0.0 && (0.0..=255.0).contains(x)) {
        return Some(Misreading::Bytes);
    }
    begins_with_count(numbers).then_some(Misreading::Counted)
}

/// Whether the first number or two are how many follow, in numbers or in bytes, as a whole number of either order
/// that as float32 is tiny or huge.
fn begins_with_count(numbers: &[f32]) -> bool {
    let word = |at: usize| numbers.get(at).map_or(0, |x| x.to_bits());
    let is_count = |word: u32, before: usize| {
        let follow = numbers.len() - before;
        let is_usual = is_usual(f64::from(f32::from_bits(word))) && word << 1 != 0;
        !is_usual
            && [word, word.swap_bytes()]
                .iter()
                .any(|&word| word as usize == follow || word as usize == 4 * follow)
    };
    let is_one = |word: u32| matches!(word, 1 | 0x0100_0000);
    let is_zero = |word: u32| word == 0;
    is_count(word(0), 1)
        || (is_count(word(0), 2) && (is_zero(word(1)) || is_one(word(1))))
        || (is_count(word(1), 2) && (is_zero(word(0)) || is_one(word(0))))
}
