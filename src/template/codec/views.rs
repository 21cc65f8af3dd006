//! What holds for the views of a record together: their number, codes and numbering.

use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, FingerPosition, FingerprintTemplate, Flaw, Frame, Impression, RecordError, RecordWriteError,
};

/// View numbers that every dialect's four bits hold.
pub(super) const GREATEST_VIEW: u8 = 15;

/// Checks the number of views that a header declares.
pub(super) fn check_count(
    found: u16,
    limit: u16,
    offset: usize,
    notes: &mut Notes,
) -> Result<(), RecordError> {
    notes.check(found > 0, offset, || Flaw::NoViews)?;
    notes.check(found <= limit, offset, || Flaw::TooManyViews { limit, found })
}

/// A finger position code.
pub(super) fn position(
    found: u8,
    dialect: Dialect,
    offset: usize,
    notes: &mut Notes,
) -> Result<FingerPosition, RecordError> {
    let fine = dialect.has_position(found);
    notes.check(fine, offset, || Flaw::Code { dialect, field: "finger position", found })?;
    Ok(FingerPosition::from_code(found))
}

/// An impression type code.
pub(super) fn impression(
    found: u8,
    dialect: Dialect,
    offset: usize,
    notes: &mut Notes,
) -> Result<Impression, RecordError> {
    let fine = dialect.has_impression(found);
    notes.check(fine, offset, || Flaw::Code { dialect, field: "impression type", found })?;
    Ok(Impression::from_code(found))
}

/// Checks the number of a view that was read from `offset`, after the ones before it: the views
/// of a finger count up from 0. The sample of ISO/IEC 19794-2:2011 counts through the whole record
/// instead, so there both are right.
pub(super) fn check_number(
    before: &[FingerprintTemplate],
    view: &FingerprintTemplate,
    dialect: Dialect,
    offset: usize,
    notes: &mut Notes,
) -> Result<(), RecordError> {
    let same_finger = || before.iter().filter(|v| v.position == view.position);
    let (position, found) = (view.position.code(), view.view);
    if same_finger().any(|v| v.view == found) {
        return notes.flaw(offset, Flaw::DuplicateView { position, view: found });
    }
    let expected = u8::try_from(same_finger().count()).unwrap_or(u8::MAX);
    let through = dialect == Dialect::Iso2011 && usize::from(found) == before.len();
    notes.check(found == expected || through, offset, || Flaw::ViewNumber { position, expected, found })
}

/// Checks what every writer needs of views: a number of them, codes that the dialect has, view
/// numbers that count up from 0 for each finger, few enough minutiae.
pub(super) fn check_writable(
    views: &[FingerprintTemplate],
    dialect: Dialect,
    limit: usize,
    least: usize,
) -> Result<(), RecordWriteError> {
    if views.is_empty() {
        return Err(RecordWriteError::NoViews);
    }
    if views.len() > limit {
        return Err(RecordWriteError::TooManyViews { limit, found: views.len() });
    }
    let mut seen = [0_usize; 256];
    for (view, template) in views.iter().enumerate() {
        let position = template.position.code();
        if !dialect.has_position(position) {
            return Err(RecordWriteError::Code { view, field: "finger position", found: position });
        }
        let impression = template.impression.code();
        if !dialect.has_impression(impression) {
            return Err(RecordWriteError::Code { view, field: "impression type", found: impression });
        }
        let due = &mut seen[usize::from(position)];
        if usize::from(template.view) != *due || template.view > GREATEST_VIEW {
            return Err(RecordWriteError::ViewNumber { view, found: template.view, expected: *due });
        }
        *due += 1;
        let found = template.minutiae.len();
        if !(least..=255).contains(&found) {
            return Err(RecordWriteError::MinutiaCount { view, found, least });
        }
    }
    Ok(())
}

/// The frame of a view, which writers cannot do without, of a resolution that the dialect allows.
pub(super) fn frame(
    view: usize,
    template: &FingerprintTemplate,
    least_resolution: u16,
) -> Result<&Frame, RecordWriteError> {
    let frame = template.frame.as_ref().ok_or(RecordWriteError::NoFrame { view })?;
    for (field, found, least) in [
        ("picture width", frame.width, 1),
        ("picture height", frame.height, 1),
        ("horizontal resolution", frame.resolution_x.pixels_per_centimetre(), least_resolution),
        ("vertical resolution", frame.resolution_y.pixels_per_centimetre(), least_resolution),
    ] {
        if found < least {
            return Err(RecordWriteError::Frame { view, field, found, least });
        }
    }
    Ok(frame)
}
