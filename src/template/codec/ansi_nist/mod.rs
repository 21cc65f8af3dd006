//! ANSI/NIST-ITL transactions in the traditional encoding (ITL 1-2000 to 1-2013): logical records of
//! tagged fields or with a binary header, of which Type-9 holds minutiae and an image record of the
//! same number says how large the picture was.

#[cfg(feature = "pictures")]
pub(super) mod images;
mod m1;
mod picture;
mod records;
mod standard;

use crate::template::codec::notes::Notes;
use crate::template::{
    Appearance, Dialect, ExtendedData, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw,
    Impression, Product, RecordError, Wrapper,
};
use records::{LogicalRecord, Record};

pub(super) use records::looks_like;

/// More minutiae than a finger has.
const MOST_MINUTIAE: usize = 1000;

/// Field numbers of a Type-9 record.
mod field {
    pub(super) const NUMBER: u16 = 2;
    pub(super) const IMPRESSION: u16 = 3;
}

pub(super) fn read(bytes: &[u8], notes: &mut Notes) -> Result<FingerprintRecord, RecordError> {
    let records = records::read(bytes, notes)?;
    let pictures = picture::Pictures::of(&records, notes)?;
    let mut dialect = None;
    let mut views: Vec<FingerprintTemplate> = Vec::new();
    let mut passed_over = 0;
    for record in &records {
        let LogicalRecord::Tagged(record) = record else { continue };
        if record.kind != 9 {
            continue;
        }
        let (found, mut view) = if m1::is_in(record) {
            (Dialect::AnsiNistM1, m1::read(record, notes)?)
        } else if standard::is_in(record) {
            let picture = record.number(field::NUMBER, "information designation")?;
            let picture = picture.and_then(|(number, _)| pictures.of_number(number));
            (Dialect::AnsiNist, standard::read(record, picture, notes)?)
        } else {
            passed_over += 1;
            continue;
        };
        let first = *dialect.get_or_insert(found);
        notes.check(first == found, record.offset, || Flaw::SeveralDialects { first, second: found })?;
        view.impression = impression(record, found, notes)?;
        if found == Dialect::AnsiNist {
            let same = views.iter().filter(|other| other.position == view.position).count();
            view.view = u8::try_from(same).unwrap_or(u8::MAX);
        }
        views.push(view);
    }
    let Some(dialect) = dialect else {
        return Err(RecordError::NotARecord(Appearance::TransactionWithoutMinutiae));
    };
    let wrappers = vec![Wrapper::Transaction { passed_over }];
    Ok(FingerprintRecord { dialect, product: Product::default(), views, warnings: Vec::new(), wrappers })
}

/// Field 9.003.
fn impression(record: &Record<'_>, dialect: Dialect, notes: &mut Notes) -> Result<Impression, RecordError> {
    let Some((code, offset)) = record.number(field::IMPRESSION, "impression type")? else {
        return Ok(Impression::default());
    };
    let code = byte(code, "impression type", offset)?;
    crate::template::codec::views::impression(code, dialect, offset, notes)
}

/// A finger position from its number.
fn position(
    code: u32,
    offset: usize,
    dialect: Dialect,
    notes: &mut Notes,
) -> Result<FingerPosition, RecordError> {
    let code = byte(code, "finger position", offset)?;
    crate::template::codec::views::position(code, dialect, offset, notes)
}

fn byte(value: u32, field: &'static str, offset: usize) -> Result<u8, RecordError> {
    u8::try_from(value).map_err(|_| RecordError::Unexpected { offset, field, expected: "a number up to 255" })
}

/// A place in pixels with angles in steps of 2 degrees: a core has none or one, a delta none or
/// three.
struct Singularity {
    x: u16,
    y: u16,
    angles: Vec<u8>,
}

/// Cores and deltas as the block of ANSI INCITS 378 that the same record would have in binary;
/// `None` if they do not fit.
fn cores_and_deltas(dialect: Dialect, cores: &[Singularity], deltas: &[Singularity]) -> Option<ExtendedData> {
    const MOST: usize = 15;
    const MOST_PIXELS: u16 = 0x3FFF;
    let mut bytes = Vec::new();
    for (points, angles) in [(cores, 1), (deltas, 3)] {
        let with_angles = !points.is_empty() && points.iter().all(|point| point.angles.len() == angles);
        let fits = points.iter().all(|point| point.x <= MOST_PIXELS && point.y <= MOST_PIXELS);
        if points.len() > MOST || !fits {
            return None;
        }
        // The upper bits say whether angles follow; the count is checked above.
        bytes.push(u8::from(with_angles) << 6 | points.len() as u8);
        for point in points {
            bytes.extend_from_slice(&point.x.to_be_bytes());
            bytes.extend_from_slice(&point.y.to_be_bytes());
            if with_angles {
                bytes.extend_from_slice(&point.angles);
            }
        }
    }
    Some(ExtendedData { dialect, code: 2, bytes })
}
