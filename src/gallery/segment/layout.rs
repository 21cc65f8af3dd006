//! The fixed parts of a segment file: header, section table, footer.

use std::mem::{offset_of, size_of};
use std::path::Path;

use bytemuck::{Pod, Zeroable};

use crate::fingerprint::codes::CodeModelId;
use crate::kernels::Kernels;
use crate::storage::{Damage, are_zeros};
use crate::template::Modality;
use crate::template::{FaceTemplate, ModelId};

const MAGIC: [u8; 16] = *b"biomatch-s\0\x1a\n\xa9\r\n";
const FOOTER_MAGIC: [u8; 16] = *b"biomatch-e\0\x1a\n\xa9\r\n";
/// The version that is written. Versions 1 and 2 are read too: version 1 has no codes of fingers, and both
/// have metas of 32 bytes.
const VERSION: u32 = 3;
const FIRST_VERSION: u32 = 1;

/// Sections start at multiples of this, and so does the footer.
pub(in crate::gallery) const SECTION_ALIGNMENT: u64 = 4096;
pub(in crate::gallery) const HEADER: usize = size_of::<Header>();
pub(in crate::gallery) const FOOTER: usize = size_of::<Footer>();
const MOST_SECTIONS: usize = 32;

/// How many numbers a stored face vector has, with its padding.
pub(in crate::gallery) fn stride(dimension: usize) -> usize {
    dimension.next_multiple_of(Kernels::DOT_LANES)
}

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(in crate::gallery) enum SectionId {
    Metas = 1,
    MinutiaOffsets = 2,
    Minutiae = 3,
    CylinderOffsets = 4,
    Cylinders = 5,
    Vectors = 6,
    WholeCodes = 7,
    FirstWords = 8,
    SecondWords = 9,
    Directions = 10,
    Places = 11,
    Counts = 12,
    Means = 13,
    Codes = 16,
    Signs = 17,
}

/// A column's place in the file.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub(in crate::gallery) struct Section {
    pub(in crate::gallery) id: u32,
    pub(in crate::gallery) crc: u32,
    pub(in crate::gallery) offset: u64,
    pub(in crate::gallery) length: u64,
    pub(in crate::gallery) zero: u64,
}

/// What a segment's rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gallery) enum Kind {
    /// Fingers, with features of this version and codes of this model.
    Finger { features: u32, codes: Option<CodeModelId> },
    /// Faces of one model.
    Face { model: ModelId, dimension: u32, stride: u32 },
}

impl Kind {
    pub(in crate::gallery) fn modality(&self) -> Modality {
        match self {
            Self::Finger { .. } => Modality::Finger,
            Self::Face { .. } => Modality::Face,
        }
    }

    /// The sections that such a segment may have, in file order: as it is written now, and as earlier
    /// versions wrote it. Faces of those open and are searched by their vectors; a writer adds the codes.
    pub(in crate::gallery) fn layouts(&self) -> &'static [&'static [SectionId]] {
        match self {
            Self::Finger { codes: None, .. } => &[&UNCODED_FINGER],
            Self::Finger { codes: Some(_), .. } => &[&CODED_FINGER],
            Self::Face { .. } => &[
                &[SectionId::Metas, SectionId::Vectors, SectionId::Codes, SectionId::Signs],
                &[SectionId::Metas, SectionId::Vectors, SectionId::WholeCodes],
                &[SectionId::Metas, SectionId::Vectors],
            ],
        }
    }
}

/// The sections of a finger segment with codes.
const CODED_FINGER: [SectionId; 11] = [
    SectionId::Metas,
    SectionId::MinutiaOffsets,
    SectionId::Minutiae,
    SectionId::CylinderOffsets,
    SectionId::Cylinders,
    SectionId::FirstWords,
    SectionId::SecondWords,
    SectionId::Directions,
    SectionId::Places,
    SectionId::Counts,
    SectionId::Means,
];

/// Those of one without codes.
const UNCODED_FINGER: [SectionId; 5] = [
    SectionId::Metas,
    SectionId::MinutiaOffsets,
    SectionId::Minutiae,
    SectionId::CylinderOffsets,
    SectionId::Cylinders,
];

/// The first page of a segment.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(in crate::gallery) struct Header {
    magic: [u8; 16],
    version: u32,
    header_bytes: u32,
    kind: u32,
    /// Finger: the version of the features. Face: the model's dimension.
    schema: u32,
    gallery: [u8; 16],
    pub(in crate::gallery) number: u64,
    pub(in crate::gallery) rows: u64,
    pub(in crate::gallery) file_bytes: u64,
    /// Face: numbers per row. Finger: zero.
    stride: u32,
    section_count: u32,
    model_bytes: u32,
    zero_1: u32,
    zero_2: [u64; 4],
    /// Finger: the identity of the codes' model, if there are codes. Face: the model's name.
    model: [u8; 64],
    zero_3: [u64; 8],
    sections: [Section; MOST_SECTIONS],
    zero_4: [u8; 2820],
    crc: u32,
}

const _: () = assert!(HEADER == 4096 && FOOTER == 64);

/// The last 64 bytes of a segment.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(in crate::gallery) struct Footer {
    magic: [u8; 16],
    pub(in crate::gallery) file_bytes: u64,
    /// BLAKE3 of everything between header and footer, and then of the header.
    pub(in crate::gallery) digest: [u8; 32],
    zero: u32,
    crc: u32,
}

impl Footer {
    pub(in crate::gallery) fn new(file_bytes: u64, digest: [u8; 32]) -> Self {
        let mut footer = Self { magic: FOOTER_MAGIC, file_bytes, digest, zero: 0, crc: 0 };
        footer.crc = footer.checksum();
        footer
    }

    fn checksum(&self) -> u32 {
        crc32fast::hash(bytemuck::bytes_of(self).get(..FOOTER - 4).unwrap_or_default())
    }

    pub(in crate::gallery) fn is_valid(&self) -> bool {
        self.magic == FOOTER_MAGIC && self.zero == 0 && self.crc == self.checksum()
    }
}

impl Header {
    pub(in crate::gallery) fn new(
        gallery: [u8; 16],
        number: u64,
        kind: &Kind,
        rows: u64,
        file_bytes: u64,
        table: &[Section],
    ) -> Self {
        let mut header = Self::zeroed();
        header.magic = MAGIC;
        header.version = VERSION;
        header.header_bytes = HEADER as u32;
        header.gallery = gallery;
        header.number = number;
        header.rows = rows;
        header.file_bytes = file_bytes;
        header.section_count = table.len() as u32;
        for (place, section) in header.sections.iter_mut().zip(table) {
            *place = *section;
        }
        match kind {
            Kind::Finger { features, codes } => {
                header.kind = 1;
                header.schema = *features;
                if let Some(codes) = codes {
                    header.set_model(&codes.to_bytes());
                }
            }
            Kind::Face { model, dimension, stride } => {
                header.kind = 2;
                header.schema = *dimension;
                header.stride = *stride;
                header.set_model(model.as_str().as_bytes());
            }
        }
        header.crc = header.checksum();
        header
    }

    fn set_model(&mut self, name: &[u8]) {
        self.model_bytes = name.len() as u32;
        for (place, byte) in self.model.iter_mut().zip(name) {
            *place = *byte;
        }
    }

    fn checksum(&self) -> u32 {
        crc32fast::hash(bytemuck::bytes_of(self).get(..HEADER - 4).unwrap_or_default())
    }

    /// Whether metas have 32 bytes, as before version 3.
    pub(in crate::gallery) fn has_citizen_metas(&self) -> bool {
        self.version < VERSION
    }

    /// The gallery and the number that the header states.
    pub(in crate::gallery) fn identity(&self) -> ([u8; 16], u64) {
        (self.gallery, self.number)
    }

    /// Checks everything that the header alone shows; returns the kind of the rows and the sections.
    pub(in crate::gallery) fn check(
        &self,
        file: &Path,
        gallery: [u8; 16],
        number: u64,
        file_bytes: u64,
    ) -> Result<(Kind, &[Section]), Damage> {
        let damage = |offset: usize, expected: &str, found: &str| {
            Err(Damage::new(file, offset as u64, expected, found))
        };
        if self.magic != MAGIC {
            return damage(0, "a segment's magic", "something else");
        }
        if self.crc != self.checksum() {
            return damage(HEADER - 4, "a header that fits its checksum", "one that does not");
        }
        if !(FIRST_VERSION..=VERSION).contains(&self.version) || self.header_bytes != HEADER as u32 {
            return damage(offset_of!(Self, version), "version 1, 2 or 3", "another");
        }
        if (self.gallery, self.number) != (gallery, number) {
            return damage(offset_of!(Self, gallery), "this gallery and segment", "another");
        }
        if self.file_bytes != file_bytes {
            return damage(offset_of!(Self, file_bytes), "the file's length", "another");
        }
        let unused = self.sections.get(self.section_count as usize..);
        let used = self.sections.get(..self.section_count as usize);
        let (Some(used), Some(unused)) = (used, unused) else {
            return damage(offset_of!(Self, section_count), "at most 32 sections", "more");
        };
        let zero = self.zero_1 == 0
            && self.zero_2 == [0; 4]
            && self.zero_3 == [0; 8]
            && are_zeros(&self.zero_4)
            && are_zeros(bytemuck::cast_slice(unused))
            && used.iter().all(|section| section.zero == 0);
        if !zero {
            return damage(0, "zeros where the header is not used", "something else");
        }
        let Some(kind) = self.kind() else {
            return damage(offset_of!(Self, kind), "a kind, model and dimension", "something else");
        };
        Ok((kind, used))
    }

    fn kind(&self) -> Option<Kind> {
        let (name, rest) = self.model.split_at_checked(self.model_bytes as usize)?;
        match self.kind {
            1 if self.stride == 0 && are_zeros(rest) => {
                let codes = match name {
                    [] => None,
                    id => Some(CodeModelId::from_bytes(id.try_into().ok()?)),
                };
                Some(Kind::Finger { features: self.schema, codes })
            }
            2 if are_zeros(rest) => {
                let model = std::str::from_utf8(name).ok()?.parse().ok()?;
                let (dimension, stride) = (self.schema, self.stride);
                let dimensions = FaceTemplate::MIN_DIMENSION..=FaceTemplate::MAX_DIMENSION;
                let fits = dimensions.contains(&(dimension as usize))
                    && stride as usize == self::stride(dimension as usize);
                fits.then_some(Kind::Face { model, dimension, stride })
            }
            _ => None,
        }
    }
}
