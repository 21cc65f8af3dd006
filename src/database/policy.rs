//! What a decision asks for.

use std::num::NonZeroU8;

use crate::units::Fmr;

/// What must be compared, and how rare a false match must be, before a claim is accepted.
///
/// A rate holds for a whole modality of one claim, however many comparisons it takes: with `n`
/// comparisons each is held to an `n`th of the rate (the union bound, which needs no
/// independence). Modalities are never averaged: with [`Policy::at`] each must meet its rate by
/// itself, so that a strong face does not carry a weak finger.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub(super) rule: Rule,
    pub(super) newest: NonZeroU8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    /// Each of those named must meet its own rate.
    All { face: Option<Fmr>, fingers: Option<(NonZeroU8, Fmr)> },
    /// One finger or the face; the rate is shared among all comparisons of both.
    Either(Fmr),
}

const ONE: NonZeroU8 = NonZeroU8::MIN;
const NEWEST: NonZeroU8 = NonZeroU8::MIN.saturating_add(2);

impl Policy {
    /// The face and at least one finger, each at this rate. The policy for a level-2 account.
    pub const fn at(fmr: Fmr) -> Self {
        Self { rule: Rule::All { face: Some(fmr), fingers: Some((ONE, fmr)) }, newest: NEWEST }
    }

    /// The face only: for a level-1 account.
    pub const fn face_only(fmr: Fmr) -> Self {
        Self { rule: Rule::All { face: Some(fmr), fingers: None }, newest: NEWEST }
    }

    /// At least one finger, no face.
    pub const fn fingers_only(fmr: Fmr) -> Self {
        Self { rule: Rule::All { face: None, fingers: Some((ONE, fmr)) }, newest: NEWEST }
    }

    /// The face or a finger, whichever is there; the claim is accepted falsely at most at this
    /// rate, for all comparisons of both together.
    pub const fn either(fmr: Fmr) -> Self {
        Self { rule: Rule::Either(fmr), newest: NEWEST }
    }

    /// Asks for at least `least` different fingers, each meeting the rate. No effect on a policy
    /// without fingers or with a choice.
    #[must_use]
    pub const fn fingers(mut self, least: NonZeroU8) -> Self {
        if let Rule::All { fingers: Some((n, _)), .. } = &mut self.rule {
            *n = least;
        }
        self
    }

    /// Compares with the `newest` references of each finger and of the face by capture date;
    /// 3 unless said. Each one more shares the rate further, and old samples match worst.
    #[must_use]
    pub const fn newest(mut self, newest: NonZeroU8) -> Self {
        self.newest = newest;
        self
    }
}

impl Default for Policy {
    /// The face and at least one finger, each at one false match in 10,000.
    fn default() -> Self {
        Self::at(Fmr::one_in(10_000))
    }
}
