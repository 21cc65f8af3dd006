//! The layouts that share the version ` 20`: ISO/IEC 19794-2:2005 and both length forms of ANSI INCITS 378-2004.

use crate::template::RecordError;
use crate::template::codec::cursor::Cursor;

/// A layout of the header: the record length takes four, two or six bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// ISO/IEC 19794-2:2005.
    Iso,
    /// ANSI INCITS 378-2004, a length of two bytes.
    AnsiShort,
    /// ANSI INCITS 378-2004, two zero bytes and a length of four.
    AnsiLong,
}

impl Layout {
    /// Bytes of the header, with the number of views and the zero byte that end it.
    const fn header(self) -> usize {
        match self {
            Self::Iso => 24,
            Self::AnsiShort => 26,
            Self::AnsiLong => 30,
        }
    }

    /// How well the bytes keep to the layout.
    fn fit(self, bytes: &[u8]) -> Fit {
        match self.walk(bytes) {
            // A header without views fits anything.
            Ok((0, _)) | Err(_) => Fit::None,
            Ok((_, 0)) => Fit::Exact,
            Ok(_) => Fit::Longer,
        }
    }

    /// The number of views, and the bytes that follow them.
    fn walk(self, bytes: &[u8]) -> Result<(u8, usize), RecordError> {
        let mut cursor = Cursor::new(bytes);
        cursor.take(self.header() - 2, "header")?;
        let [views, _] = cursor.array("number of views")?;
        for _ in 0..views {
            cursor.take(3, "view header")?;
            let minutiae = usize::from(cursor.u8("number of minutiae")?);
            cursor.take(6 * minutiae, "minutiae")?;
            let extended = usize::from(cursor.u16("extended data length")?);
            cursor.take(extended, "extended data")?;
        }
        Ok((views, cursor.remaining()))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    None,
    /// Bytes follow the last view.
    Longer,
    Exact,
}

/// The layout of a record whose first eight bytes are known.
///
/// The length field tells, because what would be too short for a header is no length: see `docs/formats.md`.
/// Where it declares another number of bytes than the input has, it may be damaged, and the layout that the
/// bytes keep to decides; if none does, the length field.
pub(super) fn layout(bytes: &[u8]) -> Result<Layout, RecordError> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(8, "format and version")?;
    let high = cursor.u16("record length")?;
    if high >= 26 && usize::from(high) == bytes.len() {
        return Ok(Layout::AnsiShort);
    }
    let (told, declared) = if high >= 26 {
        (Layout::AnsiShort, usize::from(high))
    } else {
        let low = cursor.u16("record length")?;
        let iso = usize::from(high) << 16 | usize::from(low);
        if iso >= 24 {
            (Layout::Iso, iso)
        } else {
            (Layout::AnsiLong, usize::from(low) << 16 | usize::from(cursor.u16("record length").unwrap_or(0)))
        }
    };
    if declared == bytes.len() {
        return Ok(told);
    }
    // The later of equals wins: what the length field tells.
    let others = [Layout::AnsiLong, Layout::AnsiShort, Layout::Iso];
    let best = others.into_iter().chain([told]).max_by_key(|layout| layout.fit(bytes));
    Ok(best.unwrap_or(told))
}
