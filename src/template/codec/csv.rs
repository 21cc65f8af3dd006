//! Minutiae as comma-separated text with a header line.

use crate::template::codec::notes::Notes;
use crate::template::codec::xyt::MOST_LINES;
use crate::template::{
    Dialect, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw, Frame, Minutia, MinutiaKind,
    Product, Reading, RecordError, TextProblem,
};
use crate::units::{Angle, Length, Quality, Resolution};

/// Where the columns are, by the header line.
struct Columns {
    x: usize,
    y: usize,
    angle: usize,
    quality: Option<usize>,
    kind: Option<usize>,
}

impl Columns {
    fn of(header: &::csv::StringRecord, notes: &mut Notes) -> Result<Self, RecordError> {
        let find = |name: &'static str| {
            let mut all = header.iter().enumerate().filter(|(_, title)| *title == name);
            match (all.next(), all.next()) {
                (first, None) => Ok(first.map(|(column, _)| column)),
                _ => Err(problem(1, TextProblem::Header { name })),
            }
        };
        let need = |name| find(name)?.ok_or(problem(1, TextProblem::Header { name }));
        let columns = Self {
            x: need("x")?,
            y: need("y")?,
            angle: need("angle_degrees")?,
            quality: find("quality")?,
            kind: find("type")?,
        };
        for (column, title) in (1..).zip(header) {
            let known = matches!(title, "x" | "y" | "angle_degrees" | "quality" | "type");
            notes.check(known, 0, || Flaw::UnknownColumn { column })?;
        }
        Ok(columns)
    }
}

fn problem(line: u64, problem: TextProblem) -> RecordError {
    RecordError::Text { line, problem }
}

pub(in crate::template) fn read(
    bytes: &[u8],
    frame: Frame,
    reading: Reading,
) -> Result<FingerprintRecord, RecordError> {
    let mut notes = Notes::new(reading);
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(bytes);
    let unreadable = |e: &::csv::Error| {
        let line = e.position().map_or(1, ::csv::Position::line);
        let expected = "as many columns as the header has";
        problem(
            line,
            match e.kind() {
                ::csv::ErrorKind::UnequalLengths { len, .. } => {
                    TextProblem::Columns { expected, found: usize::try_from(*len).unwrap_or(usize::MAX) }
                }
                _ => TextProblem::Unreadable,
            },
        )
    };
    let columns = Columns::of(reader.headers().map_err(|e| unreadable(&e))?, &mut notes)?;
    let mut minutiae = Vec::new();
    for (minutia, row) in reader.records().enumerate() {
        let row = row.map_err(|e| unreadable(&e))?;
        let (line, offset) = row.position().map_or((0, 0), |p| (p.line(), p.byte()));
        if minutia == MOST_LINES {
            return Err(problem(line, TextProblem::TooManyMinutiae { limit: MOST_LINES }));
        }
        let row = Row { row: &row, line, offset: usize::try_from(offset).unwrap_or(usize::MAX), minutia };
        let angle = row.number(columns.angle, "angle_degrees")?;
        let quality = row.quality(&columns, &mut notes)?;
        let kind = row.kind(&columns)?;
        let x = row.number(columns.x, "x")?;
        let y = row.number(columns.y, "y")?;
        let x = row.length("x", x, frame.width, frame.resolution_x, &mut notes)?;
        let y = row.length("y", y, frame.height, frame.resolution_y, &mut notes)?;
        if let Some((x, y)) = x.zip(y) {
            minutiae.push(Minutia::new(x, y, Angle::from_radians(angle.to_radians()), kind, quality));
        }
    }
    let view = FingerprintTemplate::new(FingerPosition::Unknown, minutiae).with_frame(frame);
    Ok(FingerprintRecord {
        dialect: Dialect::Csv,
        product: Product::default(),
        views: vec![view],
        warnings: notes.into_warnings(),
        wrappers: Vec::new(),
    })
}

struct Row<'a> {
    row: &'a ::csv::StringRecord,
    line: u64,
    offset: usize,
    minutia: usize,
}

impl Row<'_> {
    fn text(&self, column: usize) -> &str {
        self.row.get(column).unwrap_or_default()
    }

    fn number(&self, column: usize, field: &'static str) -> Result<f64, RecordError> {
        let value = self.text(column).parse::<f64>().ok().filter(|value| value.is_finite());
        value.ok_or(problem(self.line, TextProblem::Value { field, expected: "a number" }))
    }

    fn quality(&self, columns: &Columns, notes: &mut Notes) -> Result<Option<Quality>, RecordError> {
        let text = columns.quality.map_or("", |column| self.text(column));
        if text.is_empty() {
            return Ok(None);
        }
        let expected = "a whole number up to 100, or nothing";
        let value: u8 = text
            .parse()
            .map_err(|_| problem(self.line, TextProblem::Value { field: "quality", expected }))?;
        notes.check(value <= 100, self.offset, || Flaw::Quality { field: "quality", found: value })?;
        Ok(Quality::new(value))
    }

    fn kind(&self, columns: &Columns) -> Result<MinutiaKind, RecordError> {
        match columns.kind.map_or("", |column| self.text(column)) {
            "" | "other" => Ok(MinutiaKind::Other),
            "ending" => Ok(MinutiaKind::Ending),
            "bifurcation" => Ok(MinutiaKind::Bifurcation),
            _ => {
                let expected = "ending, bifurcation or other";
                Err(problem(self.line, TextProblem::Value { field: "type", expected }))
            }
        }
    }

    fn length(
        &self,
        field: &'static str,
        pixels: f64,
        limit: u16,
        resolution: Resolution,
        notes: &mut Notes,
    ) -> Result<Option<Length>, RecordError> {
        let minutia = self.minutia;
        let per_pixel =
            f64::from(Length::STEPS_PER_CENTIMETRE) / f64::from(resolution.pixels_per_centimetre());
        let steps = (pixels * per_pixel).round();
        if !(0.0..=f64::from(u16::MAX)).contains(&steps) {
            notes.flaw(self.offset, Flaw::Unplaceable { field, minutia })?;
            return Ok(None);
        }
        notes.check(pixels < f64::from(limit), self.offset, || Flaw::OutsidePicture {
            field,
            minutia,
            found: pixels as u32,
            limit,
        })?;
        Ok(Some(Length::from_steps(steps as u16)))
    }
}
