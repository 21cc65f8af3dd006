//! The comparison of two fingers, step by step, and its score.
//!
//! Each file is a step, in this order: [`prepared`] lays both fingers out, [`similarity`] compares all
//! pairs of cylinders and lists the best ones one to one, [`relaxation`] strengthens the listed pairs that
//! agree in geometry, [`growth`] extends the strongest of them to all minutiae by the [`motion`] of those
//! matched so far, [`support`] measures how well the matching holds together, and [`combination`] makes one
//! score. [`probe`] runs the steps; [`explanation`] reports which minutiae were paired.

pub(super) mod combination;
pub(super) mod explanation;
pub(super) mod growth;
pub(super) mod motion;
pub(super) mod prepared;
pub(super) mod probe;
pub(super) mod relaxation;
pub(super) mod similarity;
pub(super) mod support;
