//! What is wrong with a portrait, for whoever takes it.

use std::fmt;

use super::quantities::{Degrees, GreyLevels, PixelLength, Share};

/// What is not as a rule wants it. `Display` is a sentence for whoever takes the portrait.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PortraitFinding {
    /// No face was found.
    NoFace,
    /// More faces than wanted.
    Faces {
        /// Faces found.
        count: usize,
        /// Most wanted.
        most: usize,
    },
    /// The eyes are too close to each other.
    Small {
        /// The distance between the eyes.
        found: PixelLength,
        /// Least wanted.
        least: PixelLength,
    },
    /// The head leans to a shoulder.
    Roll {
        /// How far.
        found: Degrees,
        /// Most wanted.
        most: Degrees,
    },
    /// The head is turned aside.
    Yaw {
        /// How far.
        found: Degrees,
        /// Most wanted.
        most: Degrees,
    },
    /// The head looks up or down.
    Pitch {
        /// How far.
        found: Degrees,
        /// Most wanted.
        most: Degrees,
    },
    /// The eyes are not where they are wanted.
    OffCentre {
        /// Where they are, from the left.
        across: Share,
        /// Where they are, from the top.
        down: Share,
    },
    /// The face is too dark.
    Dark {
        /// Its mean grey value.
        found: GreyLevels,
        /// Least wanted.
        least: GreyLevels,
    },
    /// The face is too bright.
    Bright {
        /// Its mean grey value.
        found: GreyLevels,
        /// Most wanted.
        most: GreyLevels,
    },
    /// Too much of the face is black.
    Black {
        /// How much.
        found: Share,
        /// Most wanted.
        most: Share,
    },
    /// Too much of the face is white.
    White {
        /// How much.
        found: Share,
        /// Most wanted.
        most: Share,
    },
    /// The face has too little contrast.
    Flat {
        /// Its contrast.
        found: GreyLevels,
        /// Least wanted.
        least: GreyLevels,
    },
    /// The face is not sharp.
    Blurred {
        /// Its sharpness.
        found: GreyLevels,
        /// Least wanted.
        least: GreyLevels,
    },
    /// The light comes from one side.
    Uneven {
        /// What both cheeks have in common.
        found: Share,
        /// Least wanted.
        least: Share,
    },
}

impl fmt::Display for PortraitFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: &Share| format!("{:.0} %", share.fraction() * 100.0);
        match self {
            Self::NoFace => f.write_str("No face was found: show the whole face."),
            Self::Faces { count, most } => {
                write!(f, "{count} faces were found, at most {most} wanted: let the others step aside.")
            }
            Self::Small { found, least } => {
                write!(f, "The eyes are {found} apart, at least {least} wanted: come closer.")
            }
            Self::Roll { found, most } => write!(
                f,
                "The head leans to the {} of the picture by {}, at most {most} wanted: hold it upright.",
                if found.degrees() > 0.0 { "right" } else { "left" },
                found.magnitude()
            ),
            Self::Yaw { found, most } => write!(
                f,
                "The head is turned to the {} of the picture by about {}, at most {most} wanted: look straight at the camera.",
                if found.degrees() > 0.0 { "right" } else { "left" },
                found.magnitude()
            ),
            Self::Pitch { found, most } => write!(
                f,
                "The head looks {} by about {}, at most {most} wanted: look straight at the camera.",
                if found.degrees() > 0.0 { "up" } else { "down" },
                found.magnitude()
            ),
            Self::OffCentre { across, down } => write!(
                f,
                "The eyes are at {} of the width and {} of the height: bring the face to the middle.",
                percent(across),
                percent(down)
            ),
            Self::Dark { found, least } => {
                write!(
                    f,
                    "The face is too dark, {found} on average, at least {least} wanted: use more light."
                )
            }
            Self::Bright { found, most } => {
                write!(
                    f,
                    "The face is too bright, {found} on average, at most {most} wanted: use less light."
                )
            }
            Self::Black { found, most } => write!(
                f,
                "{} of the face is black, at most {} wanted: light the shadows.",
                percent(found),
                percent(most)
            ),
            Self::White { found, most } => write!(
                f,
                "{} of the face is white, at most {} wanted: avoid glare and flash.",
                percent(found),
                percent(most)
            ),
            Self::Flat { found, least } => {
                write!(f, "The contrast is {found}, at least {least} wanted: avoid light from behind.")
            }
            Self::Blurred { found, least } => {
                write!(f, "The sharpness is {found}, at least {least} wanted: focus, and hold still.")
            }
            Self::Uneven { found, least } => write!(
                f,
                "The light on both cheeks has {} in common, at least {} wanted: light both sides.",
                percent(found),
                percent(least)
            ),
        }
    }
}
