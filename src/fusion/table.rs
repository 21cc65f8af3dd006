//! A calibration that can be fused.

use std::sync::OnceLock;

use super::FusionError;
use super::non_mates::NonMates;
use crate::calibration::Calibration;

/// A calibration with likelihood ratios, and how sums of these are distributed among non-mates.
#[derive(Debug)]
pub struct FusionTable {
    calibration: Calibration,
    one: NonMates,
    /// Of two samples, of three, and so on; made when first needed.
    several: [OnceLock<NonMates>; FusionTable::MOST - 1],
}

impl FusionTable {
    /// Most samples of one kind: a person's fingers.
    pub const MOST: usize = 10;

    /// Takes the distribution from the table.
    ///
    /// # Errors
    /// A table without likelihood ratios, by its name.
    pub fn new(calibration: Calibration) -> Result<Self, FusionError> {
        match NonMates::of_one(&calibration) {
            Some(one) => Ok(Self { calibration, one, several: Default::default() }),
            None => Err(FusionError::NoRatios { matcher: calibration.matcher().to_owned() }),
        }
    }

    /// The table.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The distribution of the sum of so many independent samples, 1 to [`FusionTable::MOST`].
    pub(super) fn of(&self, samples: usize) -> Result<&NonMates, FusionError> {
        match samples {
            0 => Err(FusionError::Nothing),
            1 => Ok(&self.one),
            _ => {
                let too_many = FusionError::TooMany { found: samples, most: Self::MOST };
                let sum = self.several.get(samples - 2).ok_or(too_many)?;
                if let Some(sum) = sum.get() {
                    return Ok(sum);
                }
                let fewer = self.of(samples - 1)?;
                Ok(sum.get_or_init(|| fewer.and(&self.one)))
            }
        }
    }
}
