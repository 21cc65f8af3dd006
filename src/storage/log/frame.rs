//! Frames: a record in a log, with its offset and its checksums.

use super::batch::LogId;
use crate::storage::codec::{Fields, are_zeros};

const FRAME: usize = 32;
/// The kind of the record that ends a batch.
pub(super) const COMMIT: u32 = 0xffff_fffe;

/// Adds the frame of a record at an offset of a log.
pub(super) fn push_frame(
    out: &mut Vec<u8>,
    (id, offset): (LogId, u64),
    (kind, generation): (u32, u64),
    body: &[u8],
) {
    let start = out.len();
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&generation.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    let crc = frame_crc(id, out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(body);
    out.resize(out.len().next_multiple_of(8), 0);
}

/// The checksum of a frame's first 28 bytes.
fn frame_crc(id: LogId, frame: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&id.gallery);
    crc.update(&id.number.to_le_bytes());
    crc.update(frame);
    crc.finalize()
}

/// What the bytes at an offset of a log are.
pub(crate) enum Parsed<'a> {
    Frame {
        kind: u32,
        generation: u64,
        body: &'a [u8],
        size: usize,
    },
    /// The bytes end inside the frame.
    Short,
    /// Not a frame; what was found instead.
    Bad(&'static str),
}

/// The frame at an offset of a log, from the bytes there.
pub(crate) fn parse_frame(id: LogId, bytes: &[u8], offset: u64) -> Parsed<'_> {
    let mut fields = Fields::new(bytes);
    let Some(frame) = fields.bytes(FRAME) else { return Parsed::Short };
    let Some((checked, crc)) = frame.split_at_checked(FRAME - 4) else { return Parsed::Short };
    if crc != frame_crc(id, checked).to_le_bytes() {
        return Parsed::Bad("a frame with another checksum");
    }
    let mut frame = Fields::new(checked);
    let mut read = || Some((frame.u32()?, frame.u32()?, frame.u64()?, frame.u64()?, frame.u32()?));
    let Some((length, kind, generation, own_offset, body_crc)) = read() else { return Parsed::Short };
    if own_offset != offset {
        return Parsed::Bad("a frame of another place");
    }
    let Some(body) = fields.bytes(length as usize) else { return Parsed::Short };
    let Some(padding) = fields.bytes(body.len().next_multiple_of(8) - body.len()) else {
        return Parsed::Short;
    };
    if crc32fast::hash(body) != body_crc {
        return Parsed::Bad("a record with another checksum");
    }
    if !are_zeros(padding) {
        return Parsed::Bad("padding that is not zero");
    }
    Parsed::Frame { kind, generation, body, size: FRAME + body.len() + padding.len() }
}
