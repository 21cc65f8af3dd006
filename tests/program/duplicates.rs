//! `biomatch duplicates`: what it finds, and that a stopped run goes on.
#![cfg(feature = "cli")]

use std::path::Path;

use crate::program_support::{Random, ok, read, run, write};
use biomatch::citizen::CitizenId;
use biomatch::gallery::{Gallery, GalleryOptions, NewReference};
use biomatch::template::FaceTemplate;

/// 1,500 citizens with a face each; the last twenty are people of the first twenty, a little changed.
fn gallery(folder: &Path) {
    let gallery = Gallery::create(folder.join("gallery"), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let face = |person: u64, change: u64| {
        let (mut person, mut change) = (Random::new(person * 7919 + 3), Random::new(change));
        let values: Vec<f32> =
            (0..64).map(|_| person.below(2_000) as f32 - 1_000.0 + change.below(300) as f32).collect();
        NewReference::face(FaceTemplate::new("net".parse().unwrap(), &values).unwrap())
    };
    for number in 0..1_500 {
        let person = if number < 1_480 { number } else { number - 1_480 };
        writer.add(CitizenId::from_value(number).unwrap(), &[face(person, number)]).unwrap();
    }
    writer.flush().unwrap();
}

const COMMAND: &str = "duplicates --gallery gallery --model net --score 0.9";

#[test]
fn duplicates_are_found_and_a_stopped_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gallery(folder);

    let estimate = ok(folder, &format!("{COMMAND} --estimate"));
    assert_eq!(estimate.stdout, "");
    assert!(estimate.stderr.contains("pairs of faces to compare in 3 steps"), "{}", estimate.stderr);

    let plain = ok(folder, &format!("{COMMAND} --threads 1"));
    let rows: Vec<Vec<&str>> = plain.stdout.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 21, "{}", plain.stdout);
    assert_eq!(rows[0], ["score", "first_citizen", "first_reference", "second_citizen", "second_reference"]);
    for row in &rows[1..] {
        let number = |at: usize| row[at].parse::<u64>().unwrap();
        assert_eq!(number(3), number(1) + 1_480, "{row:?}");
        assert!(row[0].parse::<f32>().unwrap() >= 0.9);
    }
    let scores: Vec<f32> = rows[1..].iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));

    let with_progress = format!("{COMMAND} --progress steps --out found.csv");
    ok(folder, &with_progress);
    assert_eq!(read(folder, "found.csv"), plain.stdout);
    let whole = read(folder, "steps");
    assert_eq!(whole.lines().count(), 4);

    // Stopped after the first step, and in the middle of a line.
    let first_step: usize = whole.split_inclusive('\n').take(2).map(str::len).sum();
    write(folder, "steps", &whole[..first_step + 9]);
    let resumed = ok(folder, &with_progress);
    assert!(resumed.stderr.contains("1 of 3 steps are done"), "{}", resumed.stderr);
    assert_eq!(read(folder, "found.csv"), plain.stdout);
    assert_eq!(read(folder, "steps"), whole);

    let all_done = ok(folder, &with_progress);
    assert!(all_done.stderr.contains("3 of 3 steps are done"), "{}", all_done.stderr);
    assert_eq!(read(folder, "found.csv"), plain.stdout);
}

#[test]
fn steps_of_another_run_and_other_files_are_not_taken_for_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    gallery(folder);
    ok(folder, &format!("{COMMAND} --progress steps"));
    let other = ok(folder, "duplicates --gallery gallery --model net --score 0.95 --progress steps");
    assert!(other.stderr.contains("starting anew"), "{}", other.stderr);

    write(folder, "notes", "do not overwrite me\n");
    let refused = run(folder, &format!("{COMMAND} --progress notes"));
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    assert_eq!(read(folder, "notes"), "do not overwrite me\n");

    let too_many = run(folder, "duplicates --gallery gallery --model net --score -1 --most 1000");
    assert_eq!((too_many.code, too_many.stdout.as_str()), (2, ""), "{}", too_many.stderr);
    let unknown = run(folder, "duplicates --gallery gallery --model other --score 0.9");
    assert_eq!(unknown.code, 7, "{}", unknown.stderr);
}
