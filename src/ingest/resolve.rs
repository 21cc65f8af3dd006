//! From a line to templates: the files that it names are opened here and nowhere else.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::entry::{
    EmbeddingSource, EnrolmentLine, FaceEntry, FaceSource, FingerEntry, ProbeLine, RecordSource,
};
use super::error::{Notice, NoticeKind, ResolveError, ResolveProblem};
use super::faces::FaceFiles;
use super::fingers::FingerReader;
use super::portraits::PortraitReader;
#[cfg(feature = "networks")]
use crate::extraction::FaceNetwork;
#[cfg(feature = "pictures")]
use crate::extraction::{MinutiaeExtractor, UnstatedResolution};
use crate::input::{self, InputError};
use crate::template::face_file::Embeddings;
use crate::template::{FaceNormaliser, FaceTemplate, FingerPosition, FingerprintTemplate, ModelId, Reading};
use crate::units::Timestamp;

/// Most bytes of a fingerprint record, a picture or a portrait.
pub const MAX_FILE: u64 = 32 << 20;

/// Turns lines into templates. It can be shared between threads: files of embeddings stay open in it
/// (the last sixteen), so that a manifest with a hundred thousand rows of one file opens it once.
///
/// Lines are trusted to name files: a path may lead anywhere that the process may read. What they name must be
/// a regular file, or a link to one: a named pipe or a device is an error and is not waited for. What the
/// files hold is not trusted, and no more than [`MAX_FILE`] bytes of a record or a picture, or
/// [`MAX_JSON`](super::MAX_JSON) of a JSON file, are read.
///
/// Pictures of fingers are read where records are, with the feature `pictures`: see [`Resolver::extractor`].
#[derive(Debug)]
pub struct Resolver {
    root: PathBuf,
    fingers: FingerReader,
    faces: FaceFiles,
    portraits: PortraitReader,
    normalisers: Vec<FaceNormaliser>,
}

/// What a line came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Impressions, in the order of the line and of each record.
    pub fingers: Vec<FingerSample>,
    /// The face.
    pub face: Option<FaceSample>,
    /// What was passed over or decided on the way, to be shown to someone.
    pub notices: Vec<Notice>,
}

/// An impression of a finger.
#[derive(Clone, Debug, PartialEq)]
pub struct FingerSample {
    /// The template; its position is the stated one, else the record's.
    pub template: FingerprintTemplate,
    /// When it was captured: as the line says, else as the record says.
    pub captured: Option<Timestamp>,
}

/// A face.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceSample {
    /// The template.
    pub template: FaceTemplate,
    /// When the picture was taken.
    pub captured: Option<Timestamp>,
}

/// How many views of a record are taken when the line does not choose one.
#[derive(Clone, Copy, PartialEq)]
enum Take {
    All,
    First,
}

impl Resolver {
    /// Relative paths begin at `root`.
    pub fn new(root: impl Into<PathBuf>, reading: Reading) -> Self {
        Self {
            root: root.into(),
            fingers: FingerReader::new(reading),
            faces: FaceFiles::default(),
            portraits: PortraitReader::default(),
            normalisers: Vec::new(),
        }
    }

    /// Relative paths begin at the manifest's folder.
    pub fn beside(manifest: &Path, reading: Reading) -> Self {
        Self::new(manifest.parent().unwrap_or(Path::new("")), reading)
    }

    /// Normalises faces of the networks that these are for; of two for one network, by the first. Entries go on
    /// naming the network.
    #[must_use]
    pub fn normalisers(mut self, normalisers: impl IntoIterator<Item = FaceNormaliser>) -> Self {
        self.normalisers.extend(normalisers);
        self
    }

    /// Finds the minutiae of pictures by another extractor than the one that ships.
    #[cfg(feature = "pictures")]
    #[must_use]
    pub fn extractor(mut self, extractor: MinutiaeExtractor) -> Self {
        self.fingers.extractor = extractor;
        self
    }

    /// What holds for pictures of which neither the file nor the line states the resolution: without this they are
    /// refused.
    #[cfg(feature = "pictures")]
    #[must_use]
    pub fn unstated_resolution(mut self, unstated: UnstatedResolution) -> Self {
        self.fingers.unstated = unstated;
        self
    }

    /// Makes the embeddings of portraits by this network: without one, portraits are refused. Entries may state its model.
    #[cfg(feature = "networks")]
    #[must_use]
    pub fn face_network(mut self, network: FaceNetwork) -> Self {
        self.portraits = PortraitReader::of(network);
        self
    }

    /// The references of an enrolment line: all views of each record that have minutiae, unless the line chooses.
    /// Each view without minutiae is a notice.
    ///
    /// # Errors
    /// The first entry that cannot be resolved, or a line without a face and without a view that has minutiae.
    pub fn enrolment(&self, line: &EnrolmentLine) -> Result<Samples, ResolveError> {
        self.samples(line.line, &line.fingers, line.face.as_ref(), Take::All)
    }

    /// The samples of a probe line: of each record the first view that has minutiae, unless the line chooses. Where
    /// none has, the first view, so that the claim is referred.
    ///
    /// # Errors
    /// The first entry that cannot be resolved.
    pub fn probe(&self, line: &ProbeLine) -> Result<Samples, ResolveError> {
        self.samples(line.line, &line.fingers, line.face.as_ref(), Take::First)
    }

    fn samples(
        &self,
        line: u64,
        fingers: &[FingerEntry],
        face: Option<&FaceEntry>,
        take: Take,
    ) -> Result<Samples, ResolveError> {
        let mut samples = Samples::default();
        for (i, entry) in fingers.iter().enumerate() {
            let place = || (format!("fingers[{i}]"), self.file_of(&entry.source));
            let found = self.finger(entry, take).map_err(|problem| {
                let (field, file) = place();
                ResolveError { line, field, file, problem }
            })?;
            samples.fingers.extend(found.fingers);
            samples.notices.extend(found.notices.into_iter().map(|kind| {
                let (field, file) = place();
                Notice { line, field, file, kind }
            }));
        }
        if let Some(entry) = face {
            let template = self.face(entry).map_err(|problem| {
                let (field, file) = ("face".to_owned(), self.file_of_face(entry));
                ResolveError { line, field, file, problem }
            })?;
            samples.face = Some(FaceSample { template, captured: entry.captured });
        }
        if let (true, None, Some(entry)) = (samples.fingers.is_empty(), &samples.face, fingers.first()) {
            let (field, file) = ("fingers[0]".to_owned(), self.file_of(&entry.source));
            return Err(ResolveError { line, field, file, problem: ResolveProblem::NoMinutiae });
        }
        Ok(samples)
    }

    fn finger(&self, entry: &FingerEntry, take: Take) -> Result<Found, ResolveProblem> {
        let record = self.fingers.read(&self.bytes(&entry.source)?, entry.format)?;
        let mut notices: Vec<_> = record.warnings.into_iter().map(NoticeKind::Record).collect();
        let count = record.views.len();
        let mut views: Vec<_> = record.views.into_iter().enumerate().collect();
        if let Some(view) = entry.view {
            views = views.into_iter().skip(view).take(1).collect();
            if views.is_empty() {
                return Err(ResolveProblem::NoSuchView { view, views: count });
            }
        }
        if entry.position != FingerPosition::Unknown {
            notices.extend(state_position(&mut views, entry.position)?);
        }
        if views.is_empty() {
            return Err(ResolveProblem::NoView);
        }
        let has_minutiae = |(_, view): &(usize, FingerprintTemplate)| !view.minutiae.is_empty();
        if take == Take::First {
            // The views up to the first that has minutiae.
            let sound = views.iter().position(has_minutiae);
            views.truncate(sound.map_or(views.len(), |sound| sound + 1));
        }
        let any_sound = views.iter().any(has_minutiae);
        let empty = views.iter().filter(|view| !has_minutiae(view));
        notices.extend(
            empty.map(|(view, template)| NoticeKind::NoMinutiae { view: *view, finger: template.position }),
        );
        if any_sound || take == Take::All {
            views.retain(has_minutiae);
        } else {
            views.truncate(1);
        }
        let fingers = views.into_iter().map(|(_, template)| {
            let recorded = template.capture.time.and_then(|time| time.timestamp());
            FingerSample { captured: entry.captured.or(recorded), template }
        });
        Ok(Found { fingers: fingers.collect(), notices })
    }

    fn face(&self, entry: &FaceEntry) -> Result<FaceTemplate, ResolveProblem> {
        match &entry.source {
            FaceSource::Embedding { model, source } => {
                let numbers = self.numbers(source)?;
                FaceTemplate::check_read(&numbers)?;
                self.template(model, &numbers)
            }
            FaceSource::Portrait { stated, source } => {
                let made = self.portraits.template(stated.as_ref(), &self.bytes(source)?)?;
                self.template(made.model(), made.embedding())
            }
        }
    }

    fn template(&self, model: &ModelId, numbers: &[f32]) -> Result<FaceTemplate, ResolveProblem> {
        let normaliser = self.normalisers.iter().find(|normaliser| normaliser.source() == model);
        Ok(match normaliser {
            Some(normaliser) => normaliser.template(numbers)?,
            None => FaceTemplate::new(model.clone(), numbers)?,
        })
    }

    fn numbers(&self, source: &EmbeddingSource) -> Result<Vec<f32>, ResolveProblem> {
        Ok(match source {
            EmbeddingSource::Numbers(numbers) => numbers.clone(),
            EmbeddingSource::Bytes(bytes) => Embeddings::raw_single(bytes)?.row(0)?.into_owned(),
            EmbeddingSource::File { path, format, row } => {
                self.faces.row(&self.root.join(path), *format, *row)?
            }
        })
    }

    /// The bytes of a record or a picture.
    fn bytes<'a>(&self, source: &'a RecordSource) -> Result<Cow<'a, [u8]>, ResolveProblem> {
        match source {
            RecordSource::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            RecordSource::File(path) => {
                let bytes = input::read(&self.root.join(path), MAX_FILE);
                Ok(Cow::Owned(bytes.map_err(|InputError { problem, .. }| problem)?))
            }
        }
    }

    fn file_of(&self, source: &RecordSource) -> Option<PathBuf> {
        match source {
            RecordSource::File(path) => Some(self.root.join(path)),
            RecordSource::Bytes(_) => None,
        }
    }

    fn file_of_face(&self, entry: &FaceEntry) -> Option<PathBuf> {
        match &entry.source {
            FaceSource::Embedding { source: EmbeddingSource::File { path, .. }, .. } => {
                Some(self.root.join(path))
            }
            FaceSource::Embedding { .. } => None,
            FaceSource::Portrait { source, .. } => self.file_of(source),
        }
    }
}

struct Found {
    fingers: Vec<FingerSample>,
    notices: Vec<NoticeKind>,
}

/// Gives views the finger that a line states. Of a record of several fingers only views of the
/// stated one (or of none) are kept; a record of one other finger is taken at the line's word, which
/// is worth a notice.
fn state_position(
    views: &mut Vec<(usize, FingerprintTemplate)>,
    stated: FingerPosition,
) -> Result<Option<NoticeKind>, ResolveProblem> {
    let agrees = |(_, view): &(usize, FingerprintTemplate)| {
        view.position == stated || view.position == FingerPosition::Unknown
    };
    let mut notice = None;
    if views.iter().any(agrees) {
        views.retain(agrees);
    } else if let Some(recorded) = views.first().map(|(_, view)| view.position) {
        if views.iter().any(|(_, view)| view.position != recorded) {
            return Err(ResolveProblem::NoViewOfFinger { stated });
        }
        notice = Some(NoticeKind::Position { stated, recorded });
    }
    for (_, view) in views {
        view.position = stated;
    }
    Ok(notice)
}
