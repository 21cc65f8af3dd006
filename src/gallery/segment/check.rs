//! The full check of a segment: every byte, which opening does not read.

use rayon::prelude::*;

use super::layout::{FOOTER, HEADER, SectionId};
use super::read::{FaceSegment, FingerSegment, Segment, range};
use crate::face::{code_holds, sign_lines, signs_hold};
use crate::fingerprint::codes::CodeModel;
use crate::fingerprint::filter::CodeRows;
use crate::fingerprint::{FEATURE_VERSION, FingerFeatures};
use crate::gallery::codes::CodeRow;
use crate::gallery::reference::ReferenceMeta;
use crate::kernels::codes::LANES;
use crate::storage::{Damage, are_zeros};

/// How far the square of a stored vector's length may be from one.
const UNIT_TOLERANCE: f64 = 1e-5;

/// Whether numbers are a vector of length one. Infinity and NaN are not in one.
pub(in crate::gallery) fn is_unit(numbers: &[f32]) -> bool {
    let square: f64 = numbers.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (square - 1.0).abs() <= UNIT_TOLERANCE
}

impl Segment {
    /// Digest, section checksums, padding, and the order of the rows.
    fn check_bytes(&self, problems: &mut Vec<Damage>) {
        let bytes = self.bytes();
        let mut damage = |offset: usize, expected: &str| {
            problems.push(Damage::new(self.path(), offset as u64, expected, "something else"));
        };
        let footer = bytes.len().saturating_sub(FOOTER);
        let mut digest = blake3::Hasher::new();
        digest.update(bytes.get(HEADER..footer).unwrap_or_default());
        digest.update(bytes.get(..HEADER).unwrap_or_default());
        if *digest.finalize().as_bytes() != self.entry().digest {
            damage(HEADER, "bytes that fit the digest");
        }
        let ranges: Vec<_> = self.table().iter().map(|section| range(section).unwrap_or_default()).collect();
        for (section, range) in self.table().iter().zip(&ranges) {
            if crc32fast::hash(bytes.get(range.clone()).unwrap_or_default()) != section.crc {
                damage(range.start, "a section that fits its checksum");
            }
        }
        let nexts = ranges.iter().skip(1).map(|range| range.start).chain([footer]);
        for (range, next) in ranges.iter().zip(nexts) {
            if !bytes.get(range.end..next).is_some_and(are_zeros) {
                damage(range.end, "zeros between sections");
            }
        }
        let metas = self.metas();
        for (row, pair) in metas.windows(2).enumerate() {
            if let [a, b] = pair
                && a.key() >= b.key()
            {
                problems.push(self.row_damage(row + 1, "rows in ascending order"));
            }
        }
    }

    fn row_damage(&self, row: usize, expected: &str) -> Damage {
        let (file, offset) = self.place(row);
        Damage::new(&file, offset, expected, "something else")
    }

    /// Checks each row by a function that returns what it expected and did not find.
    fn check_rows(
        &self,
        problems: &mut Vec<Damage>,
        check: impl Fn(usize, &ReferenceMeta) -> Result<(), Damage> + Sync,
    ) {
        let rows = self.metas().par_iter().enumerate();
        let found: Vec<_> = rows.filter_map(|(row, meta)| check(row, meta).err()).collect();
        problems.extend(found);
    }

    fn check_record(&self, row: usize, meta: &ReferenceMeta, columns: &[&[u8]]) -> Result<(), Damage> {
        if !self.fits(meta, columns) {
            return Err(self.row_damage(row, "a record that fits its checksum"));
        }
        Ok(())
    }

    fn check_offsets(&self, offsets: SectionId, items: usize, problems: &mut Vec<Damage>) {
        let bounds = self.column::<u64>(offsets);
        let whole =
            bounds.first() == Some(&0) && bounds.last() == Some(&(items as u64)) && bounds.is_sorted();
        if !whole {
            let offset = self.section_offset(offsets);
            let expected = "ascending offsets from zero to the column's end";
            problems.push(Damage::new(self.path(), offset, expected, "others"));
        }
    }
}

impl FingerSegment {
    /// Checks every byte, and adds what is wrong. Codes of `model` are computed again; those of another model
    /// are checked against their checksums only.
    pub(in crate::gallery) fn check_all(&self, model: &CodeModel, problems: &mut Vec<Damage>) {
        self.check_bytes(problems);
        let minutiae = self.column::<crate::template::Minutia>(SectionId::Minutiae).len();
        let cylinders = self.column::<crate::fingerprint::CylinderBlock>(SectionId::Cylinders).len();
        self.check_offsets(SectionId::MinutiaOffsets, minutiae, problems);
        self.check_offsets(SectionId::CylinderOffsets, cylinders, problems);
        self.check_rows(problems, |row, meta| {
            let view = self.view(row)?;
            let columns = [bytemuck::cast_slice(view.minutiae), bytemuck::cast_slice(view.cylinders)];
            self.check_record(row, meta, &columns)?;
            let features = FingerFeatures::new(view.minutiae);
            let made = features.view();
            if self.features() == FEATURE_VERSION
                && (made.minutiae != view.minutiae || made.cylinders != view.cylinders)
            {
                return Err(self.row_damage(row, "the cylinders of its minutiae"));
            }
            let made = self.codes().filter(|(id, _)| *id == model.id() && self.features() == FEATURE_VERSION);
            let holds = |rows: CodeRows<'_>| {
                let codes = model.encode(view);
                CodeRow::of(rows, row).is_some_and(|stored| stored == CodeRow::from(&codes))
            };
            match made {
                Some((_, rows)) if !holds(rows) => Err(self.row_damage(row, "the codes of its minutiae")),
                _ => Ok(()),
            }
        });
    }
}

impl FaceSegment {
    /// Checks every byte; adds what is wrong.
    pub(in crate::gallery) fn check_all(&self, problems: &mut Vec<Damage>) {
        self.check_bytes(problems);
        self.check_rows(problems, |row, meta| {
            let vector = self.vector(row)?;
            self.check_record(row, meta, &[bytemuck::cast_slice(vector), &[]])?;
            let (numbers, padding) = vector.split_at_checked(self.dimension()).unwrap_or_default();
            if !is_unit(numbers) || padding.iter().any(|x| x.to_bits() != 0) {
                return Err(self.row_damage(row, "a unit vector, padded with zeros"));
            }
            if let Some(codes) = self.codes() {
                let block = codes.planes(row / LANES, 1);
                if !block.is_some_and(|block| code_holds(block, row % LANES, vector, self.dimension())) {
                    return Err(self.row_damage(row, "codes whose error is that of the vector"));
                }
            }
            if let Some(signs) = self.signs() {
                let block = signs.chunks_exact(sign_lines(self.dimension())).nth(row / LANES);
                if !block.is_some_and(|block| signs_hold(block, row % LANES, vector, self.dimension())) {
                    return Err(self.row_damage(row, "the signs of the vector"));
                }
            }
            Ok(())
        });
    }
}
