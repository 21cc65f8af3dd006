//! Which way a head is turned, from five points.

use super::points::FacePoints;
use super::quantities::Degrees;
use super::similarity::{Similarity, wide};

/// The five points of a mean head, in distances between its eyes: right, down and towards the camera. Fitted, under
/// orthographic projection, to the points of the largest face in each of 601 news photographs, mirror images
/// included; upright as the median of them is, so that its pitch is zero.
const HEAD: [[f64; 3]; 5] =
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.512, 0.426], [-0.419, 0.957, -0.082], [0.419, 0.957, -0.082]];

/// Farthest that a head is looked for, in degrees: beyond, an eye is hidden.
const MOST_YAW: f64 = 75.0;
const MOST_PITCH: f64 = 60.0;
/// Degrees between the turns that are tried first, and between those that are tried last.
const FIRST_STEP: f64 = 15.0;
const LAST_STEP: f64 = 0.1;

/// How a head is turned. Zero is a head that looks into the camera upright.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pose {
    /// How the line between the eyes is turned, clockwise in the picture. The eyes are where the detector puts them: of a
    /// head that leans by 20 degrees it shows 10 to 17.
    pub roll: Degrees,
    /// How far it looks to the right of the picture. Rough: five points on a mean head tell it to some ten degrees.
    pub yaw: Degrees,
    /// How far it looks up. Rough, as the yaw.
    pub pitch: Degrees,
}

impl Pose {
    /// Turns a mean head until its points, seen from afar, fit these best.
    pub(super) fn of(points: &FacePoints) -> Self {
        let (right, left) = (points.right_eye, points.left_eye);
        let across = f64::from(left.x()) - f64::from(right.x());
        let roll = (f64::from(left.y()) - f64::from(right.y())).atan2(across).to_degrees();
        let seen = wide(points.all());
        let misfit = |[yaw, pitch]: [f64; 2]| misfit(&seen, yaw, pitch);
        let mut best = ([0.0, 0.0], misfit([0.0, 0.0]));
        let mut step = FIRST_STEP;
        // Everywhere first, then around the best, ever finer.
        for yaw in steps(MOST_YAW) {
            for pitch in steps(MOST_PITCH) {
                keep_better(&mut best, [yaw, pitch], misfit);
            }
        }
        while step > LAST_STEP {
            let [yaw, pitch] = best.0;
            let before = best.1;
            for turn in [[yaw - step, pitch], [yaw + step, pitch], [yaw, pitch - step], [yaw, pitch + step]] {
                if turn[0].abs() <= MOST_YAW && turn[1].abs() <= MOST_PITCH {
                    keep_better(&mut best, turn, misfit);
                }
            }
            if best.1 >= before {
                step /= 2.0;
            }
        }
        let [yaw, pitch] = best.0;
        Self { roll: Degrees::nearest(roll), yaw: Degrees::nearest(yaw), pitch: Degrees::nearest(pitch) }
    }
}

fn steps(most: f64) -> impl Iterator<Item = f64> {
    let many = (most / FIRST_STEP) as i32;
    (-many..=many).map(|step| f64::from(step) * FIRST_STEP)
}

fn keep_better(best: &mut ([f64; 2], f64), turn: [f64; 2], misfit: impl Fn([f64; 2]) -> f64) {
    let found = misfit(turn);
    if found < best.1 {
        *best = (turn, found);
    }
}

/// The sum of squared distances between the points and those of the turned head, wherever it is, however large and
/// however rolled.
fn misfit(seen: &[[f64; 2]; 5], yaw: f64, pitch: f64) -> f64 {
    let head = turned_head(yaw, pitch);
    let Some(fit) = Similarity::fit(&head, seen) else { return f64::INFINITY };
    let distance = |(&head, seen): (&[f64; 2], &[f64; 2])| {
        let [x, y] = fit.apply(head);
        (x - seen[0]) * (x - seen[0]) + (y - seen[1]) * (y - seen[1])
    };
    head.iter().zip(seen).map(distance).sum()
}

/// The head's points in a picture of it, in degrees to the right and up.
fn turned_head(yaw: f64, pitch: f64) -> [[f64; 2]; 5] {
    let ((yaw_sin, yaw_cos), (pitch_sin, pitch_cos)) =
        (yaw.to_radians().sin_cos(), pitch.to_radians().sin_cos());
    HEAD.map(|[x, y, near]| {
        let (y, near) = (y * pitch_cos - near * pitch_sin, y * pitch_sin + near * pitch_cos);
        [x * yaw_cos + near * yaw_sin, y]
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::points::PicturePoint;
    use super::*;

    /// Points of the mean head in a picture.
    fn points(roll: f64, yaw: f64, pitch: f64, size: f64) -> FacePoints {
        let (sin, cos) = roll.to_radians().sin_cos();
        FacePoints::of(turned_head(yaw, pitch).map(|[x, y]| {
            let (x, y) = (size * (x * cos - y * sin) + 300.0, size * (x * sin + y * cos) + 200.0);
            PicturePoint::new(x as f32, y as f32)
        }))
    }

    fn mirrored(points: FacePoints) -> FacePoints {
        let [right_eye, left_eye, nose, right_mouth, left_mouth] =
            points.all().map(|point| PicturePoint::new(-point.x(), point.y()));
        FacePoints::of([left_eye, right_eye, nose, left_mouth, right_mouth])
    }

    #[test]
    fn the_signs_are_those_of_the_documentation() {
        let frontal = points(0.0, 0.0, 0.0, 60.0);
        let moved = |right: f32, down: f32| {
            let nose = frontal.nose_tip;
            Pose::of(&FacePoints {
                nose_tip: PicturePoint::new(nose.x() + right, nose.y() + down),
                ..frontal
            })
        };
        assert!(moved(5.0, 0.0).yaw.degrees() > 5.0, "the nose to the right: looks to the right");
        assert!(moved(0.0, -5.0).pitch.degrees() > 5.0, "the nose up: looks up");
        let mut clockwise = frontal;
        clockwise.left_eye = PicturePoint::new(clockwise.left_eye.x(), clockwise.left_eye.y() + 5.0);
        assert!(Pose::of(&clockwise).roll.degrees() > 4.0, "the eye on the right is lower: turned clockwise");
    }

    #[test]
    fn points_at_one_place_have_some_pose() {
        let pose = Pose::of(&FacePoints::of([PicturePoint::new(3.0, 4.0); 5]));
        assert_eq!((pose.roll.degrees(), pose.yaw.degrees(), pose.pitch.degrees()), (0.0, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn a_turned_mean_head_is_found(
            roll in -60.0..60.0_f64, yaw in -60.0..60.0_f64, pitch in -40.0..40.0_f64, size in 20.0..500.0_f64,
        ) {
            let seen = points(roll, yaw, pitch, size);
            let found = Pose::of(&seen);
            let off = [f64::from(found.yaw.degrees()) - yaw, f64::from(found.pitch.degrees()) - pitch];
            prop_assert!(off[0].abs() < 1.0 && off[1].abs() < 1.0, "{found:?}");
            let eyes = (seen.left_eye.y() - seen.right_eye.y()).atan2(seen.left_eye.x() - seen.right_eye.x());
            prop_assert!((found.roll.degrees() - eyes.to_degrees()).abs() < 1e-3);
        }

        #[test]
        fn a_mirror_image_looks_the_other_way(yaw in -60.0..60.0_f64, pitch in -40.0..40.0_f64) {
            let seen = points(10.0, yaw, pitch, 50.0);
            let (found, other) = (Pose::of(&seen), Pose::of(&mirrored(seen)));
            prop_assert!((found.roll.degrees() + other.roll.degrees()).abs() < 0.01);
            prop_assert!((found.yaw.degrees() + other.yaw.degrees()).abs() < 1.0);
            prop_assert!((found.pitch.degrees() - other.pitch.degrees()).abs() < 1.0);
        }
    }
}
