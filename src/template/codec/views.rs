//! What holds for the views of a record together: their number, codes and numbering.

use std::collections::HashSet;

use crate::template::codec::cursor::Cursor;
use crate::template::codec::frame;
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

/// The number of views and the zero byte that end the header in ANSI INCITS 378 and ISO/IEC 19794-2:2005.
pub(super) fn read_count(cursor: &mut Cursor<'_>, notes: &mut Notes, limit: u16) -> Result<u16, RecordError> {
    let offset = cursor.offset();
    let count = cursor.u8("number of views")?.into();
    check_count(count, limit, offset, notes)?;
    let reserved = cursor.u8("reserved byte")?.into();
    notes.check(reserved == 0, offset + 1, || Flaw::Reserved {
        field: "the header's last byte",
        found: reserved,
    })?;
    Ok(count)
}

/// So many views, with the check of their numbers; nothing follows them.
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    notes: &mut Notes,
    dialect: Dialect,
    count: u16,
    mut read_view: impl FnMut(&mut Cursor<'a>, &mut Notes) -> Result<FingerprintTemplate, RecordError>,
) -> Result<Vec<FingerprintTemplate>, RecordError> {
    let mut views = Vec::new();
    let mut numbering = Numbering::new(dialect);
    for _ in 0..count {
        let offset = cursor.offset();
        let view = read_view(cursor, notes)?;
        numbering.check(&view, offset, notes)?;
        views.push(view);
    }
    let count = cursor.remaining();
    notes.check(count == 0, cursor.offset(), || Flaw::TrailingBytes { count })?;
    Ok(views)
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

/// Checks view numbers as views are read: those of a finger count up from 0. The sample of
/// ISO/IEC 19794-2:2011 counts through the whole record instead, so there both are right.
struct Numbering {
    dialect: Dialect,
    seen: HashSet<(u8, u8)>,
    of_position: [u8; 256],
    views: usize,
}

impl Numbering {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, seen: HashSet::new(), of_position: [0; 256], views: 0 }
    }

    /// Checks the next view, which was read from `offset`.
    fn check(
        &mut self,
        view: &FingerprintTemplate,
        offset: usize,
        notes: &mut Notes,
    ) -> Result<(), RecordError> {
        let (position, found) = (view.position.code(), view.view);
        let due = &mut self.of_position[usize::from(position)];
        let expected = *due;
        *due = due.saturating_add(1);
        let through = self.dialect == Dialect::Iso2011 && usize::from(found) == self.views;
        self.views += 1;
        if !self.seen.insert((position, found)) {
            return notes.flaw(offset, Flaw::DuplicateView { position, view: found });
        }
        notes.check(found == expected || through, offset, || Flaw::ViewNumber { position, expected, found })
    }
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

/// The frame of a view, which writers cannot do without, of a resolution that scanners have.
pub(super) fn frame(view: usize, template: &FingerprintTemplate) -> Result<&Frame, RecordWriteError> {
    let frame = template.frame.as_ref().ok_or(RecordWriteError::NoFrame { view })?;
    for (field, found) in [("picture width", frame.width), ("picture height", frame.height)] {
        if found == 0 {
            return Err(RecordWriteError::Frame { view, field });
        }
    }
    for (field, resolution) in
        [("horizontal resolution", frame.resolution_x), ("vertical resolution", frame.resolution_y)]
    {
        if !frame::is_of_scanner(resolution) {
            let found = resolution.pixels_per_centimetre();
            return Err(RecordWriteError::Resolution { view, field, found });
        }
    }
    Ok(frame)
}
