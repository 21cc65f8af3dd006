//! A whole finger: every minutia that its skin has, of which an impression shows a part.

use crate::math::sin_cos;
use crate::pattern::{Field, Pattern};
use crate::random::{Random, Stream};

/// What a minutia is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A ridge ending; the code of ISO/IEC 19794-2.
    Ending = 1,
    /// A ridge bifurcation.
    Bifurcation = 2,
}

impl Kind {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Ending => Self::Bifurcation,
            Self::Bifurcation => Self::Ending,
        }
    }
}

/// A minutia on the skin. Pixels at 500 dpi, y up, angle in radians.
pub(crate) struct SkinMinutia {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) angle: f32,
    pub(crate) kind: Kind,
    /// How reliably extractors see it, `0..=1`: a clean ending on a thick ridge or a faint one.
    pub(crate) clarity: f32,
}

/// A synthetic finger, from which impressions are taken with [`Finger::impression`].
///
/// Costs about as much as three impressions; keep it when you need several.
pub struct Finger {
    pub(crate) seed: u64,
    pub(crate) key: [u64; 2],
    pub(crate) pattern: Pattern,
    pub(crate) field: Field,
    pub(crate) minutiae: Vec<SkinMinutia>,
    /// Mean distance of two ridges in pixels.
    pub(crate) period: f32,
    /// Half width and half height of the skin in pixels.
    pub(crate) radii: (f32, f32),
    /// Lasting state of the skin as the extractor sees it, about normal: dry, worn, or fine.
    pub(crate) condition: f32,
}

/// Half width and half height of the skin that a sensor can touch, nail to nail and tip to crease.
const RADII: (f32, f32) = (165.0, 235.0);
/// Minutiae a square pixel of the mean finger: 0.27 a square millimetre. See the README.
const DENSITY: f32 = 0.0007;
/// Minutiae a square pixel that the flow does not ask for, as likely in one sense as the other:
/// short ridges, islands, chance. The count of a finger is drawn first; only the ratio of this to
/// [`FILLING`] matters.
const BACKGROUND: f32 = 0.00022;
/// How strongly minutiae follow the spreading of the ridges: 1 if every new ridge that it takes
/// begins where it is needed.
const FILLING: f32 = 1.1;
/// Rate above which a region is saturated, as next to a core.
const MOST: f32 = 0.0028;
/// Least distance of two minutiae in ridge periods.
const SPACING: f32 = 1.25;

impl Finger {
    /// The finger of a key under a seed. `code` is that of ISO/IEC 19794-2 (1 to 5 right thumb to
    /// little, 6 to 10 left) and decides how likely each pattern is.
    pub fn new(seed: u64, key: [u64; 2], code: u8) -> Self {
        let mut random = Random::new(seed, Stream::Finger, key);
        let pattern = Pattern::draw(code, &mut random);
        let field = Field::draw(pattern, &mut random);
        let size = 1.0 + 0.07 * random.normal().clamp(-2.5, 2.5);
        let period = (9.1 + 0.7 * random.normal()).clamp(7.0, 11.5) * (0.5 + 0.5 * size);
        let radii = (RADII.0 * size, RADII.1 * size);
        let area = std::f32::consts::PI * radii.0 * radii.1;
        let density = DENSITY * (1.0 + 0.2 * random.normal()).clamp(0.5, 1.6);
        let condition = random.normal().clamp(-2.5, 2.5);
        let endings = (0.62 + 0.1 * random.normal()).clamp(0.3, 0.9);
        let mut finger = Self { seed, key, pattern, field, minutiae: Vec::new(), period, radii, condition };
        finger.place((density * area) as usize, endings, &mut random);
        finger
    }

    /// The pattern class.
    pub fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// Draws minutiae where ridges have to begin. A pattern of stripes of constant width cannot
    /// follow a flow that spreads without new stripes: their number a square pixel is the
    /// divergence of the tangent over the period (minutiae are the dislocations of the phase;
    /// Larkin and Fletcher, "A coherent framework for fingerprint analysis", 2007). It is what
    /// gives neighbours the same sense and fingers of a class the same senses in the same places,
    /// and with it impostors that score as high as real ones.
    fn place(&mut self, count: usize, endings: f32, random: &mut Random) {
        let least = SPACING * self.period;
        // Enough to reach the count in every finger seen; the bound only ends a pathological one.
        for _ in 0..60 * count {
            if self.minutiae.len() == count {
                break;
            }
            let (u, v) = (random.range(-1.0, 1.0), random.range(-1.0, 1.0));
            if u * u + v * v > 1.0 {
                continue;
            }
            let (x, y) = (u * self.radii.0, v * self.radii.1);
            let level = MOST * random.uniform();
            let flow = self.field.at(x, y);
            let forced = FILLING * flow.divergence / self.period;
            if level > BACKGROUND + forced.abs() || self.nearest(x, y) < least * least {
                continue;
            }
            // The sense is that in which the ridges spread, unless the background made it.
            let along = if level < BACKGROUND { random.sign() } else { forced.signum() };
            let turn = if along > 0.0 { 0.0 } else { std::f32::consts::PI };
            self.minutiae.push(SkinMinutia {
                x,
                y,
                angle: flow.angle + turn + 0.06 * random.normal(),
                kind: if random.chance(endings) { Kind::Ending } else { Kind::Bifurcation },
                clarity: 1.0 - 0.45 * random.uniform() * random.uniform(),
            });
        }
    }

    /// The squared distance to the nearest minutia so far. Few are asked for: no grid is needed.
    fn nearest(&self, x: f32, y: f32) -> f32 {
        self.minutiae.iter().fold(f32::INFINITY, |least, m| {
            let (dx, dy) = (x - m.x, y - m.y);
            least.min(dx * dx + dy * dy)
        })
    }

    /// The ridge angle at a place of the skin, in one of its two senses at random.
    pub(crate) fn ridge_angle(&self, x: f32, y: f32, random: &mut Random) -> f32 {
        self.field.at(x, y).angle + if random.chance(0.5) { 0.0 } else { std::f32::consts::PI }
    }
}

impl std::fmt::Debug for Finger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Finger({:?}, {} minutiae)", self.pattern, self.minutiae.len())
    }
}

/// The unit vector of an angle.
pub(crate) fn unit(angle: f32) -> (f32, f32) {
    let (sin, cos) = sin_cos(angle);
    (cos, sin)
}
