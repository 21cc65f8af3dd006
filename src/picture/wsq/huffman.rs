//! Huffman codes as JPEG has them, and the bits of a block.

/// Bits of the codes that one look into a table finds.
const GLANCE: u32 = 10;
/// Bits of the longest code.
const LONGEST: u32 = 16;

/// A table of codes. Codes of one length follow each other, shorter ones come first.
#[derive(Clone)]
pub(super) struct Codes {
    /// For each beginning of [`GLANCE`] bits the length and the symbol of its code; length 0 for a longer one.
    glances: Vec<(u8, u8)>,
    /// For each length the first code that is longer, as [`LONGEST`] bits, and what to add for the symbol's place.
    ends: [(u32, i32); LONGEST as usize],
    symbols: Vec<u8>,
}

impl Codes {
    /// From the number of codes of each length from 1 and their symbols; `None` if there are more codes than bits
    /// can tell, or not a symbol for each.
    pub(super) fn new(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        let mut glances = vec![(0, 0); 1 << GLANCE];
        let mut ends = [(0, 0); LONGEST as usize];
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, (&count, end)) in (1..).zip(counts.iter().zip(&mut ends)) {
            let first = code;
            for &symbol in symbols.get(place..place + usize::from(count))? {
                if code >= 1 << length {
                    return None;
                }
                if length <= GLANCE {
                    let width = 1 << (GLANCE - length);
                    let start = (code as usize) * width;
                    glances[start..start + width].fill((length as u8, symbol));
                }
                code += 1;
            }
            *end = (code << (LONGEST - length), place as i32 - first as i32);
            place += usize::from(count);
            code <<= 1;
        }
        (place == symbols.len()).then(|| Self { glances, ends, symbols: symbols.to_vec() })
    }

    /// The length and the symbol of the code that 16 bits begin with.
    #[inline]
    fn find(&self, bits: u32) -> Option<(u32, u8)> {
        let (length, symbol) = self.glances[(bits >> (LONGEST - GLANCE)) as usize];
        if length != 0 {
            return Some((length.into(), symbol));
        }
        let longer = (GLANCE + 1..=LONGEST).zip(&self.ends[GLANCE as usize..]);
        let mut found = longer.filter(|(_, (end, _))| bits < *end);
        let (length, (_, shift)) = found.next()?;
        let place = (bits >> (LONGEST - length)) as i32 + shift;
        Some((length, *self.symbols.get(usize::try_from(place).ok()?)?))
    }
}

/// The end of a block's bits, where a code was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The block ends here.
    End,
    /// Bits that are no code.
    NoCode,
    /// The block ends inside a number.
    Cut,
}

/// The bits of a block, up to the next marker: FF with another byte than 0 behind it.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    buffer: u64,
    /// Bits in the buffer; past the end of the block it is filled up with ones.
    held: u32,
    /// How many of them are of the block.
    real: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, held: 0, real: 0 }
    }

    /// Where the next byte is: the marker, once all bits are taken.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Whether fewer bits than a byte are left: they fill up the last one.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.refill();
        self.real < 8
    }

    fn refill(&mut self) {
        while self.held <= 56 {
            let byte = match self.bytes.get(self.at..) {
                Some([0xFF, 0, ..]) => {
                    self.at += 2;
                    Some(0xFF)
                }
                Some([0xFF, ..]) | Some([]) | None => None,
                Some([byte, ..]) => {
                    self.at += 1;
                    Some(*byte)
                }
            };
            self.buffer = self.buffer << 8 | u64::from(byte.unwrap_or(0xFF));
            self.held += 8;
            self.real += if byte.is_some() { 8 } else { 0 };
        }
    }

    /// The next bits, without taking them; at most 16.
    #[inline]
    fn peek(&mut self, count: u32) -> u32 {
        if self.held < LONGEST {
            self.refill();
        }
        (self.buffer >> (self.held - count)) as u32 & ((1 << count) - 1)
    }

    #[inline]
    fn drop(&mut self, count: u32) {
        self.held -= count;
        self.real -= count;
    }

    /// The symbol of the next code.
    #[inline]
    pub(super) fn symbol(&mut self, codes: &Codes) -> Result<u8, Stop> {
        let bits = self.peek(LONGEST);
        match codes.find(bits) {
            Some((length, symbol)) if length <= self.real => {
                self.drop(length);
                Ok(symbol)
            }
            None if self.real >= LONGEST => Err(Stop::NoCode),
            _ => Err(Stop::End),
        }
    }

    /// A number of 8 or 16 bits.
    pub(super) fn number(&mut self, count: u32) -> Result<u32, Stop> {
        let bits = self.peek(count);
        if count > self.real {
            return Err(Stop::Cut);
        }
        self.drop(count);
        Ok(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One code of 1 bit, two of 3 bits, one of 12.
    fn codes() -> Codes {
        let mut counts = [0; 16];
        (counts[0], counts[2], counts[11]) = (1, 2, 1);
        Codes::new(&counts, &[7, 8, 9, 10]).unwrap()
    }

    #[test]
    fn codes_are_those_of_jpeg() {
        let codes = codes();
        // 0 is 7, 100 is 8, 101 is 9, 110000000000 is 10.
        let mut bits = Bits::new(&[0b0100_1011, 0b1000_0000, 0b0000_1111, 0xFF, 0xA1], 0);
        let mut next = || bits.symbol(&codes);
        assert_eq!([next(), next(), next(), next()], [Ok(7), Ok(8), Ok(9), Ok(10)]);
        // Ones fill the last byte.
        assert_eq!([next(), next()], [Ok(7), Err(Stop::End)]);
        assert_eq!(Bits::new(&[0b1110_0000, 0, 0, 0xFF, 0xA1], 0).symbol(&codes), Err(Stop::NoCode));
        let mut bits = Bits::new(&[0b1100_0000, 0b0000_1111, 0xFF, 0xA1], 0);
        assert_eq!((bits.symbol(&codes), bits.symbol(&codes)), (Ok(10), Err(Stop::End)));
        assert_eq!(bits.offset(), 2);
    }

    #[test]
    fn stuffed_bytes_are_bits_and_markers_are_not() {
        let mut bits = Bits::new(&[0xFF, 0, 0x12, 0xFF, 0xFF, 0xA1], 0);
        assert_eq!(bits.number(16), Ok(0xFF12));
        assert_eq!(bits.number(8), Err(Stop::Cut));
        assert_eq!(bits.offset(), 3);
    }

    #[test]
    fn tables_that_cannot_be_are_none() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Codes::new(&counts, &[1, 2, 3]).is_none(), "three codes of one bit");
        assert!(Codes::new(&[255; 16], &[0; 4080]).is_none());
        counts[0] = 1;
        assert!(Codes::new(&counts, &[]).is_none() && Codes::new(&counts, &[1, 2]).is_none());
        assert!(Codes::new(&[0; 16], &[]).is_some(), "an empty table has no codes");
    }
}
