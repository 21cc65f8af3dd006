//! Facts about a gallery and each of its files.

use std::path::Path;

use biomatch::gallery::{Gallery, GalleryFile, GalleryOptions, SegmentColumns};

use crate::exit::Failure;
use crate::facts::Facts;

/// Of a gallery's folder.
pub(super) fn folder(path: &Path) -> Result<Facts, Failure> {
    let gallery = Gallery::open(path, GalleryOptions::default())?;
    let snapshot = gallery.snapshot()?;
    let models = snapshot.models().map(|(model, dimension)| format!("{model}, {dimension} dimensions"));
    let models: Vec<String> = models.collect();
    let entries = std::fs::read_dir(path).map_err(|error| Failure::unreadable(path, &error))?;
    let files: Vec<u64> = entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).collect();
    Ok(Facts::default()
        .with("kind", "gallery")
        .with("generation", snapshot.generation().to_string())
        .with("fingers", snapshot.finger_count())
        .with("faces", snapshot.face_count())
        .with_some("models", (!models.is_empty()).then_some(models))
        .with("files", files.len())
        .with("bytes", files.iter().sum::<u64>()))
}

/// Of one file.
pub(super) fn file(path: &Path) -> Result<Facts, Failure> {
    let facts = Facts::default();
    Ok(match GalleryFile::read(path)? {
        GalleryFile::Current { manifest } => {
            facts.with("kind", "gallery CURRENT").with("names_manifest", manifest)
        }
        GalleryFile::Manifest {
            gallery,
            number,
            generation,
            files,
            references: [fingers, faces],
            partition,
            code_model,
            erasures,
        } => facts
            .with("kind", "gallery manifest")
            .with("gallery", hex::encode(gallery))
            .with("number", number)
            .with("generation", generation)
            .with("fingers", fingers)
            .with("faces", faces)
            .with("partition", format!("{} of {}", partition.index(), partition.count()))
            .with_some("code_model", code_model.map(|model| model.to_string()))
            .with("pending_erasures", erasures)
            .with("names", files),
        GalleryFile::Log { gallery, number, starts_after, batches, changes, tail } => facts
            .with("kind", "gallery write-ahead log")
            .with("gallery", hex::encode(gallery))
            .with("number", number)
            .with("starts_after_generation", starts_after)
            .with("batches", batches)
            .with("changes", changes)
            .with_some("tail", tail),
        GalleryFile::Witness { gallery, manifest, generation, log, length, damaged_slot } => facts
            .with("kind", "gallery witness")
            .with("gallery", hex::encode(gallery))
            .with("generation", generation)
            .with("manifest", manifest)
            .with("log", log)
            .with("log_bytes", length)
            .with_some("damaged_slot", damaged_slot),
        GalleryFile::Requests { gallery, number, requests } => facts
            .with("kind", "gallery requests")
            .with("gallery", hex::encode(gallery))
            .with("number", number)
            .with("requests", requests),
        GalleryFile::Tombstones { gallery, number, deleted, locked } => facts
            .with("kind", "gallery tombstones")
            .with("gallery", hex::encode(gallery))
            .with("number", number)
            .with("deleted_rows", deleted)
            .with("locked_citizens", locked),
        GalleryFile::Segment { gallery, number, rows, columns, digest } => {
            let facts = facts
                .with("kind", "gallery segment")
                .with("gallery", hex::encode(gallery))
                .with("number", number)
                .with("rows", rows);
            let facts = match columns {
                SegmentColumns::Fingers { features, codes } => facts
                    .with("of", "fingers")
                    .with("feature_version", u64::from(features))
                    .with_some("code_model", codes.map(|model| model.to_string())),
                SegmentColumns::Faces { model, dimension } => facts
                    .with("of", "faces")
                    .with("model", model.to_string())
                    .with("dimension", u64::from(dimension)),
            };
            facts.with("blake3", hex::encode(digest))
        }
        _ => facts.with("kind", "gallery file"),
    })
}
