//! The wire format of an ONNX file (Protocol Buffers). The parser allocates what a length declares, and follows graphs
//! within graphs as deep as they go: both are checked here, before it sees the bytes.

use crate::extraction::ModelError;

/// Most fields of a file. Those of a large network are ten thousand; tensors are one field each.
const MOST_FIELDS: usize = 1 << 20;

/// A message: its fields that are messages themselves.
struct Message(&'static [(u64, Field)]);

#[derive(Clone, Copy)]
enum Field {
    Message(&'static Message),
    Refused(&'static str),
}

const SHAPE: Message = Message(&[(1, Field::Message(&Message(&[])))]);
const TENSOR_TYPE: Message = Message(&[(2, Field::Message(&SHAPE))]);
const TYPE: Message =
    Message(&[(1, Field::Message(&TENSOR_TYPE)), (4, Field::Refused("a tensor, not a sequence"))]);
const VALUE: Message = Message(&[(2, Field::Message(&TYPE))]);
const ENTRY: Message = Message(&[]);
const TENSOR: Message = Message(&[(13, Field::Refused("a tensor within the file"))]);
const ATTRIBUTE: Message = Message(&[
    (5, Field::Message(&TENSOR)),
    (6, Field::Refused("an operator without a graph of its own")),
    (11, Field::Refused("an operator without graphs of its own")),
]);
const NODE: Message = Message(&[(5, Field::Message(&ATTRIBUTE))]);
const GRAPH: Message = Message(&[
    (1, Field::Message(&NODE)),
    (5, Field::Message(&TENSOR)),
    (11, Field::Message(&VALUE)),
    (12, Field::Message(&VALUE)),
    (13, Field::Message(&VALUE)),
]);
const MODEL: Message =
    Message(&[(7, Field::Message(&GRAPH)), (8, Field::Message(&ENTRY)), (14, Field::Message(&ENTRY))]);

/// Checks that every field ends within its message, that there are not too many, and that graphs hold no graphs.
pub(super) fn check(bytes: &[u8]) -> Result<(), ModelError> {
    let mut walk = Walk { bytes, at: 0, fields: 0 };
    walk.message(&MODEL, bytes.len())
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: usize,
}

impl Walk<'_> {
    /// As deep as the table of messages, whatever the bytes say.
    fn message(&mut self, message: &Message, end: usize) -> Result<(), ModelError> {
        while self.at < end {
            let start = self.at;
            let error = |expected| Err(ModelError::NotOnnx { offset: start, expected });
            self.fields += 1;
            if self.fields > MOST_FIELDS {
                return error("at most a million fields");
            }
            let key = self.varint(end)?;
            let length = match key & 7 {
                0 => self.varint(end).map(|_| 0)?,
                1 => 8,
                2 => self.varint(end)?,
                5 => 4,
                _ => return error("a field of a known type"),
            };
            let next = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
            let Some(next) = next.filter(|&next| next <= end) else {
                return error("a field that ends within its message");
            };
            let inner = message.0.iter().find(|(number, _)| *number == key >> 3);
            match inner.map(|(_, field)| *field) {
                Some(Field::Refused(expected)) => return error(expected),
                Some(Field::Message(_)) if key & 7 != 2 => return error("a message"),
                Some(Field::Message(inner)) => self.message(inner, next)?,
                None => self.at = next,
            }
        }
        Ok(())
    }

    fn varint(&mut self, end: usize) -> Result<u64, ModelError> {
        let offset = self.at;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some(&byte) = self.bytes.get(self.at).filter(|_| self.at < end) else { break };
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(ModelError::NotOnnx { offset, expected: "a number of at most ten bytes" })
    }
}
