//! Records inside wrappers. A wrapper is taken off, what is inside is read, and the record says
//! what was taken off. Wrappers may lie in one another up to a bound.

mod ber;
mod cbeff;
mod piv;
mod templates;
pub(super) mod text;

use crate::template::codec::notes::Notes;
use crate::template::codec::{card, detect};
use crate::template::{
    Appearance, Dialect, FingerPosition, FingerprintRecord, Flaw, Reading, RecordError, Wrapper,
};

/// Most wrappers around one record. Four occur: text, card object, template group, CBEFF structure.
const MOST_WRAPPERS: usize = 8;

/// What an input is wrapped in, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    PivObject,
    CbeffStructure,
    InformationTemplates,
}

/// The wrapper that bytes begin like. Text is no such wrapper: what it encodes begins like one.
pub(super) fn wrapping(bytes: &[u8]) -> Option<Wrapping> {
    if piv::looks_like(bytes) {
        Some(Wrapping::PivObject)
    } else if cbeff::looks_like(bytes) {
        Some(Wrapping::CbeffStructure)
    } else if templates::looks_like(bytes) {
        Some(Wrapping::InformationTemplates)
    } else {
        None
    }
}

/// Whether bytes are one data object, or a CBEFF structure, and nothing else.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    ber::is_whole(bytes) || cbeff::looks_like(bytes)
}

/// What is inside a wrapper.
pub(super) struct Unwrapped<'a> {
    pub(super) wrapper: Wrapper,
    pub(super) parts: Vec<Part<'a>>,
}

/// One record inside a wrapper.
pub(crate) struct Part<'a> {
    /// Where it begins in the wrapper.
    pub(crate) offset: usize,
    pub(crate) bytes: &'a [u8],
    /// The finger that the wrapper states.
    pub(crate) position: FingerPosition,
    /// The card format that the wrapper states, if what is inside does not say what it is.
    card: Option<Dialect>,
    /// Whether it may be in a card format that the wrapper does not state.
    is_card: bool,
}

impl<'a> Part<'a> {
    fn new(offset: usize, bytes: &'a [u8]) -> Self {
        Self { offset, bytes, position: FingerPosition::Unknown, card: None, is_card: false }
    }
}

/// Takes off the wrapper that bytes begin like, if any.
pub(super) fn unwrap<'a>(bytes: &'a [u8], notes: &mut Notes) -> Result<Option<Unwrapped<'a>>, RecordError> {
    let Some(wrapping) = wrapping(bytes) else { return Ok(None) };
    Ok(Some(match wrapping {
        Wrapping::PivObject => piv::unwrap(bytes, notes)?,
        Wrapping::CbeffStructure => cbeff::unwrap(bytes, notes)?,
        Wrapping::InformationTemplates => templates::unwrap(bytes, notes)?,
    }))
}

/// Reads a record that says what it is, bare or wrapped.
pub(super) fn read(bytes: &[u8], reading: Reading) -> Result<FingerprintRecord, RecordError> {
    read_inside(bytes, reading, 0)
}

fn read_inside(bytes: &[u8], reading: Reading, depth: usize) -> Result<FingerprintRecord, RecordError> {
    if depth > MOST_WRAPPERS {
        let (field, expected) = ("wrappers in one another", "8 at most");
        return Err(RecordError::Unexpected { offset: 0, field, expected });
    }
    let mut notes = Notes::new(reading);
    if let Some(mut unwrapped) = unwrap(bytes, &mut notes)? {
        let wrapper = unwrapped.wrapper;
        let records = read_parts(&mut unwrapped, reading, depth).map_err(|error| wrapped(wrapper, error))?;
        return join(unwrapped.wrapper, records, notes);
    }
    match text::Text::of(bytes, detect::is_known) {
        Some(text) => {
            let decoded = text.decode()?;
            let mut record =
                read_inside(&decoded, reading, depth + 1).map_err(|error| wrapped(text.wrapper(), error))?;
            record.wrappers.insert(0, text.wrapper());
            Ok(record)
        }
        None => super::read_bare(bytes, reading),
    }
}

/// Reads what is inside a wrapper. Parts that are no minutiae records are passed over if there are
/// others.
fn read_parts(
    unwrapped: &mut Unwrapped<'_>,
    reading: Reading,
    depth: usize,
) -> Result<Vec<FingerprintRecord>, RecordError> {
    let mut records = Vec::new();
    let mut first_other = None;
    for part in &unwrapped.parts {
        let record = match part.card {
            Some(Dialect::IsoCardCompact) => card::read_compact(part.bytes, reading),
            Some(_) => card::read_normal(part.bytes, reading),
            None => read_inside(part.bytes, reading, depth + 1).map_err(|error| match error {
                RecordError::NotARecord(Appearance::Unknown | Appearance::Text) if part.is_card => {
                    RecordError::NotARecord(Appearance::CardObject)
                }
                error => error,
            }),
        };
        match record.map_err(|error| error.moved(part.offset)) {
            Ok(mut record) => {
                record.warnings.iter_mut().for_each(|warning| warning.offset += part.offset);
                for view in record.views.iter_mut().filter(|view| view.position == FingerPosition::Unknown) {
                    view.position = part.position;
                }
                records.push(record);
            }
            Err(error) if is_other_content(&error) => {
                first_other.get_or_insert(error);
                if let Wrapper::InformationTemplates { passed_over } = &mut unwrapped.wrapper {
                    *passed_over += 1;
                }
            }
            Err(error) => return Err(error),
        }
    }
    match first_other.filter(|_| records.is_empty()) {
        Some(error) => Err(error),
        None => Ok(records),
    }
}

/// Whether an error says that something else than minutiae is there, and not that they are damaged.
fn is_other_content(error: &RecordError) -> bool {
    match error {
        RecordError::NotARecord(_) => true,
        RecordError::Wrapped { error, .. } => is_other_content(error),
        _ => false,
    }
}

/// One record of all views. Its dialect and product are those of the first.
fn join(
    wrapper: Wrapper,
    records: Vec<FingerprintRecord>,
    mut notes: Notes,
) -> Result<FingerprintRecord, RecordError> {
    let mut records = records.into_iter();
    let Some(mut record) = records.next() else {
        return Err(wrapped(wrapper, RecordError::NoView));
    };
    for other in records {
        let (first, second) = (record.dialect, other.dialect);
        notes.check(first == second, 0, || Flaw::SeveralDialects { first, second })?;
        record.views.extend(other.views);
        record.warnings.extend(other.warnings);
        for inner in other.wrappers {
            if !record.wrappers.contains(&inner) {
                record.wrappers.push(inner);
            }
        }
    }
    record.wrappers.insert(0, wrapper);
    let inside = std::mem::take(&mut record.warnings);
    record.warnings = notes.into_warnings();
    record.warnings.extend(inside);
    Ok(record)
}

fn wrapped(wrapper: Wrapper, error: RecordError) -> RecordError {
    RecordError::Wrapped { wrapper, error: Box::new(error) }
}
