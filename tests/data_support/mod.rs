//! Where the development data are: real records, which are not part of the project.
#![allow(clippy::expect_used, unreachable_pub)]

use std::path::PathBuf;

/// The folder that `BIOMATCH_DATA` names. Tests that call this are `#[ignore]`d: who runs them has the data,
/// and without the folder they fail.
pub fn real_data() -> PathBuf {
    let folder = std::env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data");
    PathBuf::from(folder)
}
