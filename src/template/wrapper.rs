//! What records come wrapped in: text, card objects, signed structures, transactions.

use std::fmt;

/// Something that a record was wrapped in. No wrapper changes what the record says, and none is
/// checked beyond its lengths: a signature in particular is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wrapper {
    /// Hexadecimal text.
    Hexadecimal,
    /// Base64 text of the standard alphabet or the URL alphabet.
    Base64,
    /// A PIV card data object of NIST SP 800-73 (tags 53 and BC).
    PivObject,
    /// A CBEFF structure of INCITS 398 and NIST SP 800-76, with its header of 88 bytes.
    CbeffStructure {
        /// Bytes of the signature block, which nobody checked; 0 if there is none.
        signature: u16,
    },
    /// Biometric information templates of ISO/IEC 7816-11 (tags 7F61 and 7F60), as on ID cards and
    /// in data group 3 of passports.
    InformationTemplates {
        /// Templates that hold something else than minutiae and were passed over.
        passed_over: usize,
    },
    /// A CBEFF structure in XML (ISO/IEC 19785-3); of records of pictures.
    CbeffXml,
    /// An ANSI/NIST-ITL transaction in the traditional encoding.
    Transaction {
        /// Type-9 records without fields that are read, which were passed over.
        passed_over: usize,
    },
}

impl Wrapper {
    /// Whether what is inside was decoded, so that it is at no offset of the input.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Hexadecimal | Self::Base64 | Self::CbeffXml)
    }
}

impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hexadecimal => f.write_str("hexadecimal text"),
            Self::Base64 => f.write_str("base64 text"),
            Self::PivObject => f.write_str("PIV data object"),
            Self::CbeffStructure { signature: 0 } => f.write_str("CBEFF structure without a signature"),
            Self::CbeffStructure { signature } => {
                write!(f, "CBEFF structure, its signature of {signature} bytes not checked")
            }
            Self::InformationTemplates { passed_over: 0 } => f.write_str("biometric information templates"),
            Self::InformationTemplates { passed_over } => {
                write!(f, "biometric information templates, {passed_over} without minutiae passed over")
            }
            Self::CbeffXml => f.write_str("CBEFF structure in XML"),
            Self::Transaction { passed_over: 0 } => f.write_str("ANSI/NIST-ITL transaction"),
            Self::Transaction { passed_over } => write!(
                f,
                "ANSI/NIST-ITL transaction, {passed_over} Type-9 records of other formats passed over"
            ),
        }
    }
}
