//! Making a record fit a dialect without touching a minutia.

use crate::template::codec::views::GREATEST_VIEW;
use crate::template::{Dialect, FingerprintRecord, FingerprintTemplate, Impression};
use crate::units::Resolution;

/// What [`FingerprintRecord::conform`] changed. Views are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Adjustment {
    /// A view without a picture got one at 500 dpi, just large enough.
    #[error("view {view}: a picture at 500 dpi is assumed")]
    FrameAssumed {
        /// Which view.
        view: usize,
    },
    /// The picture was enlarged so that every minutia lies in it.
    #[error("view {view}: the picture is enlarged to hold all minutiae")]
    FrameEnlarged {
        /// Which view.
        view: usize,
    },
    /// The view's number changed.
    #[error("view {view}: its number changes from {from} to {to}")]
    Renumbered {
        /// Which view.
        view: usize,
        /// Number before.
        from: u8,
        /// Number now.
        to: u8,
    },
    /// The impression code changed to the nearest that the dialect has.
    #[error("view {view}: impression type {from} becomes {to}, the nearest that the dialect has")]
    Impression {
        /// Which view.
        view: usize,
        /// Code before.
        from: u8,
        /// Code now.
        to: u8,
    },
    /// A date or time of day that does not exist was dropped.
    #[error("view {view}: the capture time does not exist and is dropped")]
    CaptureTimeDropped {
        /// Which view.
        view: usize,
    },
    /// A block of extended data that would be misread was dropped.
    #[error("view {view}: extended data {code:#06x} are dropped, the dialect would misread them")]
    ExtendedDataDropped {
        /// Which view.
        view: usize,
        /// The block's code.
        code: u16,
    },
}

pub(in crate::template) fn conform(record: &mut FingerprintRecord, dialect: Dialect) -> Vec<Adjustment> {
    let mut adjustments = Vec::new();
    let mut seen = [0_u8; 256];
    for (view, template) in record.views.iter_mut().enumerate() {
        adjustments.extend(fit_frame(view, template));
        let due = &mut seen[usize::from(template.position.code())];
        if template.view != *due && *due <= GREATEST_VIEW {
            adjustments.push(Adjustment::Renumbered { view, from: template.view, to: *due });
            template.view = *due;
        }
        *due = due.saturating_add(1);
        let from = template.impression.code();
        if !dialect.has_impression(from) {
            template.impression = nearest_impression(from);
            adjustments.push(Adjustment::Impression { view, from, to: template.impression.code() });
        }
        if template.capture.time.take_if(|time| !time.is_plausible()).is_some() {
            adjustments.push(Adjustment::CaptureTimeDropped { view });
        }
        template.extended.retain(|block| {
            let fits = block.fits(dialect);
            if !fits {
                adjustments.push(Adjustment::ExtendedDataDropped { view, code: block.code });
            }
            fits
        });
    }
    adjustments
}

fn fit_frame(view: usize, template: &mut FingerprintTemplate) -> Option<Adjustment> {
    let Some(frame) = template.frame else {
        template.frame = Some(template.smallest_frame(Resolution::DPI_500, Resolution::DPI_500));
        return Some(Adjustment::FrameAssumed { view });
    };
    let least = template.smallest_frame(frame.resolution_x, frame.resolution_y);
    if least.width <= frame.width && least.height <= frame.height {
        return None;
    }
    let (width, height) = (frame.width.max(least.width), frame.height.max(least.height));
    template.frame = Some(crate::template::Frame { width, height, ..frame });
    Some(Adjustment::FrameEnlarged { view })
}

/// Among the codes that all dialects have. Latents were not captured alive; a roll is a roll; all
/// else, contactless capture and unknown among it, is nearest to a plain live one.
fn nearest_impression(code: u8) -> Impression {
    match code {
        4..=7 | 12..=15 => Impression::NONLIVE_PLAIN,
        9 | 11 | 21 | 23 => Impression::LIVE_ROLLED,
        _ => Impression::LIVE_PLAIN,
    }
}
