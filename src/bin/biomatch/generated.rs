//! The numbers of `biomatch-datasets` as templates.
//!
//! Tests, benches and examples need this as well and the library does not: they take this file as a module of
//! theirs by its path.

use biomatch::template::{FingerPosition, FingerprintTemplate, Frame, Impression, Minutia, MinutiaKind};
use biomatch::units::{Angle, Length, Quality, Resolution};
use biomatch_datasets as datasets;

/// A generated impression of the finger of this code as a template. Pictures are at most 6,450 pixels wide
/// and high, as lengths are.
pub(crate) fn fingerprint(code: u8, impression: &datasets::Impression) -> FingerprintTemplate {
    let length = |pixels| Length::from_pixels(pixels, Resolution::DPI_500).unwrap_or_default();
    let minutia = |m: &datasets::Minutia| {
        let kind = match m.kind {
            datasets::Kind::Ending => MinutiaKind::Ending,
            datasets::Kind::Bifurcation => MinutiaKind::Bifurcation,
        };
        Minutia::new(length(m.x), length(m.y), Angle::from_binary(m.angle), kind, Quality::new(m.quality))
    };
    FingerprintTemplate {
        position: FingerPosition::from_code(code),
        impression: Impression::LIVE_PLAIN,
        quality: Quality::new(impression.quality),
        frame: Some(Frame::new(impression.width, impression.height, Resolution::DPI_500)),
        minutiae: impression.minutiae.iter().map(minutia).collect(),
        ..FingerprintTemplate::default()
    }
}
