//! The mark of a gallery whose attempts are limited: the identity of the file of attempts that counts them. While
//! it is there, a lost file of attempts is an error, and not a gallery without limits.

use super::error::GalleryError;
use super::names;
use crate::storage::{Damage, Files};

const MOST_BYTES: u64 = 4096;

/// The identity of the file of attempts; none if attempts are not limited.
pub(super) fn read(files: &Files) -> Result<Option<[u8; 16]>, GalleryError> {
    let bytes = match files.read(names::ATTEMPTS, MOST_BYTES) {
        Err(error) if error.is_not_found() => return Ok(None),
        bytes => bytes?,
    };
    let damage =
        || Damage::new(&files.path(names::ATTEMPTS), 0, "the identity of a file of attempts", "other bytes");
    Ok(Some(decode(&bytes).ok_or_else(damage)?))
}

/// Marks the gallery, durably.
pub(super) fn write(files: &Files, identity: [u8; 16]) -> Result<(), GalleryError> {
    files.prepare(names::ATTEMPTS, encode(identity).as_bytes())?.finish()?;
    Ok(files.sync()?)
}

/// Gives a copy of a gallery the mark that the gallery has; its name is durable after the next
/// [`Files::sync`].
pub(super) fn copy(source: &Files, destination: &Files) -> Result<(), GalleryError> {
    match read(source)? {
        Some(identity) => Ok(destination.prepare(names::ATTEMPTS, encode(identity).as_bytes())?.finish()?),
        None => Ok(()),
    }
}

fn encode(identity: [u8; 16]) -> String {
    format!("attempts {}\nend\n", hex::encode(identity))
}

fn decode(bytes: &[u8]) -> Option<[u8; 16]> {
    let text = std::str::from_utf8(bytes).ok()?;
    let digits = text.strip_prefix("attempts ")?.strip_suffix("\nend\n")?;
    let mut identity = [0; 16];
    hex::decode_to_slice(digits, &mut identity).ok()?;
    (encode(identity).as_bytes() == bytes).then_some(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_and_nothing_else_is_one() {
        let text = encode([0xa1; 16]);
        assert_eq!(decode(text.as_bytes()), Some([0xa1; 16]));
        for length in 0..text.len() {
            assert_eq!(decode(&text.as_bytes()[..length]), None);
        }
        assert_eq!(decode(text.to_uppercase().as_bytes()), None);
    }
}
