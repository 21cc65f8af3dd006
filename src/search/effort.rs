//! How much work a search of fingers does.

/// A share of the rows of a gallery, `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl Share {
    /// Every row.
    pub const ALL: Self = Self(1.0);

    /// `None` unless it is in `0..=1`.
    pub const fn new(value: f64) -> Option<Self> {
        if value >= 0.0 && value <= 1.0 { Some(Self(value)) } else { None }
    }

    /// Its value.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("a share is in 0 to 1")
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

/// How many rows survive a stage: a share of the rows of the search, and at least a number.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Keep {
    share: Share,
    floor: u32,
}

impl Keep {
    /// Every row: the stage is left out.
    pub const ALL: Self = Self { share: Share::ALL, floor: 0 };

    /// This share, and at least `floor` rows.
    pub const fn new(share: Share, floor: u32) -> Self {
        Self { share, floor }
    }

    /// The share.
    pub const fn share(self) -> Share {
        self.share
    }

    /// How many of so many rows: the share, rounded up, and the floor, but no more than there are.
    pub fn of(self, rows: u64) -> u64 {
        // A share is at most one, so the product exceeds the rows by rounding only, which `min` removes.
        let share = (self.share.0 * rows as f64).ceil() as u64;
        share.max(u64::from(self.floor)).min(rows)
    }
}

/// What survives each stage of a cascade before the full score.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Cascade {
    /// After the scan of the first words of the codes.
    pub coarse: Keep,
    /// After both words.
    pub fine: Keep,
    /// After the relaxation on codes: how many get the full score.
    pub relaxed: Keep,
}

/// How many references a search compares in full.
///
/// Every candidate has the full score, so the false positive identification rate is that of an exhaustive
/// search or lower. Any effort below [`Effort::Exhaustive`] can miss an enrolled citizen;
/// `docs/notes/fingerprint-cascade.md` has the measured losses. A search among no more references than the
/// last stage keeps is exhaustive.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effort {
    /// All.
    Exhaustive,
    /// A thousandth of the references, selected by a cascade on codes: for interactive searches.
    #[default]
    Standard,
    /// Three thousandths, without the coarsest stage: for searches where a miss costs more than time, such as
    /// the check for duplicates at enrolment.
    Careful,
    /// The given stages.
    Custom(Cascade),
}

/// A share that is constant in the source.
const fn part(value: f64) -> Share {
    match Share::new(value) {
        Some(share) => share,
        None => Share::ALL,
    }
}

impl Cascade {
    /// [`Effort::Standard`].
    pub const STANDARD: Self = Self {
        coarse: Keep::new(part(0.15), 4_000),
        fine: Keep::new(part(0.04), 1_000),
        relaxed: Keep::new(part(0.001), 200),
    };

    /// [`Effort::Careful`].
    pub const CAREFUL: Self =
        Self { coarse: Keep::ALL, fine: Keep::new(part(0.1), 4_000), relaxed: Keep::new(part(0.003), 1_000) };
}

impl Effort {
    /// The stages; `None` if there are none.
    pub(super) fn cascade(self) -> Option<Cascade> {
        match self {
            Self::Exhaustive => None,
            Self::Standard => Some(Cascade::STANDARD),
            Self::Careful => Some(Cascade::CAREFUL),
            Self::Custom(cascade) => Some(cascade),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_up_and_floored() {
        let tenth = Keep::new(part(0.1), 5);
        assert_eq!([0, 3, 5, 49, 51, 1_000].map(|rows| tenth.of(rows)), [0, 3, 5, 5, 6, 100]);
        assert_eq!(Keep::ALL.of(u64::from(u32::MAX)), u64::from(u32::MAX));
        assert_eq!((Share::new(-0.1), Share::new(1.1), Share::new(f64::NAN)), (None, None, None));
    }
}
