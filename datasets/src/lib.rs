//! Seeded generator of synthetic citizens: ten fingers with any number of impressions, a face with
//! any number of portraits, and a personal number.
//!
//! Everything is a pure function of a seed and numbers, the same to the bit on every platform and
//! for any number of threads, and plain: pixels at 500 dpi, angles in 1/65,536ths of a turn,
//! qualities from 1 to 100. What the parameters mean, where they come from and how near the data
//! comes to real ones is in the package's README.
//!
//! ```
//! use biomatch_datasets::{Capture, Population, Portrait};
//!
//! let population = Population::new(42);
//! let citizen = population.citizen(7);
//! let enrolled = citizen.finger(2).map(|f| f.impression(&Capture::ENROLMENT, 0));
//! let probe = citizen.finger(2).map(|f| f.impression(&Capture::FIELD, 1));
//! let face = citizen.face(&Portrait::ENROLMENT, 0);
//! assert_eq!(face.len(), 512);
//! assert!(citizen.number() < 1_000_000_000_000);
//! assert!(enrolled.is_none() || enrolled != probe);
//! ```

mod capture;
mod citizen;
mod face;
mod finger;
mod impression;
mod math;
mod pattern;
mod picture;
mod random;

/// The README's example, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use capture::Capture;
pub use citizen::{Citizen, Population};
pub use face::{Faces, Portrait};
pub use finger::{Finger, Kind};
pub use impression::{Impression, Minutia};
pub use pattern::Pattern;
pub use picture::{Cell, CellUse, Picture, Ridges, TrainingCrop, TrueMinutia};
