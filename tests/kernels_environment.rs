//! `BIOMATCH_KERNELS`: what it may say, and what happens if it says something else.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use biomatch::database::{CitizenDatabase, DatabaseError};
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions};
use biomatch::kernels::{Kernels, KernelsError, Level};

fn program(folder: &Path, kernels: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_biomatch"))
        .args(args)
        .current_dir(folder)
        .env("BIOMATCH_KERNELS", kernels)
        .output()
        .unwrap()
}

/// Says which case a process of a test's own is to run. The level is read once per process, so a case needs one.
const CASE: &str = "BIOMATCH_TEST_CASE";

/// Runs a case of this test in a process of its own.
fn case(name: &str, folder: &Path, kernels: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_library_gives_a_typed_error", "--nocapture"])
        .current_dir(folder)
        .env("BIOMATCH_KERNELS", kernels)
        .env(CASE, name)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{name} with {kernels:?}: {output:?}");
}

#[test]
fn the_program_refuses_a_level_that_there_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for (kernels, said) in [("avx-2", "\"avx-2\""), ("SCALAR", "\"SCALAR\""), ("\u{1b}[2J", r#""\u{1b}[2J""#)]
    {
        let output = program(folder.path(), kernels, &["enrol", "--gallery", "g", "manifest.ndjson"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(
            told.contains("BIOMATCH_KERNELS") && told.contains(said) && told.contains("scalar"),
            "{told}"
        );
        assert!(!told.contains('\u{1b}'), "{told}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    }
    for level in Level::ALL.into_iter().filter(|level| !level.is_available()) {
        let output = program(folder.path(), level.name(), &["inspect", "no file"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(level.name()) && told.contains("this processor lacks"), "{told}");
    }
}

#[test]
fn the_program_runs_the_level_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let levels = Level::ALL.into_iter().filter(|level| level.is_available()).map(Level::name);
    for kernels in levels.chain([""]) {
        let output = program(folder.path(), kernels, &["inspect", "no file"]);
        assert_eq!(output.status.code(), Some(3), "{kernels}: {output:?}");
        assert_eq!(program(folder.path(), kernels, &["--version"]).status.code(), Some(0), "{kernels}");
    }
}

#[test]
fn the_library_gives_a_typed_error() {
    match std::env::var(CASE).as_deref() {
        Ok("no such level") => no_gallery_with_a_level_that_there_is_not(),
        Ok("scalar") => the_level_that_is_named(),
        Ok(case) => panic!("no case {case:?}"),
        Err(_) => {
            let folder = tempfile::tempdir().unwrap();
            case("no such level", folder.path(), "avx3");
            case("scalar", folder.path(), "scalar");
        }
    }
}

fn no_gallery_with_a_level_that_there_is_not() {
    let is_it = |error: &GalleryError| {
        matches!(error, GalleryError::Kernels(KernelsError::UnknownLevel { given, possible })
            if given == "avx3" && possible.contains(&Level::Scalar))
    };
    assert!(is_it(&Gallery::create("gallery", GalleryOptions::default()).unwrap_err()));
    assert!(!Path::new("gallery").exists(), "nothing was made");
    assert!(is_it(&Gallery::open("gallery", GalleryOptions::default()).unwrap_err()));
    assert!(is_it(&Gallery::open_read_only("gallery", GalleryOptions::default()).unwrap_err()));
    for error in [
        CitizenDatabase::options().create("database").unwrap_err(),
        CitizenDatabase::options().open("database").unwrap_err(),
    ] {
        assert!(matches!(&error, DatabaseError::Gallery(error) if is_it(error)), "{error}");
    }
    // Code that opens nothing runs all the same.
    assert_eq!(Kernels::active().level(), Kernels::all().last().unwrap().level());
}

fn the_level_that_is_named() {
    assert_eq!(Kernels::from_environment().unwrap().level(), Level::Scalar);
    assert_eq!(Kernels::active().level(), Level::Scalar);
    Gallery::create("gallery", GalleryOptions::default()).unwrap();
    CitizenDatabase::options().create("database").unwrap();
}
