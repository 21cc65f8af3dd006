//! Pictures of generated fingers, with exactly known minutiae.
//!
//! [`Finger::ridges`](crate::Finger::ridges) makes the ridges of a whole finger: a phase is relaxed until it follows the flow (`lattice`),
//! and its dislocations are the minutiae (`ridges`). A picture is a part of them seen through a `warp` (where each
//! pixel lies on the skin), `skin` (pressure, dry and wet places), `damage` (creases, cracks), `contact` (the edge
//! of the finger, dirt) and `sensor` (optics, contrast, noise). `sight` measures what can be seen of the ridges in the finished
//! picture, so that damage decides which minutiae a label asks for. `finger` makes whole pictures, `crop` crops
//! with labels for the training of a network.

mod contact;
mod crop;
mod damage;
mod finger;
mod lattice;
mod noise;
mod plane;
mod ridges;
mod sensor;
mod sight;
mod skin;
mod warp;

pub use crop::{Cell, CellUse, TrainingCrop, TrueMinutia};
pub use finger::Picture;
pub use ridges::Ridges;
