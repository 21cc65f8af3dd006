//! Minutiae of the record dialects and the normal card format: two 14-bit coordinates, an angle,
//! perhaps a quality.

use std::num::NonZeroU16;

use crate::template::codec::cursor::Cursor;
use crate::template::codec::notes::Notes;
use crate::template::{
    Dialect, FingerprintTemplate, Flaw, Frame, Minutia, MinutiaKind, RecordError, RecordWriteError,
};
use crate::units::{Angle, Length, Quality, Resolution};

/// Angle units in a turn of ISO/IEC 19794-2: 1.40625 degrees each.
pub(super) const ISO_TURN: NonZeroU16 = NonZeroU16::new(256).unwrap();
/// Angle units in a turn of ANSI INCITS 378: 2 degrees each.
pub(super) const ANSI_TURN: NonZeroU16 = NonZeroU16::new(180).unwrap();

/// The greatest coordinate that 14 bits hold.
pub(super) const GREATEST_COORDINATE: u16 = 0x3FFF;

/// How a dialect writes a minutia.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) dialect: Dialect,
    /// Angle units in a turn.
    pub(super) turn: NonZeroU16,
    pub(super) quality: QualityForm,
}

/// How a dialect writes a minutia's quality.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum QualityForm {
    /// No byte for it.
    None,
    /// 0 means not reported (2004 and 2005).
    Zero,
    /// 254 means not reported, 255 failed to compute (2009 and 2011).
    Special,
}

impl QualityForm {
    /// What a quality byte says; a value out of range is a flaw and says nothing.
    pub(super) fn decode(
        self,
        found: u8,
        field: &'static str,
        offset: usize,
        notes: &mut Notes,
    ) -> Result<Option<Quality>, RecordError> {
        let fine = found <= 100 || (self == Self::Special && found >= 254);
        notes.check(fine, offset, || Flaw::Quality { field, found })?;
        Ok(Quality::new(found))
    }

    pub(super) fn encode(self, quality: Option<Quality>) -> u8 {
        let unreported = if self == Self::Special { 254 } else { 0 };
        quality.map_or(unreported, Quality::get)
    }
}

/// Where a minutia's fields lie on the skin.
pub(super) struct Grid {
    pub(super) x: Resolution,
    pub(super) y: Resolution,
    /// The picture's size in pixels, if there is a picture.
    pub(super) size: Option<(u16, u16)>,
}

impl From<&Frame> for Grid {
    fn from(frame: &Frame) -> Self {
        Self { x: frame.resolution_x, y: frame.resolution_y, size: Some((frame.width, frame.height)) }
    }
}

impl Grid {
    /// A place from its pixels; `None` if a lenient reading drops it.
    pub(super) fn place(
        &self,
        (x, y): (u16, u16),
        minutia: usize,
        offset: usize,
        notes: &mut Notes,
    ) -> Result<Option<(Length, Length)>, RecordError> {
        if let Some((width, height)) = self.size {
            for (field, found, limit) in [("x", x, width), ("y", y, height)] {
                notes.check(found < limit, offset, || Flaw::OutsidePicture {
                    field,
                    minutia,
                    found: found.into(),
                    limit,
                })?;
            }
        }
        match (Length::from_pixels(x, self.x), Length::from_pixels(y, self.y)) {
            (Some(x), Some(y)) => Ok(Some((x, y))),
            (x, _) => {
                let field = if x.is_none() { "x" } else { "y" };
                notes.flaw(offset, Flaw::Unplaceable { field, minutia })?;
                Ok(None)
            }
        }
    }
}

/// The kind of a 2-bit code; 3 is a flaw.
pub(super) fn kind(
    code: u8,
    dialect: Dialect,
    offset: usize,
    notes: &mut Notes,
) -> Result<MinutiaKind, RecordError> {
    Ok(match code {
        0 => MinutiaKind::Other,
        1 => MinutiaKind::Ending,
        2 => MinutiaKind::Bifurcation,
        found => {
            notes.flaw(offset, Flaw::Code { dialect, field: "minutia type", found })?;
            MinutiaKind::Other
        }
    })
}

/// Reads `count` minutiae.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    notes: &mut Notes,
    count: usize,
    grid: &Grid,
    form: Form,
) -> Result<Vec<Minutia>, RecordError> {
    let bytes_each = if form.quality == QualityForm::None { 5 } else { 6 };
    let mut part = cursor.part(count * bytes_each, "minutiae")?;
    let mut minutiae = Vec::with_capacity(count);
    for minutia in 0..count {
        let offset = part.offset();
        let x = part.u16("minutia x")?;
        let y = part.u16("minutia y")?;
        let kind = kind((x >> 14) as u8, form.dialect, offset, notes)?;
        let reserved = y >> 14;
        notes.check(reserved == 0, offset + 2, || match form.dialect {
            Dialect::IsoCardNormal => Flaw::NotOfACard { what: "bits before minutia y" },
            _ => Flaw::Reserved { field: "bits before minutia y", found: reserved },
        })?;
        let angle = part.u8("minutia angle")?;
        let limit = form.turn.get();
        notes.check(u16::from(angle) < limit, offset + 4, || Flaw::Angle { limit, found: angle.into() })?;
        let angle = Angle::from_parts(angle.into(), form.turn);
        let quality = match form.quality {
            QualityForm::None => None,
            quality => quality.decode(part.u8("minutia quality")?, "minutia quality", offset + 5, notes)?,
        };
        let pixels = (x & GREATEST_COORDINATE, y & GREATEST_COORDINATE);
        if let Some((x, y)) = grid.place(pixels, minutia, offset, notes)? {
            minutiae.push(Minutia::new(x, y, angle, kind, quality));
        }
    }
    Ok(minutiae)
}

/// Writes a view's minutiae in pixels of a frame.
pub(super) fn write(
    out: &mut Vec<u8>,
    view: usize,
    template: &FingerprintTemplate,
    frame: &Frame,
    form: Form,
) -> Result<(), RecordWriteError> {
    for (minutia, m) in template.minutiae.iter().enumerate() {
        let pixel = |field, length: Length, resolution, limit: u16| {
            let found = length.to_pixels(resolution);
            match u16::try_from(found) {
                Ok(pixel) if pixel > GREATEST_COORDINATE => {
                    Err(RecordWriteError::Coordinate { view, minutia, field, found })
                }
                Ok(pixel) if pixel < limit => Ok(pixel),
                _ => Err(RecordWriteError::OutsidePicture { view, minutia, field, found, limit }),
            }
        };
        let x = pixel("x", m.x, frame.resolution_x, frame.width)?;
        let y = pixel("y", m.y, frame.resolution_y, frame.height)?;
        out.extend_from_slice(&((m.kind() as u16) << 14 | x).to_be_bytes());
        out.extend_from_slice(&y.to_be_bytes());
        // A turn has at most 256 parts, so a part's number fits.
        out.push(m.angle.to_parts(form.turn) as u8);
        if form.quality != QualityForm::None {
            out.push(form.quality.encode(m.quality()));
        }
    }
    Ok(())
}
