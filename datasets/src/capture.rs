//! How a sensor and an extractor see fingers: the parameters of an impression.

use crate::random::{Random, Stream};

/// What happens between skin and template. All lengths are pixels at 500 dpi (0.0508 mm), all
/// angles degrees, all deviations those of normal distributions. The README says where each value
/// comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Width of the picture.
    pub width: u16,
    /// Height of the picture.
    pub height: u16,
    /// Mean half width and half height of the skin in contact, an ellipse.
    pub contact: (f32, f32),
    /// Relative deviation of each half axis.
    pub contact_deviation: f32,
    /// Deviation of the contact's centre on the finger, across and along it: what makes two
    /// impressions overlap only in part.
    pub placement: (f32, f32),
    /// Deviation of the rotation.
    pub rotation: f32,
    /// Share of impressions whose rotation deviates three times as much.
    pub rotation_careless: f32,
    /// Deviation of the displacement that elastic skin adds, in each of three smooth waves.
    pub distortion: f32,
    /// Share of impressions distorted two and a half times as much.
    pub distortion_careless: f32,
    /// Deviation of a minutia's position across the ridges; along the ridges it is twice that.
    pub position_noise: f32,
    /// Deviation of a minutia's direction.
    pub angle_noise: f32,
    /// Chance that a clear minutia in a good region is found, `0..=1`.
    pub detection: f32,
    /// Deviation of an impression's loss of clarity, and mean number of its bad regions: wet, dry,
    /// worn or dirty places that lose minutiae and invent others.
    pub unevenness: f32,
    /// Mean number of invented minutiae in a good impression; a bad one has several times as many.
    pub spurious: f32,
    /// Chance that an ending is taken for a bifurcation or the reverse.
    pub kind_flip: f32,
    /// Chance that a direction is reversed.
    pub angle_flip: f32,
    /// Step to which the extractor rounds directions; zero for none.
    pub angle_step: f32,
}

impl Capture {
    /// A fair impression by an attended live scanner and a good extractor: how citizens are
    /// enrolled.
    pub const ENROLMENT: Self = Self {
        width: 400,
        height: 500,
        contact: (118.0, 175.0),
        contact_deviation: 0.1,
        placement: (12.0, 20.0),
        rotation: 5.0,
        rotation_careless: 0.03,
        distortion: 1.1,
        distortion_careless: 0.05,
        position_noise: 0.5,
        angle_noise: 2.7,
        detection: 0.97,
        unevenness: 0.5,
        spurious: 2.0,
        kind_flip: 0.12,
        angle_flip: 0.01,
        angle_step: 360.0 / 256.0,
    };

    /// The mix of fair and careless impressions that the FVC collections hold, through a simple
    /// extractor: harder than a service should accept.
    pub const FIELD: Self = Self {
        width: 400,
        height: 500,
        contact: (118.0, 195.0),
        contact_deviation: 0.19,
        placement: (18.0, 33.0),
        rotation: 6.0,
        rotation_careless: 0.12,
        distortion: 1.2,
        distortion_careless: 0.18,
        position_noise: 0.55,
        angle_noise: 3.0,
        detection: 0.97,
        unevenness: 0.8,
        spurious: 3.5,
        kind_flip: 0.2,
        angle_flip: 0.012,
        angle_step: 360.0 / 256.0,
    };

    /// The same capture by extractor `number` of the many that there are, from one that misses a third and
    /// invents little to one that finds everything and invents much. A pure function of the number.
    ///
    /// For non-mates: give each finger of a gallery a number of its own, and it holds scant and crowded
    /// templates side by side, as one that several extractors made does. Of one extractor alone a generated
    /// gallery is too even, and real probes lose too few mates in it (the README has the table). As mates
    /// these are worse than real ones: what is missed here is missed by chance.
    #[must_use]
    pub fn by_extractor(&self, number: u64) -> Self {
        let thorough = Random::new(0, Stream::Extractor, [number, 0]).uniform();
        Self {
            detection: self.detection * (0.6 + 0.4 * thorough.sqrt()),
            spurious: self.spurious * (0.3 + 6.0 * thorough * thorough),
            ..self.clone()
        }
    }
}

impl Default for Capture {
    /// [`Capture::FIELD`].
    fn default() -> Self {
        Self::FIELD
    }
}
