//! Which kernels a process runs.
#![allow(clippy::unwrap_used)]

use biomatch::kernels::Kernels;

/// Runs of the tests on another level would test nothing if the level were not taken: a name that no level has, or
/// one that this processor lacks, fails here.
#[test]
fn the_level_that_was_asked_for_runs() {
    let fastest = Kernels::all().last().unwrap().level();
    let asked = std::env::var("BIOMATCH_KERNELS").unwrap_or_else(|_| fastest.name().to_owned());
    assert_eq!(Kernels::active().level().name(), asked);
}
