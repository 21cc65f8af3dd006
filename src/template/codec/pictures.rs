//! What the module of pictures needs of the codecs: cursors, wrappers, and the images of transactions.

use crate::template::codec::notes::Notes;
use crate::template::codec::wrapper::{self, Part, text};
use crate::template::codec::{ansi_nist, detect, iso2011};
use crate::template::{Appearance, Capture, Reading, RecordError, Wrapper};
use crate::units::Quality;

pub(crate) use crate::template::codec::ansi_nist::images::{Image, ImageContent, read_images};
pub(crate) use crate::template::codec::cursor::Cursor;

/// Takes off the outermost wrapper of bytes, if they begin like one.
pub(crate) fn unwrap(bytes: &[u8]) -> Result<Option<(Wrapper, Vec<Part<'_>>)>, RecordError> {
    let unwrapped = wrapper::unwrap(bytes, &mut Notes::new(Reading::Lenient))?;
    Ok(unwrapped.map(|unwrapped| (unwrapped.wrapper, unwrapped.parts)))
}

/// Decodes hexadecimal or base64 text of a record, or of what `is_known` knows by its first bytes.
pub(crate) fn decode_text(
    bytes: &[u8],
    is_known: impl Fn(&[u8]) -> bool,
) -> Result<Option<(Wrapper, Vec<u8>)>, RecordError> {
    let text = text::Text::of(bytes, |start| detect::is_known(start) || is_known(start));
    text.map(|text| Ok((text.wrapper(), text.decode()?))).transpose()
}

/// Decodes base64 with white space in it.
pub(crate) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, RecordError> {
    text::Text::base64(text).decode()
}

/// Reads the beginning of a representation of the 2011 editions: time, device, qualities, certificates.
pub(crate) fn read_capture(
    cursor: &mut Cursor<'_>,
    certified: bool,
) -> Result<(Capture, Option<Quality>), RecordError> {
    iso2011::read_capture(cursor, &mut Notes::new(Reading::Lenient), certified)
}

/// Whether bytes begin like an ANSI/NIST-ITL transaction.
pub(crate) fn is_transaction(bytes: &[u8]) -> bool {
    ansi_nist::looks_like(bytes)
}

/// What an input that is no record looks like.
pub(crate) fn appearance(bytes: &[u8]) -> Appearance {
    detect::appearance(bytes)
}
