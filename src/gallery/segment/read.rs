//! Segments as they are mapped. Opening checks header, section table and footer: its cost does not
//! depend on the rows. Everything else is checked where it is used.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bytemuck::Pod;

use super::layout::{FOOTER, Footer, HEADER, Header, Kind, SECTION_ALIGNMENT, Section, SectionId};
use crate::face::{FaceCodes, code_lines, sign_lines};
use crate::fingerprint::codes::{CodeMeans, CodeModelId, CodeWords};
use crate::fingerprint::filter::CodeRows;
use crate::fingerprint::{CylinderBlock, FingerView};
use crate::gallery::codes::{Directions, Places};
use crate::gallery::manifest::SegmentEntry;
use crate::gallery::names;
use crate::gallery::reference::{CitizenMeta, ReferenceMeta};
use crate::kernels::codes::{LANES, Line};
use crate::storage::{Damage, Files, Map, StorageError};
use crate::template::{Minutia, ModelId};

/// A mapped segment of either kind.
pub(in crate::gallery) struct Segment {
    map: Map,
    path: PathBuf,
    kind: Kind,
    entry: SegmentEntry,
    table: Vec<Section>,
    rows: usize,
    metas: Range<usize>,
    /// The metas of a segment before version 3 in their present form, computed when they are first needed.
    converted: Option<OnceLock<Vec<ReferenceMeta>>>,
    proof: OnceLock<Result<(), Damage>>,
}

/// The bytes that a section covers, if they are in the file and aligned.
pub(super) fn range(section: &Section) -> Option<Range<usize>> {
    let start = usize::try_from(section.offset).ok()?;
    let end = usize::try_from(section.offset.checked_add(section.length)?).ok()?;
    Some(start..end)
}

impl Segment {
    /// Maps a segment that a manifest names.
    pub(in crate::gallery) fn open(
        files: &Files,
        gallery: [u8; 16],
        entry: &SegmentEntry,
    ) -> Result<Self, StorageError> {
        let name = names::segment(entry.number, entry.modality);
        let map = files.map(&name, entry.length)?;
        Ok(Self::check(files.path(&name), map, gallery, entry)?)
    }

    fn check(path: PathBuf, map: Map, gallery: [u8; 16], entry: &SegmentEntry) -> Result<Self, Damage> {
        let length = map.len() as u64;
        if length != entry.length {
            return Err(Damage::new(&path, length, format_args!("{} bytes", entry.length), length));
        }
        let ends = map.len().checked_sub(FOOTER).filter(|&end| end >= HEADER).and_then(|end| {
            let header = bytemuck::try_from_bytes::<Header>(map.get(..HEADER)?).ok()?;
            let footer = bytemuck::pod_read_unaligned::<Footer>(map.get(end..)?);
            Some((header, footer, end))
        });
        let Some((header, footer, end)) = ends else {
            return Err(Damage::new(&path, length, "a header and a footer", "too few bytes"));
        };
        let (kind, table) = header.check(&path, gallery, entry.number, length)?;
        if !footer.is_valid() || footer.file_bytes != length || footer.digest != entry.digest {
            return Err(Damage::new(
                &path,
                end as u64,
                "the footer that the manifest names",
                "another footer",
            ));
        }
        if kind.modality() != entry.modality || header.rows != entry.rows {
            return Err(Damage::new(
                &path,
                0,
                "the kind and rows that the manifest names",
                "another kind or other rows",
            ));
        }
        let converted = header.has_citizen_metas().then(OnceLock::new);
        let meta_bytes =
            if converted.is_some() { size_of::<CitizenMeta>() } else { size_of::<ReferenceMeta>() };
        let rows = check_table(&path, &kind, (header.rows, meta_bytes), table, end)?;
        let table = table.to_vec();
        let metas = table.first().and_then(range).unwrap_or_default();
        let proof = OnceLock::new();
        Ok(Self { map, path, kind, entry: entry.clone(), table, rows, metas, converted, proof })
    }

    pub(in crate::gallery) fn entry(&self) -> &SegmentEntry {
        &self.entry
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    pub(super) fn table(&self) -> &[Section] {
        &self.table
    }

    pub(in crate::gallery) fn path(&self) -> &Path {
        &self.path
    }

    fn section(&self, id: SectionId) -> &[u8] {
        let section = self.table.iter().find(|section| section.id == id as u32);
        section.and_then(range).and_then(|range| self.map.get(range)).unwrap_or_default()
    }

    /// A section as numbers. Opening checked that it has whole items and is aligned.
    pub(super) fn column<T: Pod>(&self, id: SectionId) -> &[T] {
        bytemuck::try_cast_slice(self.section(id)).unwrap_or_default()
    }

    pub(super) fn section_offset(&self, id: SectionId) -> u64 {
        self.table.iter().find(|section| section.id == id as u32).map_or(0, |section| section.offset)
    }

    pub(in crate::gallery) fn metas(&self) -> &[ReferenceMeta] {
        let bytes = self.map.get(self.metas.clone()).unwrap_or_default();
        match &self.converted {
            None => bytemuck::try_cast_slice(bytes).unwrap_or_default(),
            Some(converted) => converted.get_or_init(|| {
                let old: &[CitizenMeta] = bytemuck::try_cast_slice(bytes).unwrap_or_default();
                old.iter().map(CitizenMeta::current).collect()
            }),
        }
    }

    /// Whether the segment is of a version before the present one.
    pub(in crate::gallery) fn is_old(&self) -> bool {
        self.converted.is_some()
    }

    /// Whether a row's meta fits its columns' bytes.
    pub(in crate::gallery) fn fits(&self, meta: &ReferenceMeta, columns: &[&[u8]]) -> bool {
        if self.is_old() { meta.fits_old_form(columns) } else { meta.fits(columns) }
    }

    /// Checks the column that look-ups search, once: a damaged key must be an error, not an unknown citizen.
    pub(in crate::gallery) fn prove_metas(&self) -> Result<(), Damage> {
        let prove = || {
            let section = self.table.first().copied().unwrap_or_default();
            if crc32fast::hash(self.section(SectionId::Metas)) == section.crc {
                return Ok(());
            }
            Err(Damage::new(
                &self.path,
                section.offset,
                "metas that fit their checksum",
                "others that do not",
            ))
        };
        self.proof.get_or_init(prove).clone()
    }

    pub(in crate::gallery) fn place(&self, row: usize) -> (PathBuf, u64) {
        let size = if self.is_old() { size_of::<CitizenMeta>() } else { size_of::<ReferenceMeta>() };
        let offset = self.metas.start + row * size;
        (self.path.clone(), offset as u64)
    }

    /// The items of a row, through a column of offsets.
    fn slice<T: Pod>(&self, offsets: SectionId, items: SectionId, row: usize) -> Result<&[T], Damage> {
        let bounds = self.column::<u64>(offsets);
        let all = self.column::<T>(items);
        let item = |at: usize| usize::try_from(*bounds.get(at)?).ok();
        let range = || Some(item(row)?..item(row.checked_add(1)?)?);
        range().and_then(|range| all.get(range)).ok_or_else(|| {
            let offset = self.section_offset(offsets) + 8 * row as u64;
            Damage::new(&self.path, offset, "ascending offsets into the column", "other offsets")
        })
    }
}

/// Checks that the table has the sections of its kind, in order, aligned, apart, inside the file,
/// and as long as the rows say.
fn check_table(
    path: &Path,
    kind: &Kind,
    (rows, meta_bytes): (u64, usize),
    table: &[Section],
    footer: usize,
) -> Result<usize, Damage> {
    let damage = |offset: u64, expected: &str| Err(Damage::new(path, offset, expected, "something else"));
    let fits = |layout: &&&[SectionId]| {
        layout.len() == table.len() && layout.iter().zip(table).all(|(&id, section)| section.id == id as u32)
    };
    let Some(layout) = kind.layouts().iter().find(fits) else {
        return damage(0, "the sections of this kind");
    };
    if u32::try_from(rows).is_err() {
        return damage(0, "fewer than 2^32 rows");
    }
    let mut free = HEADER as u64;
    for (section, id) in table.iter().zip(*layout) {
        let end = section.offset.checked_add(section.length);
        let Some(end) = end.filter(|&end| section.offset == free && end <= footer as u64) else {
            return damage(section.offset, "sections in order, inside the file");
        };
        free = end.next_multiple_of(SECTION_ALIGNMENT);
        let whole = match (id, kind) {
            (SectionId::Metas, _) => section.length == rows * meta_bytes as u64,
            (SectionId::MinutiaOffsets | SectionId::CylinderOffsets, _) => section.length == (rows + 1) * 8,
            (SectionId::Minutiae, _) => section.length.is_multiple_of(size_of::<Minutia>() as u64),
            (SectionId::Cylinders, _) => section.length.is_multiple_of(size_of::<CylinderBlock>() as u64),
            (SectionId::Vectors, Kind::Face { stride, .. }) => {
                section.length == rows * u64::from(*stride) * 4
            }
            (id, Kind::Face { dimension, .. }) => {
                let dimension = *dimension as usize;
                let block = match id {
                    SectionId::Codes => code_lines(dimension),
                    SectionId::Signs => sign_lines(dimension),
                    // What the version with whole codes wrote; nothing reads it.
                    _ => 2 + dimension.div_ceil(4),
                };
                section.length == rows.div_ceil(LANES as u64) * (block * size_of::<Line>()) as u64
            }
            (SectionId::FirstWords | SectionId::SecondWords, Kind::Finger { .. }) => {
                section.length == rows * size_of::<CodeWords>() as u64
            }
            (SectionId::Directions, _) => section.length == rows * size_of::<Directions>() as u64,
            (SectionId::Places, _) => section.length == rows * size_of::<Places>() as u64,
            (SectionId::Counts, _) => section.length == rows,
            (SectionId::Means, _) => section.length == rows * size_of::<CodeMeans>() as u64,
            (_, Kind::Finger { .. }) => false,
        };
        if !whole {
            return damage(section.offset, "a section as long as its rows");
        }
    }
    if free != footer as u64 {
        return damage(free, "the footer after the last section");
    }
    Ok(rows as usize)
}

const CODE_SECTIONS: [SectionId; 6] = [
    SectionId::FirstWords,
    SectionId::SecondWords,
    SectionId::Directions,
    SectionId::Places,
    SectionId::Counts,
    SectionId::Means,
];

/// A mapped segment of fingers.
pub(in crate::gallery) struct FingerSegment(pub(in crate::gallery) Segment);

impl std::ops::Deref for FingerSegment {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        &self.0
    }
}

impl FingerSegment {
    /// The version of its features.
    pub(in crate::gallery) fn features(&self) -> u32 {
        match self.0.kind {
            Kind::Finger { features, .. } => features,
            Kind::Face { .. } => 0,
        }
    }

    /// Its codes, and the model that made them; `None` in a segment of a version that had none.
    pub(in crate::gallery) fn codes(&self) -> Option<(CodeModelId, CodeRows<'_>)> {
        let Kind::Finger { codes: Some(model), .. } = self.0.kind else { return None };
        let rows = CodeRows {
            words: [self.column(SectionId::FirstWords), self.column(SectionId::SecondWords)],
            directions: self.column(SectionId::Directions),
            places: self.column(SectionId::Places),
            counts: self.column(SectionId::Counts),
            means: self.column(SectionId::Means),
        };
        Some((model, rows))
    }

    /// Whether the codes fit their checksums, which is checked before they are copied.
    pub(in crate::gallery) fn codes_fit(&self) -> bool {
        CODE_SECTIONS.into_iter().all(|id| {
            let section = self.table.iter().find(|section| section.id == id as u32);
            section.is_some_and(|section| crc32fast::hash(self.section(id)) == section.crc)
        })
    }

    pub(in crate::gallery) fn view(&self, row: usize) -> Result<FingerView<'_>, Damage> {
        Ok(FingerView {
            minutiae: self.0.slice(SectionId::MinutiaOffsets, SectionId::Minutiae, row)?,
            cylinders: self.0.slice(SectionId::CylinderOffsets, SectionId::Cylinders, row)?,
        })
    }
}

/// A mapped segment of faces of one model.
pub(in crate::gallery) struct FaceSegment {
    segment: Segment,
    model: ModelId,
    dimension: usize,
    stride: usize,
}

impl std::ops::Deref for FaceSegment {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        &self.segment
    }
}

impl FaceSegment {
    /// `None` for a segment of fingers.
    pub(in crate::gallery) fn new(segment: Segment) -> Option<Self> {
        let Kind::Face { model, dimension, stride } = &segment.kind else { return None };
        let (model, dimension, stride) = (model.clone(), *dimension as usize, *stride as usize);
        Some(Self { segment, model, dimension, stride })
    }

    pub(in crate::gallery) fn model(&self) -> &ModelId {
        &self.model
    }

    pub(in crate::gallery) fn dimension(&self) -> usize {
        self.dimension
    }

    /// The codes of all rows; `None` if the segment is of a version that had others or none.
    pub(in crate::gallery) fn codes(&self) -> Option<FaceCodes<'_>> {
        FaceCodes::new(self.column(SectionId::Codes), self.dimension, self.rows)
    }

    /// The signs of all rows, if there are codes.
    pub(in crate::gallery) fn signs(&self) -> Option<&[Line]> {
        self.codes().map(|_| self.column(SectionId::Signs))
    }

    pub(in crate::gallery) fn vectors(&self) -> &[f32] {
        self.segment.column(SectionId::Vectors)
    }

    pub(in crate::gallery) fn vector(&self, row: usize) -> Result<&[f32], Damage> {
        let start = row.saturating_mul(self.stride);
        self.vectors().get(start..start.saturating_add(self.stride)).ok_or_else(|| {
            Damage::new(&self.segment.path, 0, format_args!("{} rows", self.segment.rows), row)
        })
    }
}
