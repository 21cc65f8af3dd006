//! Pictures of generated fingers: rendered, and their minutiae found, for the first citizens.

use std::time::Instant;

use biomatch::extraction::MinutiaeExtractor;
use biomatch::picture::FingerprintPicture;
use biomatch::template::{Finger, FingerprintTemplate};
use biomatch::units::Resolution;
use biomatch_datasets::{self as datasets, Capture, Citizen, Population, Ridges};
use rayon::prelude::*;

use super::report::Pictures;
use crate::exit::{Exit, Failure, OrFail};

/// Citizens whose right index finger, or the first that they have, is scanned.
pub(super) const SCANNED: u64 = 20;

/// What the scans of a finger gave.
pub(super) struct Scanned {
    pub(super) finger: Finger,
    pub(super) enrolled: FingerprintTemplate,
    pub(super) presented: FingerprintTemplate,
}

/// Scans the first citizens' fingers twice each: at enrolment, and later under worse conditions.
pub(super) fn scan(population: &Population, report: &mut Pictures) -> Result<Vec<Option<Scanned>>, Failure> {
    let started = Instant::now();
    let scans: Vec<Option<(Finger, [FingerprintPicture; 2])>> = (0..SCANNED)
        .into_par_iter()
        .map(|index| {
            let Some((finger, generated)) = first_finger(&population.citizen(index)) else {
                return Ok(None);
            };
            let ridges = generated.ridges();
            let enrolled = picture(&ridges, &Capture::ENROLMENT, 0)?;
            Ok(Some((finger, [enrolled, picture(&ridges, &Capture::FIELD, 1)?])))
        })
        .collect::<Result<_, Failure>>()?;
    report.render_seconds = started.elapsed().as_secs_f64();

    let extractor = MinutiaeExtractor::shipped();
    report.extractor = extractor.name().to_owned();
    let template = |finger: Finger, picture: &FingerprintPicture| {
        picture.template(&extractor).or_fail(Exit::Input).map(|template| template.at(finger))
    };
    let started = Instant::now();
    let scanned: Vec<Option<Scanned>> = scans
        .par_iter()
        .map(|scan| {
            let Some((finger, [enrolled, presented])) = scan else { return Ok(None) };
            let (enrolled, presented) = (template(*finger, enrolled)?, template(*finger, presented)?);
            Ok(Some(Scanned { finger: *finger, enrolled, presented }))
        })
        .collect::<Result<_, Failure>>()?;
    report.extract_seconds = started.elapsed().as_secs_f64();
    for scanned in scanned.iter().flatten() {
        report.pictures += 2;
        report.minutiae += scanned.enrolled.minutiae.len() + scanned.presented.minutiae.len();
    }
    Ok(scanned)
}

/// The finger that a citizen presents: the right index finger, or the first that they have.
pub(super) fn first_finger(citizen: &Citizen<'_>) -> Option<(Finger, datasets::Finger)> {
    let mut fingers = std::iter::once(Finger::RightIndex).chain(Finger::ALL);
    fingers.find_map(|finger| citizen.finger(finger.code()).map(|generated| (finger, generated)))
}

fn picture(ridges: &Ridges, capture: &Capture, number: u64) -> Result<FingerprintPicture, Failure> {
    let picture = ridges.picture(capture, number);
    let (width, height) = (picture.width.into(), picture.height.into());
    FingerprintPicture::grey(width, height, picture.pixels, Resolution::DPI_500).or_fail(Exit::Input)
}
