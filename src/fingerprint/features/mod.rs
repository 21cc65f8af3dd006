//! What comparison needs to know of one finger, computed from its minutiae.
//!
//! [`finger`] holds the features that a gallery stores. [`cylinder`] describes the surroundings of each
//! minutia by its [`neighbours`]. [`geometry`] lays the minutiae out in columns, with the convex [`hull`]
//! that they span and the [`trust`] that each deserves.

pub(super) mod blocks;
pub(super) mod cylinder;
pub(super) mod finger;
pub(super) mod geometry;
pub(super) mod hull;
pub(super) mod neighbours;
pub(super) mod trust;
