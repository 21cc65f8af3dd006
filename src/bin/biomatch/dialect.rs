//! The dialects in which fingerprint records are written.

use biomatch::template::Dialect;

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Target {
    /// ISO/IEC 19794-2:2005
    Iso2005,
    /// ISO/IEC 19794-2:2011
    Iso2011,
    /// ANSI INCITS 378-2004
    Ansi2004,
}

impl Target {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Iso2005 => Dialect::Iso2005,
            Self::Iso2011 => Dialect::Iso2011,
            Self::Ansi2004 => Dialect::Ansi2004,
        }
    }

    /// How names of such files end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Iso2005 | Self::Iso2011 => "iso",
            Self::Ansi2004 => "ansi",
        }
    }
}
