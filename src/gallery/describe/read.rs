//! Reads a single gallery file without the gallery around it, such as one that was copied, kept, or left by a
//! crash.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::file::{GalleryFile, SegmentColumns};
use crate::fingerprint::codes::CodeModelId;
use crate::gallery::error::GalleryError;
use crate::gallery::legacy;
use crate::gallery::load::manifest_file_names;
use crate::gallery::manifest::{Current, Manifest, Version};
use crate::gallery::requests;
use crate::gallery::segment::{FOOTER, Footer, HEADER, Header, Kind};
use crate::gallery::tombstones::Tombstones;
use crate::storage::{
    Damage, Disk, Fields, Files, LOG_HEADER, LogId, StorageError, check_log_header, read_witness, scan_log,
};
use crate::template::Modality;

/// The kinds by the first bytes.
const MAGICS: [(&[u8], Magic); 9] = [
    (b"biomatch gallery 1 ", Magic::Current),
    (b"biomatch gallery 3 ", Magic::Current),
    (b"biomatch-m\0", Magic::Manifest),
    (b"biomatch-l\0", Magic::Log),
    (b"biomatch-d\0", Magic::OldTombstones),
    (b"biomatch-t\0", Magic::Tombstones),
    (b"biomatch-w\0", Magic::Witness),
    (b"biomatch-q\0", Magic::Requests),
    (b"biomatch-s\0", Magic::Segment),
];

#[derive(Clone, Copy)]
enum Magic {
    Current,
    Manifest,
    Log,
    /// Tombstones before version 3.
    OldTombstones,
    Tombstones,
    Witness,
    Requests,
    Segment,
}

fn find_kind(start: &[u8]) -> Option<Magic> {
    MAGICS.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind)
}

/// Most bytes of a file that is read as a whole.
const MOST_BYTES: u64 = 1 << 30;

/// Where the identity of a manifest, a log and the like begins.
const IDENTITY: usize = 24;

impl GalleryFile {
    /// First bytes that tell a gallery file from others.
    pub const START: usize = 19;

    /// Whether a file that begins so is one of a gallery.
    pub fn is_start_of_one(start: &[u8]) -> bool {
        find_kind(start).is_some()
    }

    /// Reads a file. Of a segment only the header and the footer, else all of it.
    ///
    /// # Errors
    /// A file that belongs to no gallery, a damaged file, or an I/O error.
    pub fn read(path: &Path) -> Result<Self, GalleryError> {
        let io = |source| StorageError::io(path.to_owned(), "read", source);
        let mut file = File::open(path).map_err(io)?;
        let mut start = Vec::new();
        (&mut file).take(HEADER as u64).read_to_end(&mut start).map_err(io)?;
        let kind =
            find_kind(&start).ok_or_else(|| Damage::new(path, 0, "a gallery file", "something else"))?;
        if let Magic::Segment = kind {
            let length = file.metadata().map_err(io)?.len();
            let mut end = [0; FOOTER];
            if length >= (HEADER + FOOTER) as u64 {
                file.seek(SeekFrom::End(-(FOOTER as i64))).map_err(io)?;
                file.read_exact(&mut end).map_err(io)?;
            }
            return Ok(describe_segment(path, &start, &end, length)?);
        }
        if let Magic::Witness = kind {
            return describe_witness(path);
        }
        let length = file.metadata().map_err(io)?.len();
        if length > MOST_BYTES {
            return Err(
                Damage::new(path, MOST_BYTES, format_args!("at most {MOST_BYTES} bytes"), length).into()
            );
        }
        let mut bytes = start;
        file.read_to_end(&mut bytes).map_err(io)?;
        let facts = match kind {
            Magic::Current => Current::decode(path, &bytes).map(|c| Self::Current { manifest: c.manifest }),
            Magic::Manifest => describe_manifest(path, &bytes),
            Magic::Log => describe_log(path, &bytes),
            Magic::Requests => describe_requests(path, &bytes),
            Magic::OldTombstones | Magic::Tombstones | Magic::Segment | Magic::Witness => {
                describe_tombstones(path, kind, &bytes)
            }
        };
        Ok(facts?)
    }
}

fn read_identity(path: &Path, bytes: &[u8]) -> Result<([u8; 16], u64), Damage> {
    let mut fields = Fields::new(bytes.get(IDENTITY..).unwrap_or_default());
    let mut read = || Some((fields.array()?, fields.u64()?));
    read().ok_or_else(|| Damage::new(path, IDENTITY as u64, "a gallery's identity", "the end"))
}

/// The version that a file states behind its magic.
fn read_version(bytes: &[u8]) -> Option<u32> {
    Fields::new(bytes.get(16..)?).u32()
}

fn describe_manifest(path: &Path, bytes: &[u8]) -> Result<GalleryFile, Damage> {
    let is_old = read_version(bytes) == Some(1);
    let manifest = if is_old {
        legacy::decode_manifest(path, CodeModelId::from_bytes([0; 16]), bytes)?
    } else {
        Manifest::decode(path, bytes)?
    };
    let rows = |modality| {
        let segments = manifest.segments.iter().filter(|segment| segment.modality == modality);
        segments.map(|segment| segment.rows).fold(0, u64::saturating_add)
    };
    let version = if is_old { Version::First } else { Version::Third };
    Ok(GalleryFile::Manifest {
        gallery: manifest.gallery,
        number: manifest.number,
        generation: manifest.generation,
        files: manifest_file_names(&manifest, version),
        references: [Modality::Finger, Modality::Face].map(rows),
        partition: manifest.partition,
        code_model: (!is_old).then_some(manifest.code_model),
        erasures: manifest.erasures.len(),
    })
}

fn describe_log(path: &Path, bytes: &[u8]) -> Result<GalleryFile, Damage> {
    let (gallery, number) = read_identity(path, bytes)?;
    let id = LogId { gallery, number };
    if read_version(bytes) == Some(1) {
        let starts_after = legacy::check_log_header(path, id, bytes)?;
        let body = bytes.get(legacy::LOG_HEADER as usize..).unwrap_or_default();
        let scan = legacy::scan_log(path, id, body, starts_after.saturating_add(1))?;
        return Ok(GalleryFile::Log {
            gallery,
            number,
            starts_after,
            batches: scan.batches.len() as u64,
            changes: scan.batches.iter().map(|(_, records)| records.len() as u64).sum(),
            tail: scan.tail.map(|damage| damage.to_string()),
        });
    }
    let start = check_log_header(path, id, bytes)?;
    let body = bytes.get(LOG_HEADER as usize..).unwrap_or_default();
    let scan = scan_log(path, id, body, LOG_HEADER, start);
    Ok(GalleryFile::Log {
        gallery,
        number,
        starts_after: start.generation,
        batches: scan.batches.len() as u64,
        changes: scan.batches.iter().map(|read| read.batch.records.len() as u64).sum(),
        tail: scan.tail.map(|damage| damage.to_string()),
    })
}

fn describe_tombstones(path: &Path, kind: Magic, bytes: &[u8]) -> Result<GalleryFile, Damage> {
    let (gallery, number) = read_identity(path, bytes)?;
    let tombstones = match kind {
        Magic::OldTombstones => legacy::decode_tombstones(path, gallery, number, bytes)?,
        _ => Tombstones::decode(path, gallery, number, bytes)?,
    };
    let deleted = tombstones.rows.values().map(|rows| rows.len() as u64).sum();
    Ok(GalleryFile::Tombstones { gallery, number, deleted, locked: tombstones.statuses.len() as u64 })
}

fn describe_requests(path: &Path, bytes: &[u8]) -> Result<GalleryFile, Damage> {
    let (gallery, number) = read_identity(path, bytes)?;
    let requests = requests::decode_file(path, gallery, number, bytes)?.len() as u64;
    Ok(GalleryFile::Requests { gallery, number, requests })
}

fn describe_witness(path: &Path) -> Result<GalleryFile, GalleryError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let files = Files::new(std::sync::Arc::new(Disk::new(parent.unwrap_or(Path::new(".")))), false);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let testimony = read_witness(&files, &name)?;
    let witness = testimony.witness;
    Ok(GalleryFile::Witness {
        gallery: witness.gallery,
        manifest: witness.manifest,
        generation: witness.generation,
        log: witness.log,
        length: witness.length,
        damaged_slot: testimony.damaged_slot.map(|damage| damage.to_string()),
    })
}

fn describe_segment(
    path: &Path,
    start: &[u8],
    end: &[u8; FOOTER],
    length: u64,
) -> Result<GalleryFile, Damage> {
    let short = || Damage::new(path, length, "a header and a footer", "too few bytes");
    if start.len() < HEADER {
        return Err(short());
    }
    let header: Header = bytemuck::try_pod_read_unaligned(start).map_err(|_| short())?;
    let footer: Footer = bytemuck::pod_read_unaligned(end);
    let (gallery, number) = header.identity();
    let (kind, _) = header.check(path, gallery, number, length)?;
    if !footer.is_valid() || footer.file_bytes != length {
        return Err(Damage::new(
            path,
            length.saturating_sub(FOOTER as u64),
            "the segment's footer",
            "another",
        ));
    }
    let columns = match kind {
        Kind::Finger { features, codes } => SegmentColumns::Fingers { features, codes },
        Kind::Face { model, dimension, .. } => SegmentColumns::Faces { model, dimension },
    };
    Ok(GalleryFile::Segment { gallery, number, rows: header.rows, columns, digest: footer.digest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::{Gallery, GalleryOptions, NewReference, Status};
    use crate::subject::SubjectId;
    use crate::template::FaceTemplate;

    #[test]
    fn every_file_of_a_gallery_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let gallery = Gallery::create(folder.path(), GalleryOptions::default()).unwrap();
        let citizens: [SubjectId; 3] =
            ["001190000101", "001190000102", "001190000103"].map(|id| id.parse().unwrap());
        let writer = gallery.writer().unwrap();
        let face = FaceTemplate::new("m".parse().unwrap(), &[1.0, 2.0]).unwrap();
        for citizen in citizens {
            writer.add(citizen, &[NewReference::face(face.clone())]).unwrap();
        }
        writer.commit().unwrap();
        writer.flush().unwrap();
        writer.delete(citizens[0]).unwrap();
        writer.set_status(citizens[1], Status::Locked(std::num::NonZero::<u8>::MIN)).unwrap();
        writer.commit().unwrap();

        let mut kinds = Vec::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() == "LOCK" {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(GalleryFile::is_start_of_one(&bytes[..GalleryFile::START.min(bytes.len())]), "{path:?}");
            match GalleryFile::read(&path).unwrap() {
                GalleryFile::Segment { rows, columns, .. } => {
                    assert_eq!(rows, 3);
                    assert_eq!(columns, SegmentColumns::Faces { model: "m".parse().unwrap(), dimension: 2 });
                    kinds.push("segment");
                }
                GalleryFile::Log { batches, changes, tail, .. } => {
                    assert_eq!((batches, changes, tail), (1, 2, None));
                    kinds.push("log");
                }
                GalleryFile::Manifest { files, references, .. } => {
                    assert!(files.len() >= 3, "{files:?}");
                    assert_eq!(references, [0, 3]);
                    kinds.push("manifest");
                }
                GalleryFile::Current { .. } => kinds.push("current"),
                GalleryFile::Tombstones { .. } => kinds.push("tombstones"),
                GalleryFile::Witness { generation, .. } => {
                    assert_eq!(generation, 2);
                    kinds.push("witness");
                }
                GalleryFile::Requests { .. } => kinds.push("requests"),
            }
            // Every file is checked where it says what it is.
            for cut in [0, 12, 40, bytes.len() - 1] {
                std::fs::write(&path, &bytes[..cut]).unwrap();
                let read = GalleryFile::read(&path);
                assert!(!matches!(read, Ok(GalleryFile::Segment { .. } | GalleryFile::Manifest { .. })));
            }
            std::fs::write(&path, &bytes).unwrap();
        }
        kinds.sort_unstable();
        assert_eq!(kinds, ["current", "log", "manifest", "segment", "witness"]);
    }
}
