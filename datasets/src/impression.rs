//! From skin to template: contact, elastic distortion, what the extractor sees and what it invents.

use std::f32::consts::{PI, TAU};

use crate::capture::Capture;
use crate::finger::{Finger, Kind, unit};
use crate::math::{atan2, exp, sin_cos};
use crate::random::{Random, Stream};

/// A minutia as a record holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Minutia {
    /// Pixels from the left edge, below the picture's width.
    pub x: u16,
    /// Pixels from the top edge, below the picture's height.
    pub y: u16,
    /// Direction counter-clockwise from east as seen in the picture, in 1/65,536ths of a turn.
    pub angle: u16,
    /// Ending or bifurcation.
    pub kind: Kind,
    /// Quality, 1 to 100.
    pub quality: u8,
}

/// One impression of one finger at 500 dpi.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impression {
    /// Width of the picture in pixels.
    pub width: u16,
    /// Height of the picture in pixels.
    pub height: u16,
    /// Quality of the whole, 1 to 100.
    pub quality: u8,
    /// At most 255 minutiae, from top to bottom. May be empty.
    pub minutiae: Vec<Minutia>,
}

/// Most minutiae of a record view.
const MOST_MINUTIAE: usize = 255;

impl Finger {
    /// Takes impression `number` of the finger: the same capture and number give the same bits,
    /// whatever else was drawn before.
    pub fn impression(&self, capture: &Capture, number: u64) -> Impression {
        let key = [crate::random::hash(self.seed, Stream::Impression, self.key), number];
        let mut random = Random::new(self.seed, Stream::Impression, key);
        let contact = Contact::draw(self, capture, &mut random);
        let regions = Regions::draw(self, capture, &contact, &mut random);

        let mut minutiae = Vec::with_capacity(self.minutiae.len());
        for skin in &self.minutiae {
            // Drawn for every minutia, seen or not: the stream of one does not hang on another.
            let (across, along) = (random.normal(), random.normal());
            let (turn, luck, flips) = (random.normal(), random.uniform(), random.uniform());
            let noise = random.normal();
            if !contact.holds(skin.x, skin.y) {
                continue;
            }
            let clarity = regions.clarity(skin.x, skin.y) * contact.fading(skin.x, skin.y);
            if luck > capture.detection * clarity * (0.35 + 0.65 * skin.clarity) {
                continue;
            }
            let (ux, uy) = unit(skin.angle);
            // What blurs a minutia moves it more along its ridge than across.
            let blur = capture.position_noise * (1.6 - 0.6 * clarity);
            let (sx, sy) = (2.0 * blur * along, blur * across);
            let (x, y) = (skin.x + sx * ux - sy * uy, skin.y + sx * uy + sy * ux);
            let mut angle = skin.angle + (capture.angle_noise * (1.8 - 0.8 * clarity) * turn).to_radians();
            if flips < capture.angle_flip {
                angle += PI;
            }
            let flipped = flips > 1.0 - capture.kind_flip;
            let kind = if flipped { skin.kind.other() } else { skin.kind };
            let quality = 100.0 * clarity * (0.55 + 0.45 * skin.clarity) - 12.0 + 9.0 * noise;
            contact.print(capture, (x, y), angle, kind, quality, &mut minutiae);
        }
        regions.invent(self, capture, &contact, &mut random, &mut minutiae);

        minutiae.sort_by_key(|m| (m.y, m.x, m.angle));
        minutiae.dedup_by_key(|m| (m.x, m.y));
        minutiae.truncate(MOST_MINUTIAE);
        let quality = percent(100.0 * regions.base - 8.0 + 4.0 * random.normal());
        Impression { width: capture.width, height: capture.height, quality, minutiae }
    }
}

fn percent(value: f32) -> u8 {
    // `as` saturates, and the bounds leave 1 to 100.
    value.round().clamp(1.0, 100.0) as u8
}

/// Where the finger lies and how its skin is drawn.
struct Contact {
    centre: (f32, f32),
    radii: (f32, f32),
    rotation: (f32, f32),
    shift: (f32, f32),
    waves: [SkinWave; 3],
}

/// A smooth displacement of the skin: a vector times a sine.
struct SkinWave {
    k: (f32, f32),
    phase: f32,
    shift: (f32, f32),
}

impl Contact {
    fn draw(finger: &Finger, capture: &Capture, random: &mut Random) -> Self {
        let axis = |mean: f32, random: &mut Random| {
            mean * (1.0 + capture.contact_deviation * random.normal()).clamp(0.5, 1.5)
        };
        let radii = (axis(capture.contact.0, random), axis(capture.contact.1, random));
        let centre = (capture.placement.0 * random.normal(), capture.placement.1 * random.normal());
        // Rolling over moves the contact, but not off the skin.
        let room = |radius: f32, skin: f32| (skin - 0.6 * radius).max(0.0);
        let centre = (
            centre.0.clamp(-room(radii.0, finger.radii.0), room(radii.0, finger.radii.0)),
            centre.1.clamp(-room(radii.1, finger.radii.1), room(radii.1, finger.radii.1)),
        );
        let careless = if random.chance(capture.rotation_careless) { 3.0 } else { 1.0 };
        let rotation = unit((capture.rotation * careless * random.normal().clamp(-3.0, 3.0)).to_radians());
        let careless = if random.chance(capture.distortion_careless) { 2.5 } else { 1.0 };
        let waves = [0; 3].map(|_| {
            let k = TAU / random.range(220.0, 600.0);
            let (kx, ky) = unit(TAU * random.uniform());
            let amplitude = capture.distortion * careless;
            SkinWave {
                k: (k * kx, k * ky),
                phase: TAU * random.uniform(),
                shift: (amplitude * random.normal(), amplitude * random.normal()),
            }
        });
        let shift = (
            f32::from(capture.width) / 2.0 + 14.0 * random.normal(),
            f32::from(capture.height) / 2.0 + 18.0 * random.normal(),
        );
        Self { centre, radii, rotation, shift, waves }
    }

    /// Distance from the centre in units of the contact's edge, squared.
    fn depth(&self, x: f32, y: f32) -> f32 {
        let (u, v) = ((x - self.centre.0) / self.radii.0, (y - self.centre.1) / self.radii.1);
        u * u + v * v
    }

    fn holds(&self, x: f32, y: f32) -> bool {
        self.depth(x, y) <= 1.0
    }

    /// Towards the edge the pressure falls: 1 inside, 0.6 at the edge.
    fn fading(&self, x: f32, y: f32) -> f32 {
        1.0 - 0.4 * ((self.depth(x, y) - 0.6) / 0.4).clamp(0.0, 1.0)
    }

    /// Moves a point and its direction as the skin moved and adds it, if it is in the picture.
    fn print(
        &self,
        capture: &Capture,
        (x, y): (f32, f32),
        angle: f32,
        kind: Kind,
        quality: f32,
        out: &mut Vec<Minutia>,
    ) {
        let (mut px, mut py) = (x - self.centre.0, y - self.centre.1);
        let (ux, uy) = unit(angle);
        let (mut tx, mut ty) = (ux, uy);
        for wave in &self.waves {
            let (sin, cos) = sin_cos(wave.k.0 * x + wave.k.1 * y + wave.phase);
            px += wave.shift.0 * sin;
            py += wave.shift.1 * sin;
            let slope = (wave.k.0 * ux + wave.k.1 * uy) * cos;
            tx += wave.shift.0 * slope;
            ty += wave.shift.1 * slope;
        }
        let (cos, sin) = self.rotation;
        let (rx, ry) = (cos * px - sin * py, sin * px + cos * py);
        let (column, row) = ((self.shift.0 + rx).round(), (self.shift.1 - ry).round());
        let width = f32::from(capture.width);
        let height = f32::from(capture.height);
        if column < 0.0 || row < 0.0 || column >= width || row >= height {
            return;
        }
        let mut turns = atan2(sin * tx + cos * ty, cos * tx - sin * ty) / TAU;
        if capture.angle_step > 0.0 {
            let step = capture.angle_step / 360.0;
            turns = (turns / step).round() * step;
        }
        let angle = ((turns - turns.floor()) * 65_536.0).round() as u32 as u16;
        out.push(Minutia { x: column as u16, y: row as u16, angle, kind, quality: percent(quality) });
    }
}

/// How clear the picture is, and where it is not.
struct Regions {
    /// Clarity of the whole, `0..=1`.
    base: f32,
    /// Bad places: x, y, radius, depth.
    spots: Vec<(f32, f32, f32, f32)>,
}

impl Regions {
    fn draw(finger: &Finger, capture: &Capture, contact: &Contact, random: &mut Random) -> Self {
        // Half of it is the finger's own and stays, half is of the moment.
        let state = 0.7 * finger.condition + 0.7 * random.normal();
        let base = (1.0 - 0.07 * capture.unevenness * (1.9 - state)).clamp(0.35, 1.0);
        let count = random.poisson(1.6 * capture.unevenness);
        let spots = (0..count)
            .map(|_| {
                let (ux, uy) = unit(TAU * random.uniform());
                let far = random.uniform().sqrt();
                let x = contact.centre.0 + far * contact.radii.0 * ux;
                let y = contact.centre.1 + far * contact.radii.1 * uy;
                (x, y, random.range(18.0, 55.0), random.range(0.3, 0.95))
            })
            .collect();
        Self { base, spots }
    }

    fn clarity(&self, x: f32, y: f32) -> f32 {
        self.spots.iter().fold(self.base, |clarity, &(sx, sy, radius, depth)| {
            let (dx, dy) = ((x - sx) / radius, (y - sy) / radius);
            clarity * (1.0 - depth * exp(-(dx * dx + dy * dy)))
        })
    }

    /// Adds what is not there. Broken and bridged ridges make pairs that face each other; most lie
    /// in bad places or at the edge.
    fn invent(
        &self,
        finger: &Finger,
        capture: &Capture,
        contact: &Contact,
        random: &mut Random,
        out: &mut Vec<Minutia>,
    ) {
        let worse = 1.0 + 5.0 * (1.0 - self.base);
        let wanted = random.poisson((capture.spurious * worse).min(50.0));
        for _ in 0..wanted {
            let (ux, uy) = unit(TAU * random.uniform());
            let far = random.uniform().sqrt();
            let mut x = contact.centre.0 + far * contact.radii.0 * ux;
            let mut y = contact.centre.1 + far * contact.radii.1 * uy;
            // In a bad place, if there is one and two draws of three.
            let spot = (random.uniform() * 1.5 * self.spots.len() as f32) as usize;
            if let Some(&(sx, sy, radius, _)) = self.spots.get(spot) {
                x = sx + 0.6 * radius * random.normal();
                y = sy + 0.6 * radius * random.normal();
            }
            let angle = finger.ridge_angle(x, y, random) + 0.2 * random.normal();
            let kind = if random.chance(0.65) { Kind::Ending } else { Kind::Bifurcation };
            let quality = 75.0 * self.clarity(x, y) - 25.0 + 14.0 * random.normal();
            let gap = random.range(0.7, 1.6) * finger.period;
            let paired = random.chance(0.35);
            if !contact.holds(x, y) {
                continue;
            }
            contact.print(capture, (x, y), angle, kind, quality, out);
            if paired {
                let (cos, sin) = unit(angle);
                let at = (x - gap * cos, y - gap * sin);
                contact.print(capture, at, angle + PI, kind, quality, out);
            }
        }
    }
}
