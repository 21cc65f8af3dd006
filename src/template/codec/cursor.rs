//! Reading forward through bytes, every step checked.

use crate::template::RecordError;

/// A place in the input. Numbers are big-endian, as all dialects have them.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// Over bytes that begin at an offset of the input.
    pub(crate) fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, offset }
    }

    /// Bytes from the input's start.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Bytes that are left.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The bytes that are left, without moving.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], RecordError> {
        let Some((head, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.truncated(count, field));
        };
        self.rest = rest;
        self.offset += count;
        Ok(head)
    }

    /// A cursor over the next `count` bytes, with offsets of the whole input.
    pub(crate) fn part(&mut self, count: usize, field: &'static str) -> Result<Self, RecordError> {
        let offset = self.offset;
        Ok(Self { rest: self.take(count, field)?, offset })
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, RecordError> {
        Ok(u8::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, RecordError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, RecordError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], RecordError> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.truncated(N, field));
        };
        self.rest = rest;
        self.offset += N;
        Ok(*head)
    }

    fn truncated(&self, expected: usize, field: &'static str) -> RecordError {
        RecordError::Truncated { offset: self.offset, field, expected, found: self.rest.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_big_endian_and_checked() {
        let mut cursor = Cursor::new(&[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(cursor.u8("a"), Ok(1));
        assert_eq!(cursor.u16("b"), Ok(0x0203));
        let mut part = cursor.part(2, "c").unwrap();
        assert_eq!((part.offset(), part.remaining()), (3, 2));
        assert_eq!(part.u16("d"), Ok(0x0405));
        assert_eq!(
            cursor.u32("e"),
            Err(RecordError::Truncated { offset: 5, field: "e", expected: 4, found: 3 })
        );
        assert_eq!(cursor.rest(), [6, 7, 8], "a failed step does not move");
        assert!(cursor.take(usize::MAX, "f").is_err());
    }
}
