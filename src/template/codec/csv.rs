//! Minutiae as comma-separated text with a header line.

use crate::template::codec::notes::Notes;
use crate::template::codec::xyt::{MOST_LINES, encoding};
use crate::template::codec::{detect, frame};
use crate::template::{
    Dialect, FingerPosition, FingerprintRecord, FingerprintTemplate, Flaw, Frame, Minutia, MinutiaKind,
    Product, Reading, RecordError, TextProblem,
};
use crate::text;
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
    detect::check_lines(bytes)?;
    let mut notes = Notes::new(reading);
    frame::check_stated(&frame, &mut notes)?;
    let text = text::without_mark(bytes).map_err(encoding)?;
    let mark = bytes.len() - text.len();
    // Lines of another length are told here, so that a blank one can be passed over.
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).flexible(true).from_reader(text);
    let unreadable = |e: &::csv::Error| {
        let offset = e.position().map_or(0, ::csv::Position::byte);
        problem(Place::new(text).advance(offset).0, TextProblem::Unreadable)
    };
    let mut place = Place::new(text);
    let header = reader.headers().map_err(|e| unreadable(&e))?.clone();
    let columns = Columns::of(&header, &mut notes)?;
    let mut minutiae = Vec::new();
    let mut minutia = 0;
    for row in reader.records() {
        let row = row.map_err(|e| unreadable(&e))?;
        let (line, offset) = place.advance(row.position().map_or(0, ::csv::Position::byte));
        let offset = mark + offset;
        if row.len() == 1 && row.get(0) == Some("") {
            continue;
        }
        if row.len() != header.len() {
            let expected = "as many columns as the header has";
            return Err(problem(line, TextProblem::Columns { expected, found: row.len() }));
        }
        if minutia == MOST_LINES {
            return Err(problem(line, TextProblem::TooManyMinutiae { limit: MOST_LINES }));
        }
        let row = Row { row: &row, line, offset, minutia };
        minutia += 1;
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

/// Where rows begin. The CSV reader's own count of lines knows no `\r`, and its offsets are those of line ends.
struct Place<'a> {
    text: &'a [u8],
    line: u64,
    offset: usize,
}

impl<'a> Place<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, line: 1, offset: 0 }
    }

    /// The line and the offset of the row that begins at a byte or after the line ends that stand there.
    fn advance(&mut self, byte: u64) -> (u64, usize) {
        let mut end = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        while matches!(self.text.get(end), Some(b'\r' | b'\n')) {
            end += 1;
        }
        let passed = self.text.get(self.offset..end).unwrap_or_default();
        let after = passed.iter().skip(1).map(Some).chain([None]);
        let line_ends = passed.iter().zip(after).filter(|(byte, next)| match byte {
            b'\n' => true,
            b'\r' => *next != Some(&b'\n'),
            _ => false,
        });
        self.line += line_ends.count() as u64;
        self.offset = self.offset.max(end);
        (self.line, self.offset)
    }
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
