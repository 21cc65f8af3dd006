//! The model's cohort: generated fingers that measure how high a finger scores against non-mates.

use std::slice::from_ref;
use std::sync::OnceLock;

use super::{CodeMeans, FAR, FingerCodes, WORDS};
use crate::kernels::slots::{Rows, SlotProbe, Width};
use crate::kernels::{Kernels, Level};

/// Generated fingers, as codes of the model.
#[derive(Clone, Default)]
pub(super) struct Cohort {
    fingers: Vec<FingerCodes>,
    /// Probes of the fingers, for each level that was asked for.
    probes: [OnceLock<Vec<SlotProbe>>; Level::ALL.len()],
}

impl Cohort {
    /// Of fingers whose means are zero: means are of candidates.
    pub(super) fn new(fingers: Vec<FingerCodes>) -> Self {
        Self { fingers, probes: Default::default() }
    }

    pub(super) fn fingers(&self) -> &[FingerCodes] {
        &self.fingers
    }

    /// The means of a finger as a candidate.
    pub(super) fn means(&self, finger: &FingerCodes, kernels: &Kernels) -> CodeMeans {
        let probe = |probe: &FingerCodes| {
            let words = probe.words.each_ref().map(|words| &words.0);
            // The gate serves nearest slots only, which are not needed here.
            SlotProbe::new(kernels, words, &probe.sites.directions, FAR, 0)
        };
        let probes =
            self.probes[kernels.level() as usize].get_or_init(|| self.fingers.iter().map(probe).collect());
        let [first, second] = finger.words.each_ref().map(|words| from_ref(&words.0));
        let rows = Rows { words: [first, second], directions: from_ref(&finger.sites.directions) };
        let mut sums = [0.0_f32; WORDS];
        for probe in probes {
            for (sum, width) in sums.iter_mut().zip([Width::One, Width::Two]) {
                let mut score = [0];
                probe.scores(rows, width, &mut score);
                *sum += (score[0] as f32).sqrt();
            }
        }
        let count = self.fingers.len().max(1) as f32;
        CodeMeans(sums.map(|sum| (sum / count * f32::from(CodeMeans::ONE)).round() as u16))
    }
}

impl PartialEq for Cohort {
    fn eq(&self, other: &Self) -> bool {
        self.fingers == other.fingers
    }
}
