//! Checksums and digests that are made to fit what was edited.

use super::bytes::{put, section, u32_at, u64_at};
use super::samples::name;
use super::{Files, Form};

/// Makes the checksum of each record fit its meta and columns.
fn reseal_records(bytes: &mut [u8]) -> Option<()> {
    let is_face = u32_at(bytes, 24)? == 2;
    let (size, crc_at) = if u32_at(bytes, 16)? < 3 { (32, 24) } else { (40, 32) };
    let metas = section(bytes, 1)?;
    for (row, at) in metas.step_by(size).enumerate() {
        let items = |offsets: u32, column: u32, item: usize| {
            let offsets = section(bytes, offsets)?.start;
            let bound =
                |row: usize| usize::try_from(u64_at(bytes, offsets + 8 * row)?).ok()?.checked_mul(item);
            bytes.get(section(bytes, column)?)?.get(bound(row)?..bound(row + 1)?)
        };
        let vector = || {
            let length = 4 * usize::try_from(u32_at(bytes, 72)?).ok()?;
            bytes.get(section(bytes, 6)?)?.get(row.checked_mul(length)?..(row + 1).checked_mul(length)?)
        };
        let mut meta = bytes.get(at..at + size)?.to_vec();
        put(&mut meta, crc_at, &[0; 4]);
        let mut crc = crc32fast::Hasher::new();
        crc.update(&meta);
        if is_face {
            crc.update(vector()?);
        } else {
            crc.update(items(2, 3, 8)?);
            crc.update(items(4, 5, 512)?);
        }
        put(bytes, at + crc_at, &crc.finalize().to_le_bytes());
    }
    Some(())
}

/// Makes the checksums of sections, header, footer, manifest and CURRENT fit a segment.
pub(super) fn reseal_segment(
    files: &mut Files,
    form: &Form,
    segment: &str,
    (sections, records): (bool, bool),
) {
    let number: u64 = segment[4..10].parse().expect("a number");
    let bytes = files.get_mut(segment).expect("the segment");
    let length = bytes.len() as u64;
    put(bytes, 64, &length.to_le_bytes());
    if records {
        let _ = reseal_records(bytes);
    }
    for at in (248..1272).step_by(32).filter(|_| sections) {
        let range = u64_at(bytes, at + 8).zip(u64_at(bytes, at + 16));
        let range = range.map(|(offset, length)| offset as usize..offset.saturating_add(length) as usize);
        let crc = range.and_then(|range| bytes.get(range)).map(crc32fast::hash);
        if let Some(crc) = crc.filter(|_| u64_at(bytes, at + 16) != Some(0)) {
            put(bytes, at + 4, &crc.to_le_bytes());
        }
    }
    let crc = crc32fast::hash(bytes.get(..4092).unwrap_or_default());
    put(bytes, 4092, &crc.to_le_bytes());
    let mut digest = blake3::Hasher::new();
    let end = bytes.len().saturating_sub(64);
    digest.update(bytes.get(4096..end).unwrap_or_default());
    digest.update(bytes.get(..4096).unwrap_or_default());
    let digest = *digest.finalize().as_bytes();
    put(bytes, end, b"biomatch-e\0\x1a\n\xa9\r\n");
    put(bytes, end + 16, &length.to_le_bytes());
    put(bytes, end + 24, &digest);
    put(bytes, end + 56, &[0; 4]);
    let crc = crc32fast::hash(bytes.get(end..end + 60).unwrap_or_default());
    put(bytes, end + 60, &crc.to_le_bytes());
    let rows = u64_at(bytes, 56).unwrap_or_default();

    let manifest = name(files, "manifest-");
    let manifest = files.get_mut(&manifest).expect("the manifest");
    for at in (form.segments_at..manifest.len() - 4).step_by(64) {
        if u64_at(manifest, at) == Some(number) {
            put(manifest, at + 16, &rows.to_le_bytes());
            put(manifest, at + 24, &length.to_le_bytes());
            put(manifest, at + 32, &digest);
        }
    }
    reseal_manifest(files, form);
}

/// Makes the checksum of a file that ends in one fit, and the length and digest in the manifest.
pub(super) fn reseal_pinned(files: &mut Files, form: &Form, pinned: &str, at: usize) {
    let bytes = files.get_mut(pinned).expect("the file");
    let end = bytes.len().saturating_sub(4);
    let crc = crc32fast::hash(&bytes[..end]);
    put(bytes, end, &crc.to_le_bytes());
    let (length, digest) = (bytes.len() as u64, *blake3::hash(bytes).as_bytes());
    let manifest = name(files, "manifest-");
    let manifest = files.get_mut(&manifest).expect("the manifest");
    put(manifest, at, &length.to_le_bytes());
    put(manifest, at + 8, &digest);
    reseal_manifest(files, form);
}

pub(super) fn reseal_manifest(files: &mut Files, form: &Form) {
    let manifest = name(files, "manifest-");
    let bytes = files.get_mut(&manifest).expect("the manifest");
    let end = bytes.len().saturating_sub(4);
    let crc = crc32fast::hash(&bytes[..end]);
    put(bytes, end, &crc.to_le_bytes());
    let line = format!("biomatch gallery {} {manifest} {}\n", form.current, blake3::hash(bytes).to_hex());
    files.insert("CURRENT".into(), line.into_bytes());
}

/// Makes the checksums of both slots of the witness fit.
pub(super) fn reseal_witness(bytes: &mut [u8]) {
    for slot in [0, 4096] {
        if let Some(crc) = bytes.get(slot..slot + 120).map(crc32fast::hash) {
            put(bytes, slot + 120, &crc.to_le_bytes());
        }
    }
}
