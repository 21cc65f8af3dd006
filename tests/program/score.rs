//! `biomatch pairs`, `score` and `score-faces`.
#![cfg(feature = "cli")]

use std::path::Path;

use crate::program_support::{Random, impression, npy, ok, read, record, rows, run, write, write_fingers};
use biomatch::template::{FingerPosition, FingerprintRecord, FingerprintTemplate, Frame};
use biomatch::units::Resolution;

const SCORE: &str = "score --root fingers --pairs pairs.csv --out scores.csv";

fn fingers(count: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_fingers(&folder.path().join("fingers"), count);
    folder
}

fn scores(folder: &Path) -> Vec<f32> {
    rows(&read(folder, "scores.csv"))[1..].iter().map(|row| row[2].parse().unwrap()).collect()
}

#[test]
fn pairs_follow_the_naming_rule() {
    let folder = tempfile::tempdir().unwrap();
    write_fingers(&folder.path().join("f/DB1"), 2);
    write_fingers(&folder.path().join("f/DB2"), 1);
    write(folder.path(), "f/DB1/README.md", "not a sample");
    write(folder.path(), "f/DB1/.hidden_1.iso", "not a sample");
    let run = ok(folder.path(), "pairs --root f --out p.csv --truth t.csv");
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("1 files are not named"), "{}", run.stderr);
    let pairs = read(folder.path(), "p.csv");
    // Nine genuine and nine impostor pairs: none between the databases.
    assert_eq!(pairs.lines().count(), 1 + 9 + 9);
    assert!(
        pairs.starts_with("a,b\nDB1/1_1.iso,DB1/1_2.iso\nDB1/1_1.iso,DB1/1_3.iso\nDB1/1_1.iso,DB1/2_1.iso\n")
    );
    let truth = read(folder.path(), "t.csv");
    assert!(truth.starts_with("id,subject\nDB1/1_1.iso,DB1/1\n"), "{truth}");
    assert_eq!(truth.lines().count(), 1 + 9);

    let count = |impostors| {
        let line = format!("pairs --root f --impostors {impostors} --out - --quiet");
        let run = ok(folder.path(), &line);
        run.stdout.lines().count() - 1 - 9
    };
    assert_eq!((count("all"), count("first"), count("4"), count("0")), (9, 1, 4, 0));
}

#[test]
fn scores_have_the_order_of_the_pairs_whatever_the_threads() {
    let folder = fingers(4);
    ok(folder.path(), "pairs --root fingers --out pairs.csv --truth truth.csv");
    let run = ok(folder.path(), &format!("{SCORE} --threads 1"));
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let one = read(folder.path(), "scores.csv");
    ok(folder.path(), &format!("{SCORE} --threads 5"));
    assert_eq!(read(folder.path(), "scores.csv"), one);
    let to_stdout = ok(folder.path(), "score --root fingers --pairs pairs.csv --out -");
    assert_eq!(to_stdout.stdout, one);

    let pairs = read(folder.path(), "pairs.csv");
    let (one, pairs) = (rows(&one), rows(&pairs));
    assert_eq!(one[0], ["a", "b", "score", "fmr"]);
    assert!(one[1..].iter().map(|row| &row[..2]).eq(pairs[1..].iter().map(|row| &row[..])));
    let mated = |row: &[&str]| row[0].split('_').next() == row[1].split('_').next();
    let score = |row: &[&str]| row[2].parse::<f32>().unwrap();
    let worst = one[1..].iter().filter(|row| mated(row)).map(|row| score(row)).fold(f32::MAX, f32::min);
    let best = one[1..].iter().filter(|row| !mated(row)).map(|row| score(row)).fold(f32::MIN, f32::max);
    assert!(worst > best, "genuine from {worst}, impostors to {best}");
    for row in &one[1..] {
        let fmr: f64 = row[3].parse().unwrap();
        assert!(fmr > 0.0 && fmr <= 1.0);
    }

    let report = ok(folder.path(), "evaluate scores.csv --truth truth.csv --json --replicates 10");
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["databases"][0]["counts"]["genuine"], 12);
    assert_eq!(report["databases"][0]["rates"]["eer"]["rate"], 0.0);
}

#[test]
fn pairs_may_come_in_any_order_and_both_ways() {
    let folder = fingers(3);
    let list = "b,note,a\n2_1.iso,\"x, y\",1_1.iso\n1_1.iso,,2_1.iso\n3_1.iso,,1_2.iso\n2_1.iso,,1_1.iso\n";
    write(folder.path(), "pairs.csv", list);
    ok(folder.path(), SCORE);
    let text = read(folder.path(), "scores.csv");
    let rows = rows(&text);
    assert_eq!(rows[1][..2], ["1_1.iso", "2_1.iso"]);
    assert_eq!(rows[2][..2], ["2_1.iso", "1_1.iso"]);
    assert_eq!(rows[1][2..], rows[2][2..]);
    assert_eq!(rows[1], rows[4]);
}

#[test]
fn every_dialect_is_read_and_the_first_view_is_compared() {
    let folder = fingers(1);
    let two_views =
        FingerprintRecord::new(vec![impression(1, 1), FingerprintTemplate { view: 1, ..impression(2, 1) }]);
    write(folder.path(), "fingers/two.iso", two_views.write_iso2011().unwrap());
    write(
        folder.path(),
        "fingers/two.ansi",
        FingerprintRecord::new(vec![impression(1, 1)]).write_ansi2004().unwrap(),
    );
    write(folder.path(), "fingers/one.csv", as_csv(&impression(1, 1)));
    write(folder.path(), "fingers/one.XYT", as_xyt(&impression(1, 1)));
    let list = "a,b\n1_2.iso,1_1.iso\n1_2.iso,two.iso\n1_2.iso,two.ansi\n1_2.iso,one.csv\n1_2.iso,one.XYT\n";
    write(folder.path(), "pairs.csv", list);
    ok(folder.path(), &format!("{SCORE} --xyt-frame 388x374@500"));
    let scores = scores(folder.path());
    assert_eq!(scores[0], scores[1]);
    for score in &scores[2..] {
        assert!((score - scores[0]).abs() < 3.0, "{scores:?}");
    }
}

fn lines(template: &FingerprintTemplate, line: impl Fn(u32, u32, u16) -> String) -> String {
    let degrees = std::num::NonZeroU16::new(360).unwrap();
    let pixel = |length: biomatch::units::Length| length.to_pixels(Resolution::DPI_500);
    template.minutiae.iter().map(|m| line(pixel(m.x), pixel(m.y), m.angle.to_parts(degrees)) + "\n").collect()
}

fn as_csv(template: &FingerprintTemplate) -> String {
    "x,y,angle_degrees\n".to_owned() + &lines(template, |x, y, angle| format!("{x},{y},{angle}"))
}

fn as_xyt(template: &FingerprintTemplate) -> String {
    lines(template, |x, y, angle| format!("{x} {} {} 50", 374 - y, (angle + 180) % 360))
}

#[test]
fn a_record_without_minutiae_has_the_lowest_score() {
    let folder = fingers(1);
    let empty = FingerprintTemplate::new(FingerPosition::Unknown, Vec::new()).with_frame(Frame::new(
        388,
        374,
        Resolution::DPI_500,
    ));
    write(folder.path(), "fingers/empty.iso", record(empty));
    write(folder.path(), "pairs.csv", "a,b\n1_1.iso,empty.iso\nempty.iso,1_1.iso\nempty.iso,empty.iso\n");
    ok(folder.path(), SCORE);
    let text = read(folder.path(), "scores.csv");
    assert_eq!(
        text,
        "a,b,score,fmr\n\
         1_1.iso,empty.iso,-1000000,1.000e0\n\
         empty.iso,1_1.iso,-1000000,1.000e0\n\
         empty.iso,empty.iso,-1000000,1.000e0\n"
    );
}

#[test]
fn an_unreadable_record_stops_the_run_and_leaves_the_output_as_it_was() {
    let folder = fingers(2);
    write(folder.path(), "fingers/bad.iso", b"FMR\0 20\0nonsense");
    write(
        folder.path(),
        "pairs.csv",
        "a,b\n1_1.iso,1_2.iso\n1_1.iso,bad.iso\ngone.iso,2_1.iso\n2_1.iso,2_2.iso\n",
    );
    write(folder.path(), "scores.csv", "what was there before");
    let stopped = run(folder.path(), SCORE);
    assert_eq!((stopped.code, stopped.stdout.as_str()), (3, ""));
    assert!(stopped.stderr.contains("fingers/bad.iso"), "{}", stopped.stderr);
    assert_eq!(read(folder.path(), "scores.csv"), "what was there before");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");

    let skipped = ok(folder.path(), &format!("{SCORE} --skip-bad"));
    assert_eq!(skipped.stdout, "");
    for told in ["bad.iso", "gone.iso", "2 of 6 files cannot be read", "2 of 4 pairs have no score"] {
        assert!(skipped.stderr.contains(told), "{told}: {}", skipped.stderr);
    }
    let text = read(folder.path(), "scores.csv");
    let rows = rows(&text);
    assert_eq!(rows[2], ["1_1.iso", "bad.iso", "", ""]);
    assert_eq!(rows[3], ["gone.iso", "2_1.iso", "", ""]);
    assert!(rows[1][2].parse::<f32>().is_ok() && rows[4][2].parse::<f32>().is_ok());

    write(
        folder.path(),
        "t.csv",
        "a,b,mated\n1_1.iso,1_2.iso,1\n1_1.iso,bad.iso,0\ngone.iso,2_1.iso,1\n2_1.iso,2_2.iso,1\n",
    );
    let report = ok(folder.path(), "evaluate scores.csv --truth t.csv --replicates 0");
    assert!(
        report.stdout.contains("1 genuine and 1 impostor comparisons have no score"),
        "{}",
        report.stdout
    );
}

#[test]
fn strict_reading_refuses_what_lenient_reading_notes() {
    let folder = fingers(1);
    let mut bytes = record(impression(1, 1));
    bytes.extend(*b"more");
    write(folder.path(), "fingers/long.iso", bytes);
    write(folder.path(), "pairs.csv", "a,b\n1_1.iso,long.iso\n");
    let lenient = ok(folder.path(), SCORE);
    assert!(lenient.stderr.contains("1 records depart from their standard"), "{}", lenient.stderr);
    assert_eq!(ok(folder.path(), &format!("{SCORE} --quiet")).stderr, "");
    let strict = run(folder.path(), &format!("{SCORE} --strict"));
    assert_eq!(strict.code, 3);
    assert!(strict.stderr.contains("long.iso"), "{}", strict.stderr);
}

#[test]
fn lists_that_are_no_lists_are_named_with_their_line() {
    let folder = fingers(1);
    for (list, told) in [
        ("", "pairs.csv:1: the header has no columns a and b"),
        ("x,y\n1_1.iso,1_2.iso\n", "pairs.csv:1: the header has no columns a and b"),
        ("a,b\n1_1.iso,1_2.iso\n1_1.iso\n", "pairs.csv:3: the header has 2 columns and this line 1"),
        ("a,b\n1_1.iso,\n", "pairs.csv:2: b is the name of a sample, not \"\""),
    ] {
        write(folder.path(), "pairs.csv", list);
        let run = run(folder.path(), SCORE);
        assert_eq!(run.code, 3, "{list}");
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
    write(folder.path(), "pairs.csv", "a,b\n");
    ok(folder.path(), SCORE);
    assert_eq!(read(folder.path(), "scores.csv"), "a,b,score,fmr\n");
}

fn faces(count: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = Random::new(seed);
    let mut number = || random.below(2001) as f32 / 1000.0 - 1.0;
    (0..count).map(|_| (0..20).map(|_| number()).collect()).collect()
}

#[test]
fn faces_are_compared_by_cosine_in_the_order_of_the_pairs() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (faces(7, 1), faces(5, 2));
    write(folder.path(), "a.npy", npy(&a));
    write(folder.path(), "b.npy", npy(&b));
    write(folder.path(), "pairs.csv", "a,b\n6,0\n0,4\n3,3\n6,0\n");
    let line = "score-faces --a a.npy --b b.npy --pairs pairs.csv --out";
    let run_1 = ok(folder.path(), &format!("{line} - --threads 1"));
    assert_eq!(run_1.stderr, "");
    assert_eq!(ok(folder.path(), &format!("{line} - --threads 3")).stdout, run_1.stdout);
    let table = rows(&run_1.stdout);
    assert_eq!(table[0], ["a", "b", "score", "fmr"]);
    for (row, (i, j)) in table[1..].iter().zip([(6, 0), (0, 4), (3, 3), (6, 0)]) {
        assert_eq!(row[..2], [i.to_string(), j.to_string()]);
        let dot =
            |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>();
        let cosine = dot(&a[i], &b[j]) / (dot(&a[i], &a[i]) * dot(&b[j], &b[j])).sqrt();
        assert!((row[2].parse::<f64>().unwrap() - cosine).abs() < 1e-6);
    }
    ok(folder.path(), "score-faces --a a.npy --b a.npy --pairs pairs.csv --out same.csv");
    assert!(
        read(folder.path(), "same.csv").contains("\n3,3,1,")
            || read(folder.path(), "same.csv").contains("\n3,3,0.9999")
    );
}

#[test]
fn bad_faces_and_bad_rows_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.npy", npy(&faces(3, 1)));
    let mut bad = faces(3, 1);
    bad[2][5] = f32::NAN;
    write(folder.path(), "bad.npy", npy(&bad));
    write(folder.path(), "short.npy", npy(&[vec![1.0, 2.0]]));
    write(folder.path(), "cut.npy", &npy(&faces(3, 1))[..150]);
    let run = |a: &str, b: &str, list: &str| {
        write(folder.path(), "pairs.csv", list);
        let run = run(folder.path(), &format!("score-faces --a {a} --b {b} --pairs pairs.csv --out out.csv"));
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{}", run.stderr);
        assert!(!folder.path().join("out.csv").exists());
        run.stderr
    };
    assert!(run("a.npy", "bad.npy", "a,b\n0,0\n").contains("bad.npy: row 2"));
    assert!(run("cut.npy", "a.npy", "a,b\n0,0\n").contains("cut.npy"));
    assert!(run("a.npy", "short.npy", "a,b\n0,0\n").contains("dimensions"));
    assert!(
        run("a.npy", "a.npy", "a,b\n0,3\n")
            .contains("b is a row number of a.npy, which has 3 rows, not \"3\"")
    );
    assert!(run("a.npy", "a.npy", "a,b\n-1,2\n").contains("not \"-1\""));
}

#[test]
fn bad_faces_can_be_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let (a, mut b) = (faces(4, 1), faces(5, 2));
    write(folder.path(), "a.npy", npy(&a));
    write(folder.path(), "good.npy", npy(&b));
    b[0][19] = f32::NAN;
    b[2] = vec![0.0; 20];
    b[4][0] = f32::NEG_INFINITY;
    write(folder.path(), "b.npy", npy(&b));
    write(folder.path(), "pairs.csv", "a,b\n0,0\n1,1\n2,2\n3,3\n0,4\n3,1\n");
    let line = |b: &str| format!("score-faces --a a.npy --b {b} --pairs pairs.csv --skip-bad --out -");
    let run_bad = ok(folder.path(), &line("b.npy"));
    assert_eq!(
        run_bad.stderr,
        "biomatch: warning: b.npy: row 0: an embedding's numbers are finite; number 19 is not\n\
         biomatch: warning: b.npy: row 2: the embedding has no direction: its norm is zero\n\
         biomatch: warning: b.npy: row 4: an embedding's numbers are finite; number 0 is not\n\
         biomatch: warning: b.npy: 3 of 5 embeddings are bad\n\
         biomatch: warning: 3 of 6 pairs have no score\n"
    );
    let run_good = ok(folder.path(), &line("good.npy"));
    assert_eq!(run_good.stderr, "");
    let (found, expected) = (rows(&run_bad.stdout), rows(&run_good.stdout));
    assert_eq!(found.len(), 7);
    for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
        if [1, 3, 5].contains(&number) {
            assert_eq!(found[..2], expected[..2]);
            assert_eq!(found[2..], ["", ""]);
        } else {
            assert_eq!(found, expected);
        }
    }
    // Bad on both sides, and in one file.
    let own = "score-faces --a b.npy --b b.npy --pairs pairs.csv --skip-bad --out -";
    assert!(ok(folder.path(), own).stderr.ends_with("3 of 6 pairs have no score\n"));
    assert!(!folder.path().join("out.csv").exists());
}

#[test]
fn what_is_no_row_s_fault_is_not_skipped() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.npy", npy(&faces(2, 1)));
    write(folder.path(), "one.npy", npy(&[vec![1.0], vec![f32::NAN]]));
    write(folder.path(), "short.npy", npy(&[vec![f32::NAN, 2.0], vec![0.0, 0.0]]));
    write(folder.path(), "pairs.csv", "a,b\n0,0\n");
    for file in ["one.npy", "short.npy", "none.npy"] {
        let line = format!("score-faces --a a.npy --b {file} --pairs pairs.csv --skip-bad --out out.csv");
        let run = run(folder.path(), &line);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{}", run.stderr);
        assert!(run.stderr.contains("dimensions") || run.stderr.contains("none.npy"), "{}", run.stderr);
        assert!(!folder.path().join("out.csv").exists());
    }
}
