//! The dialects of fingerprint records, and how severely they are read.

use std::fmt;

/// A way to write minutiae into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// ISO/IEC 19794-2:2005, record format.
    Iso2005,
    /// ISO/IEC 19794-2:2011, record format.
    Iso2011,
    /// ANSI INCITS 378-2004.
    Ansi2004,
    /// The draft of ANSI INCITS 378-2009 with a header of 20 bytes, which some tools call "2007".
    Ansi2007Draft,
    /// ANSI INCITS 378-2009.
    Ansi2009,
    /// ANSI INCITS 378-2009 with amendment 1.
    Ansi2009Amendment1,
    /// ISO/IEC 19794-2:2005, normal size card format, 5 bytes a minutia, no header.
    IsoCardNormal,
    /// ISO/IEC 19794-2:2005, compact size card format, 3 bytes a minutia, no header.
    IsoCardCompact,
    /// ANSI/NIST-ITL Type-9, standard fields 9.005 to 9.012: hundredths of a millimetre.
    AnsiNist,
    /// ANSI/NIST-ITL Type-9, fields 9.126 to 9.141: INCITS 378 as text.
    AnsiNistM1,
    /// SourceAFIS template (CBOR), pixels at 500 dpi.
    SourceAfis,
    /// NIST .xyt text.
    Xyt,
    /// Comma-separated text with a header line.
    Csv,
}

impl Dialect {
    /// Those of ISO/IEC, as opposed to ANSI INCITS or plain text.
    pub(super) const fn is_iso(self) -> bool {
        matches!(self, Self::Iso2005 | Self::Iso2011 | Self::IsoCardNormal | Self::IsoCardCompact)
    }

    /// Whether the dialect has this finger position code.
    pub(super) const fn has_position(self, code: u8) -> bool {
        match self {
            Self::Iso2011 | Self::Ansi2009Amendment1 => matches!(code, 0..=10 | 13..=15 | 40..=50),
            // Fingers, palms, soles, several at once.
            Self::AnsiNist => matches!(code, 0..=38 | 40..=54 | 60..=84),
            _ => code <= 10,
        }
    }

    /// Whether the dialect has this impression code.
    pub(super) const fn has_impression(self, code: u8) -> bool {
        match self {
            Self::Iso2011 => matches!(code, 0..=9 | 24 | 28 | 29),
            Self::Ansi2009 | Self::Ansi2009Amendment1 | Self::Ansi2007Draft => {
                matches!(code, 0..=11 | 20..=29)
            }
            Self::AnsiNist | Self::AnsiNistM1 => matches!(code, 0..=15 | 20..=29 | 32..=41),
            _ => matches!(code, 0..=3 | 8),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iso2005 => "ISO/IEC 19794-2:2005",
            Self::Iso2011 => "ISO/IEC 19794-2:2011",
            Self::Ansi2004 => "ANSI INCITS 378-2004",
            Self::Ansi2007Draft => "draft of ANSI INCITS 378-2009",
            Self::Ansi2009 => "ANSI INCITS 378-2009",
            Self::Ansi2009Amendment1 => "ANSI INCITS 378-2009/AM1",
            Self::IsoCardNormal => "ISO/IEC 19794-2:2005 card format, normal size",
            Self::IsoCardCompact => "ISO/IEC 19794-2:2005 card format, compact size",
            Self::AnsiNist => "ANSI/NIST-ITL Type-9, standard fields",
            Self::AnsiNistM1 => "ANSI/NIST-ITL Type-9, INCITS 378 fields",
            Self::SourceAfis => "SourceAFIS template",
            Self::Xyt => "NIST xyt",
            Self::Csv => "CSV",
        })
    }
}

/// How severely a record is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Anything that the standard forbids is an error.
    #[default]
    Strict,
    /// What can be read beyond doubt is read; each departure from the standard becomes a
    /// [`Warning`](crate::template::Warning). Minutiae are never guessed: a record that ends
    /// inside them is an error.
    Lenient,
}
