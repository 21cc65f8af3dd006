//! Segments: immutable files of references of one modality, in columns.

mod check;
mod layout;
mod read;
mod write;

pub(super) use check::is_unit;
pub(super) use layout::{FOOTER, Footer, HEADER, Header, Kind, stride};
pub(super) use read::{FaceSegment, FingerSegment, Segment};
pub(super) use write::{FingerRow, NewSegment, Place, Row, write_faces, write_fingers};
