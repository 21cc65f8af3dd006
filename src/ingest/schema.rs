//! The JSON of a line, and its way to a typed entry.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::Deserialize;

use super::captured::Captured;
use super::entry::{
    EmbeddingSource, EnrolmentLine, FaceEntry, FaceFormat, FaceSource, FingerEntry, FingerFormat, ProbeLine,
    RecordSource,
};
use super::error::LineProblem;
use super::{base64, diagnosis};
use crate::citizen::CitizenId;
use crate::json::{self, Field};
use crate::template::{FaceTemplate, Finger, FingerPosition, Frame, ModelId, TextForm};
use crate::units::{Resolution, Timestamp};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEnrolment<'a> {
    schema: Option<u64>,
    #[serde(borrow)]
    citizen: Cow<'a, str>,
    #[serde(borrow, default)]
    fingers: Vec<RawFinger<'a>>,
    #[serde(borrow)]
    face: Option<RawFace<'a>>,
    captured: Option<Captured>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProbe<'a> {
    schema: Option<u64>,
    probe: Option<String>,
    #[serde(borrow)]
    citizen: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    fingers: Vec<RawFinger<'a>>,
    #[serde(borrow)]
    face: Option<RawFace<'a>>,
    captured: Option<Captured>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFinger<'a> {
    #[serde(borrow)]
    position: Option<Cow<'a, str>>,
    file: Option<PathBuf>,
    #[serde(borrow)]
    base64: Option<Cow<'a, str>>,
    #[serde(default)]
    format: RawFingerFormat,
    width: Option<u16>,
    height: Option<u16>,
    dpi: Option<u16>,
    view: Option<usize>,
    captured: Option<Captured>,
}

#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawFingerFormat {
    #[default]
    Auto,
    IsoCardCompact,
    IsoCardNormal,
    Xyt,
    XytM1,
    Csv,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFace<'a> {
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    portrait: Option<PathBuf>,
    #[serde(borrow)]
    portrait_base64: Option<Cow<'a, str>>,
    file: Option<PathBuf>,
    #[serde(borrow)]
    base64: Option<Cow<'a, str>>,
    embedding: Option<Vec<f32>>,
    format: Option<RawFaceFormat>,
    row: Option<u64>,
    dimension: Option<usize>,
    captured: Option<Captured>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawFaceFormat {
    Auto,
    Npy,
    Json,
    F32,
}

/// Parses a line of an enrolment manifest.
pub(super) fn enrolment(line: u64, json: &mut [u8]) -> Result<EnrolmentLine, LineProblem> {
    let raw: RawEnrolment<'_> = parse(json, diagnosis::ENROLMENT)?;
    version(raw.schema)?;
    let citizen = citizen(&raw.citizen)?;
    let (fingers, face) = samples(raw.fingers, raw.face, raw.captured)?;
    Ok(EnrolmentLine { line, citizen, fingers, face })
}

/// Parses a line of a probe list.
pub(super) fn probe(line: u64, json: &mut [u8]) -> Result<ProbeLine, LineProblem> {
    let raw: RawProbe<'_> = parse(json, diagnosis::PROBE)?;
    version(raw.schema)?;
    let citizen = raw.citizen.as_deref().map(citizen).transpose()?;
    let (fingers, face) = samples(raw.fingers, raw.face, raw.captured)?;
    Ok(ProbeLine { line, label: raw.probe, citizen, fingers, face })
}

fn parse<'a, T: Deserialize<'a>>(json: &'a mut [u8], fields: &[Field]) -> Result<T, LineProblem> {
    // The reader uses up the bytes, and its errors name no field.
    let copy = json.to_vec();
    simd_json::serde::from_slice(json).map_err(|error| {
        if let Some(problem) = diagnosis::diagnose(&copy, fields) {
            return problem;
        }
        let offset = error.character().map(|_| error.index());
        let message = match error.error() {
            // The other messages of serde name types of Rust, and quote values, which may be biometric records.
            simd_json::ErrorType::Serde(message) if message.starts_with("duplicate field ") => {
                message.clone()
            }
            _ => "not the JSON of a line".to_owned(),
        };
        LineProblem::Json { message, offset }
    })
}

fn version(schema: Option<u64>) -> Result<(), LineProblem> {
    match schema {
        None | Some(super::SCHEMA_VERSION) => Ok(()),
        Some(found) => Err(LineProblem::Schema { found }),
    }
}

fn citizen(text: &str) -> Result<CitizenId, LineProblem> {
    text.parse().map_err(|error| LineProblem::field("citizen", error))
}

type Samples = (Vec<FingerEntry>, Option<FaceEntry>);

fn samples(
    fingers: Vec<RawFinger<'_>>,
    face: Option<RawFace<'_>>,
    captured: Option<Captured>,
) -> Result<Samples, LineProblem> {
    if fingers.is_empty() && face.is_none() {
        return Err(LineProblem::field("fingers", "the line has neither a finger nor a face"));
    }
    let fingers = fingers
        .into_iter()
        .enumerate()
        .map(|(i, raw)| {
            finger(raw, captured).map_err(|(field, message)| LineProblem::Field {
                field: format!("fingers[{i}].{field}"),
                message,
            })
        })
        .collect::<Result<_, _>>()?;
    let face = face
        .map(|raw| self::face(raw, captured))
        .transpose()
        .map_err(|(field, message)| LineProblem::Field { field: format!("face.{field}"), message })?;
    Ok((fingers, face))
}

/// A field's name and what is wrong with it.
type Wrong = (&'static str, String);

fn finger(raw: RawFinger<'_>, captured: Option<Captured>) -> Result<FingerEntry, Wrong> {
    let source = match (raw.file, raw.base64) {
        (Some(file), None) => RecordSource::File(file),
        (None, Some(text)) => RecordSource::Bytes(decode("base64", &text)?),
        _ => return Err(("file", "exactly one of file and base64 is needed".into())),
    };
    let picture = |dpi| dpi_of(dpi).map(FingerFormat::Picture);
    let format = match (raw.format, raw.width, raw.height, raw.dpi) {
        (RawFingerFormat::Auto, None, None, Some(dpi)) => picture(dpi)?,
        (format, ..) => of_format(format, frame(raw.width, raw.height, raw.dpi)?)?,
    };
    let captured = moment(raw.captured.or(captured));
    Ok(FingerEntry { position: position(raw.position.as_deref())?, source, format, view: raw.view, captured })
}

fn of_format(format: RawFingerFormat, frame: Option<Frame>) -> Result<FingerFormat, Wrong> {
    Ok(match (format, frame) {
        (RawFingerFormat::Auto, None) => FingerFormat::Auto,
        (RawFingerFormat::IsoCardCompact, None) => FingerFormat::IsoCardCompact,
        (RawFingerFormat::IsoCardNormal, None) => FingerFormat::IsoCardNormal,
        (RawFingerFormat::Xyt, Some(frame)) => FingerFormat::Xyt(frame),
        (RawFingerFormat::XytM1, Some(frame)) => FingerFormat::XytM1(frame),
        (RawFingerFormat::Csv, Some(frame)) => FingerFormat::Csv(frame),
        (RawFingerFormat::Xyt | RawFingerFormat::XytM1 | RawFingerFormat::Csv, None) => {
            return Err(("format", "this format needs width, height and dpi of the picture".into()));
        }
        (_, Some(_)) => {
            return Err(("format", "width and height go only with format xyt, xyt-m1 or csv".into()));
        }
    })
}

fn dpi_of(dpi: u16) -> Result<Resolution, Wrong> {
    Resolution::from_dpi(dpi).ok_or(("dpi", "must be 2 or more".to_owned()))
}

fn face(raw: RawFace<'_>, captured: Option<Captured>) -> Result<FaceEntry, Wrong> {
    let model: Option<ModelId> =
        raw.model.map(|model| model.parse()).transpose().map_err(|error| ("model", format!("{error}")))?;
    let format = match (raw.format.unwrap_or(RawFaceFormat::Auto), raw.dimension) {
        (RawFaceFormat::F32, dimension) => FaceFormat::Raw { dimension },
        (_, Some(_)) => return Err(("dimension", "goes only with format f32".into())),
        (RawFaceFormat::Auto, None) => FaceFormat::Auto,
        (RawFaceFormat::Npy, None) => FaceFormat::Npy,
        (RawFaceFormat::Json, None) => FaceFormat::Json,
    };
    if raw.dimension.is_some_and(|dimension| !FaceTemplate::DIMENSIONS.contains(&dimension)) {
        let (least, most) = (FaceTemplate::MIN_DIMENSION, FaceTemplate::MAX_DIMENSION);
        return Err(("dimension", format!("an embedding has {least} to {most} dimensions")));
    }
    let in_line = raw.file.is_none();
    if in_line && (raw.format.is_some() || raw.row.is_some()) {
        return Err(("file", "format and row go only with a file".into()));
    }
    let portrait = match (raw.portrait, raw.portrait_base64) {
        (None, None) => None,
        (Some(file), None) => Some(RecordSource::File(file)),
        (None, Some(text)) => Some(RecordSource::Bytes(decode("portrait_base64", &text)?)),
        _ => return Err(("portrait", "goes without portrait_base64".into())),
    };
    let embedding = match (raw.file, raw.base64, raw.embedding) {
        (Some(path), None, None) => Some(EmbeddingSource::File { path, format, row: raw.row }),
        (None, Some(text), None) => Some(EmbeddingSource::Bytes(decode("base64", &text)?)),
        (None, None, Some(numbers)) => Some(EmbeddingSource::Numbers(numbers)),
        (None, None, None) => None,
        _ => return Err(one_face()),
    };
    let source = match (portrait, embedding, model) {
        (Some(source), None, stated) => FaceSource::Portrait { stated, source },
        (None, Some(source), Some(model)) => FaceSource::Embedding { model, source },
        (None, Some(_), None) => return Err(("model", "is needed: only a portrait goes without it".into())),
        _ => return Err(one_face()),
    };
    Ok(FaceEntry { source, captured: moment(raw.captured.or(captured)) })
}

fn one_face() -> Wrong {
    ("file", "exactly one of file, base64, embedding and portrait is needed".into())
}

fn moment(captured: Option<Captured>) -> Option<Timestamp> {
    captured.map(|Captured(moment)| moment)
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, Wrong> {
    // Hexadecimal digits are base64 of other bytes.
    match (TextForm::of(text.as_bytes()), base64::decode(text)) {
        (Some(form), _) if form != TextForm::Base64 => Err((field, format!("looks like {form}, not base64"))),
        (_, decoded) => decoded.map_err(|error| (field, base64::in_words(&error))),
    }
}

fn position(text: Option<&str>) -> Result<FingerPosition, Wrong> {
    match text {
        None | Some("unknown") => Ok(FingerPosition::Unknown),
        Some(name) => {
            let finger = Finger::ALL.into_iter().find(|finger| finger.name() == name);
            let names = || Finger::ALL.map(Finger::name).into_iter().chain(["unknown"]);
            finger.map(FingerPosition::Known).ok_or_else(|| ("position", json::none_of(name, names())))
        }
    }
}

/// The picture that coordinates without a header came from: all three numbers or none.
fn frame(width: Option<u16>, height: Option<u16>, dpi: Option<u16>) -> Result<Option<Frame>, Wrong> {
    match (width, height, dpi) {
        (None, None, None) => Ok(None),
        (Some(width), Some(height), Some(dpi)) => Ok(Some(Frame::new(width, height, dpi_of(dpi)?))),
        _ => Err(("width", "width, height and dpi are needed together".into())),
    }
}
