//! One minutia, in the layout that galleries store and map.

use bytemuck::{Pod, Zeroable};

use crate::units::{Angle, Length, Quality};

/// What a minutia is (ISO/IEC 19794-2:2005 clause 6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MinutiaKind {
    /// Neither, or not determined.
    #[default]
    Other = 0,
    /// A ridge ending.
    Ending = 1,
    /// A ridge bifurcation.
    Bifurcation = 2,
}

/// A minutia: position, direction, kind and quality, eight bytes.
///
/// Coordinates are lengths from the top left corner of the picture, x to the right and y
/// downwards; the direction is counter-clockwise from east as seen in the picture, and points
/// along the ridge as ISO/IEC 19794-2:2005 clause 6.4 has it. Any eight bytes are a valid minutia.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
pub struct Minutia {
    /// From the left edge.
    pub x: Length,
    /// From the top edge.
    pub y: Length,
    /// Direction.
    pub angle: Angle,
    kind: u8,
    quality: u8,
}

impl Minutia {
    /// A minutia.
    pub const fn new(
        x: Length,
        y: Length,
        angle: Angle,
        kind: MinutiaKind,
        quality: Option<Quality>,
    ) -> Self {
        let quality = match quality {
            Some(quality) => quality.get(),
            None => 0,
        };
        Self { x, y, angle, kind: kind as u8, quality }
    }

    /// What it is; an unknown code from a damaged file is `Other`.
    pub const fn kind(&self) -> MinutiaKind {
        match self.kind {
            1 => MinutiaKind::Ending,
            2 => MinutiaKind::Bifurcation,
            _ => MinutiaKind::Other,
        }
    }

    /// Its quality, if reported.
    pub const fn quality(&self) -> Option<Quality> {
        Quality::new(self.quality)
    }
}
