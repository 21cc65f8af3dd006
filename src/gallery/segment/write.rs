//! Writes a segment column by column, so that no column is held in memory.

use bytemuck::bytes_of;
use rayon::prelude::*;

use super::layout::{Footer, HEADER, Header, Kind, SECTION_ALIGNMENT, Section, SectionId, stride};
use crate::face::{CODE_PIECE, code_rows, sign_rows};
use crate::fingerprint::codes::CodeModelId;
use crate::fingerprint::{FEATURE_VERSION, FingerView};
use crate::gallery::codes::CodeRow;
use crate::gallery::error::GalleryError;
use crate::gallery::manifest::SegmentEntry;
use crate::gallery::names;
use crate::gallery::pace::Pace;
use crate::gallery::reference::ReferenceMeta;
use crate::kernels::codes::{LANES, Line};
use crate::storage::{Files, StorageError, Unfinished};
use crate::template::ModelId;

/// A row to be written: its meta, with its checksum, and its columns.
pub(in crate::gallery) struct Row<T> {
    pub(in crate::gallery) meta: ReferenceMeta,
    pub(in crate::gallery) columns: T,
}

/// The columns of a finger.
pub(in crate::gallery) struct FingerRow<'a> {
    pub(in crate::gallery) view: FingerView<'a>,
    pub(in crate::gallery) codes: CodeRow<'a>,
}

/// Where a segment is written, and under which number.
#[derive(Clone, Copy)]
pub(in crate::gallery) struct Place<'a> {
    pub(in crate::gallery) files: &'a Files,
    pub(in crate::gallery) gallery: [u8; 16],
    pub(in crate::gallery) number: u64,
    pub(in crate::gallery) pace: &'a Pace,
}

/// A segment that is durable and does not have its final name yet.
pub(in crate::gallery) struct NewSegment {
    pub(in crate::gallery) entry: SegmentEntry,
    pub(in crate::gallery) file: Unfinished,
}

/// Writes a segment of fingers from rows in row order, with codes of a model.
pub(in crate::gallery) fn write_fingers(
    place: Place<'_>,
    model: CodeModelId,
    rows: &[Row<FingerRow<'_>>],
) -> Result<NewSegment, GalleryError> {
    let kind = Kind::Finger { features: FEATURE_VERSION, codes: Some(model) };
    let mut file = SegmentFile::create(place, kind)?;
    file.section(SectionId::Metas, rows.iter().map(|row| bytes_of(&row.meta)))?;
    file.offsets(SectionId::MinutiaOffsets, rows.iter().map(|row| row.columns.view.minutiae.len()))?;
    file.section(
        SectionId::Minutiae,
        rows.iter().map(|row| bytemuck::cast_slice::<_, u8>(row.columns.view.minutiae)),
    )?;
    file.offsets(SectionId::CylinderOffsets, rows.iter().map(|row| row.columns.view.cylinders.len()))?;
    file.section(
        SectionId::Cylinders,
        rows.iter().map(|row| bytemuck::cast_slice::<_, u8>(row.columns.view.cylinders)),
    )?;
    let codes = || rows.iter().map(|row| row.columns.codes);
    file.section(SectionId::FirstWords, codes().map(|codes| bytes_of(codes.words[0])))?;
    file.section(SectionId::SecondWords, codes().map(|codes| bytes_of(codes.words[1])))?;
    file.section(SectionId::Directions, codes().map(|codes| bytes_of(codes.directions)))?;
    file.section(SectionId::Places, codes().map(|codes| bytes_of(codes.places)))?;
    file.section(SectionId::Counts, codes().map(|codes| [codes.count]))?;
    file.section(SectionId::Means, codes().map(|codes| bytemuck::cast::<_, [u8; 4]>(codes.means)))?;
    file.finish(rows.len())
}

/// Writes a segment of faces of one model from padded unit vectors in row order.
pub(in crate::gallery) fn write_faces(
    place: Place<'_>,
    (model, dimension): (&ModelId, usize),
    rows: &[Row<&[f32]>],
) -> Result<NewSegment, GalleryError> {
    let stride = stride(dimension) as u32;
    let kind = Kind::Face { model: model.clone(), dimension: dimension as u32, stride };
    let mut file = SegmentFile::create(place, kind)?;
    file.section(SectionId::Metas, rows.iter().map(|row| bytes_of(&row.meta)))?;
    file.section(SectionId::Vectors, rows.iter().map(|row| bytemuck::cast_slice::<_, u8>(row.columns)))?;
    let columns = rows.chunks(CODED_TOGETHER);
    file.section(SectionId::Codes, columns.clone().map(|rows| coded(rows, dimension, code_rows)))?;
    file.section(SectionId::Signs, columns.map(|rows| coded(rows, dimension, sign_rows)))?;
    file.finish(rows.len())
}

/// Rows that are coded in parallel, and then written: whole pieces, two megabytes at 512 dimensions.
const CODED_TOGETHER: usize = 4 * CODE_PIECE * LANES;

/// The codes of rows, of either kind.
fn coded(
    rows: &[Row<&[f32]>],
    dimension: usize,
    code: impl Fn(&[&[f32]], usize) -> Vec<Line> + Sync,
) -> Vec<u8> {
    let pieces = rows.par_chunks(CODE_PIECE * LANES).flat_map_iter(|rows| {
        let rows: Vec<&[f32]> = rows.iter().map(|row| row.columns).collect();
        code(&rows, dimension)
    });
    pieces.collect::<Vec<Line>>().into_flattened()
}

/// Bytes of a write. The page cache keeps a file in pieces as large as the writes that made it; of this size, at
/// multiples of it, they are what a huge page maps.
const BUFFER: usize = 2 << 20;

/// Bytes that are digested together, while they are in the L2 cache.
const DIGESTED: usize = 256 << 10;

struct SegmentFile<'a> {
    file: Unfinished,
    place: Place<'a>,
    kind: Kind,
    table: Vec<Section>,
    buffer: Vec<u8>,
    /// How many bytes of the buffer are in the digest, or are the header's, which comes last.
    digested: usize,
    digest: blake3::Hasher,
    end: u64,
}

impl<'a> SegmentFile<'a> {
    fn create(place: Place<'a>, kind: Kind) -> Result<Self, StorageError> {
        let file = place.files.begin(&names::segment(place.number, kind.modality()))?;
        // The header is written last: it holds the sections' checksums.
        let mut buffer = Vec::with_capacity(BUFFER);
        buffer.resize(HEADER, 0);
        Ok(Self {
            file,
            place,
            kind,
            table: Vec::new(),
            buffer,
            digested: HEADER,
            digest: blake3::Hasher::new(),
            end: HEADER as u64,
        })
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), GalleryError> {
        self.end += bytes.len() as u64;
        while let Some((part, rest)) = bytes.split_at_checked(BUFFER - self.buffer.len()) {
            self.buffer.extend_from_slice(part);
            self.drain()?;
            bytes = rest;
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() - self.digested >= DIGESTED {
            self.digest();
        }
        Ok(())
    }

    fn digest(&mut self) {
        self.digest.update(self.buffer.get(self.digested..).unwrap_or_default());
        self.digested = self.buffer.len();
    }

    fn drain(&mut self) -> Result<(), GalleryError> {
        self.digest();
        self.file.output()?.write(&self.buffer)?;
        self.place.pace.pay_for(self.buffer.len())?;
        self.buffer.clear();
        self.digested = 0;
        Ok(())
    }

    fn section(
        &mut self,
        id: SectionId,
        pieces: impl Iterator<Item = impl AsRef<[u8]>>,
    ) -> Result<(), GalleryError> {
        let offset = self.end;
        let mut crc = crc32fast::Hasher::new();
        for piece in pieces {
            crc.update(piece.as_ref());
            self.write(piece.as_ref())?;
        }
        let length = self.end - offset;
        self.table.push(Section { id: id as u32, crc: crc.finalize(), offset, length, zero: 0 });
        let padding = self.end.next_multiple_of(SECTION_ALIGNMENT) - self.end;
        self.write(&[0; SECTION_ALIGNMENT as usize][..padding as usize])
    }

    fn offsets(&mut self, id: SectionId, counts: impl Iterator<Item = usize>) -> Result<(), GalleryError> {
        let mut sum = 0_u64;
        let mut offsets = vec![sum];
        for count in counts {
            sum += count as u64;
            offsets.push(sum);
        }
        self.section(id, std::iter::once(bytemuck::cast_slice::<_, u8>(&offsets)))
    }

    fn finish(mut self, rows: usize) -> Result<NewSegment, GalleryError> {
        self.drain()?;
        let length = self.end + size_of::<Footer>() as u64;
        let rows = rows as u64;
        let Place { gallery, number, .. } = self.place;
        let header = Header::new(gallery, number, &self.kind, rows, length, &self.table);
        self.digest.update(bytes_of(&header));
        let digest = *self.digest.finalize().as_bytes();
        let output = self.file.output()?;
        output.write(bytes_of(&Footer::new(length, digest)))?;
        output.write_at(0, bytes_of(&header))?;
        output.sync()?;
        let entry = SegmentEntry { number, modality: self.kind.modality(), rows, length, digest };
        Ok(NewSegment { entry, file: self.file })
    }
}
