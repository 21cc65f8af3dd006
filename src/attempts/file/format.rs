//! The bytes of a file of attempts: header, slot and frames (`docs/attempts.md`).

use std::path::Path;

use crate::attempts::standing::{Moment, Standing};
use crate::storage::{COUNTERS, Damage, Fields, are_zeros};
use crate::subject::SubjectId;

const MAGIC: [u8; 16] = *b"biomatch-a\0\x1a\n\xa9\r\n";
const VERSION: u32 = 1;
/// Bytes of the header that its checksum covers, with the checksum.
const COVERED: usize = 128;
/// Where the slot is, behind the header.
pub(super) const SLOT_AT: u64 = COVERED as u64;
const SLOT: usize = 16;
/// Bytes before the first frame: a sector of a disk, so that no sector holds a slot and a frame.
pub(super) const FIRST_FRAME: u64 = 512;
/// Bytes of a frame: no frame lies in two sectors.
pub(super) const FRAME: usize = 64;

/// A subject as the file knows it: the keyed digest of its key.
pub(super) type Digest = [u8; 16];

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Sixteen random bytes, the same in every file that continues this one.
    pub(super) id: [u8; 16],
    /// The gallery whose attempts are counted; zeros of none in particular.
    pub(super) gallery: [u8; 16],
    /// The key of the digests.
    pub(super) key: [u8; 32],
    /// How often the file was rewritten.
    pub(super) rewrites: u64,
    /// The number of the first frame.
    pub(super) first: u64,
}

/// Where a subject stands from a frame on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) digest: Digest,
    /// One more than that of the frame before.
    pub(super) number: u64,
    /// The number of the frame that counted the oldest of the failures.
    pub(super) since: u64,
    pub(super) standing: Standing,
}

impl Header {
    /// The subject as the file knows it.
    pub(super) fn digest(&self, subject: SubjectId) -> Digest {
        let digest = blake3::keyed_hash(&self.key, subject.as_bytes());
        digest.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// The header, and the slot behind it that covers the frames up to one.
    pub(super) fn encode(&self, covered: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIRST_FRAME as usize);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(FIRST_FRAME as u32).to_le_bytes());
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&self.gallery);
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&self.rewrites.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.resize(COVERED - 4, 0);
        out.extend_from_slice(&crc32fast::hash(&out).to_le_bytes());
        out.extend_from_slice(&self.encode_slot(covered));
        out.resize(FIRST_FRAME as usize, 0);
        out
    }

    /// The slot that covers the frames up to one.
    pub(super) fn encode_slot(&self, covered: u64) -> [u8; SLOT] {
        let mut slot = [0; SLOT];
        let bytes = covered.to_le_bytes().into_iter().chain([0; 4]);
        let crc = self.checksum(&covered.to_le_bytes()).to_le_bytes();
        slot.iter_mut().zip(bytes.chain(crc)).for_each(|(place, byte)| *place = byte);
        slot
    }

    /// A frame of this file.
    pub(super) fn encode_frame(&self, frame: &Frame) -> [u8; FRAME] {
        let mut out = Vec::with_capacity(FRAME);
        out.extend_from_slice(&frame.digest);
        out.extend_from_slice(&frame.number.to_le_bytes());
        out.extend_from_slice(&frame.since.to_le_bytes());
        out.extend_from_slice(&frame.standing.last.unix_millis().to_le_bytes());
        out.extend_from_slice(&frame.standing.failures.to_le_bytes());
        out.resize(FRAME - 4, 0);
        out.extend_from_slice(&self.checksum(&out).to_le_bytes());
        out.first_chunk().copied().unwrap_or([0; FRAME])
    }

    /// The frame with a number; what was expected instead if the bytes are none.
    pub(super) fn decode_frame(&self, number: u64, bytes: &[u8]) -> Result<Frame, &'static str> {
        const WHOLE: &str = "a frame of 64 bytes";
        let (body, crc) = bytes.split_at_checked(FRAME - 4).ok_or(WHOLE)?;
        if crc != self.checksum(body).to_le_bytes() {
            return Err("a frame that fits its checksum");
        }
        let mut fields = Fields::new(body);
        let mut read = || {
            let (digest, own, since) = (fields.array()?, fields.u64()?, fields.u64()?);
            let last = Moment::from_unix_millis(fields.u64()?);
            let standing = Standing { failures: fields.u32()?, last };
            Some((Frame { digest, number: own, since, standing }, are_zeros(fields.rest())))
        };
        let (frame, zeros) = read().ok_or(WHOLE)?;
        if frame.number != number || frame.since > number || !zeros {
            return Err("the frame of this place");
        }
        Ok(frame)
    }

    fn checksum(&self, bytes: &[u8]) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.id);
        crc.update(&self.rewrites.to_le_bytes());
        crc.update(bytes);
        crc.finalize()
    }

    /// Checks the bytes before the first frame; gives the header and the number up to which frames are covered.
    pub(super) fn decode(file: &Path, bytes: &[u8]) -> Result<(Self, u64), Damage> {
        let damage =
            |offset: usize, expected: &str| Damage::new(file, offset as u64, expected, "something else");
        let short = || Damage::new(file, bytes.len() as u64, "a header of 512 bytes", bytes.len());
        let start = bytes.get(..FIRST_FRAME as usize).ok_or_else(short)?;
        let (covered, rest) = start.split_at_checked(COVERED).ok_or_else(short)?;
        let (body, crc) = covered.split_at_checked(COVERED - 4).ok_or_else(short)?;
        if !body.starts_with(&MAGIC) {
            return Err(damage(0, "a file of attempts"));
        }
        if crc != crc32fast::hash(body).to_le_bytes() {
            return Err(damage(COVERED - 4, "a header that fits its checksum"));
        }
        let mut fields = Fields::new(body);
        let mut read = || {
            let fixed = (fields.array::<16>()?, fields.u32()?, fields.u32()?);
            let header = Self {
                id: fields.array()?,
                gallery: fields.array()?,
                key: fields.array()?,
                rewrites: fields.u64()?,
                first: fields.u64()?,
            };
            Some((fixed, header, are_zeros(fields.rest())))
        };
        let (fixed, header, zeros) = read().ok_or_else(short)?;
        if fixed != (MAGIC, VERSION, FIRST_FRAME as u32) || !zeros {
            return Err(damage(16, "a file of attempts of version 1"));
        }
        if header.rewrites >= COUNTERS || !(1..COUNTERS).contains(&header.first) {
            return Err(damage(88, "counters in their range"));
        }
        let (slot, padding) = rest.split_at_checked(SLOT).ok_or_else(short)?;
        let number = header.decode_slot(slot);
        let number =
            number.ok_or_else(|| damage(COVERED, "a slot that fits its checksum, and the header"))?;
        if !are_zeros(padding) {
            return Err(damage(COVERED + SLOT, "zeros up to the first frame"));
        }
        Ok((header, number))
    }

    /// The number up to which frames are covered.
    fn decode_slot(&self, slot: &[u8]) -> Option<u64> {
        let number = slot.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
        // A slot that covers no frame names the one before the first.
        let is_whole = slot == self.encode_slot(number) && number < COUNTERS && number + 1 >= self.first;
        is_whole.then_some(number)
    }
}
