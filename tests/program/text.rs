//! Every command reads text by one rule: byte order marks, line ends, blank lines, UTF-16.

use std::fs;
use std::path::Path;

use crate::program_support::{npy, ok, run, write, write_fingers, write_manifest};

/// A command, the file of text that it reads, and whether blank lines may stand between the others: in a list of
/// subjects a line is a row.
const COMMANDS: &[(&str, &str, bool)] = &[
    ("pairs --subjects subjects.txt --impostors all --out - --truth t.csv", "subjects.txt", false),
    ("calibrate faces --embeddings a.npy --subjects subjects.txt --model m --out -", "subjects.txt", false),
    ("calibrate scores --scores scores.csv --truth truth.csv --matcher x --out -", "scores.csv", true),
    ("calibrate scores --scores scores.csv --truth truth.csv --matcher x --out -", "truth.csv", true),
    ("score --root . --pairs pairs.csv --out -", "pairs.csv", true),
    ("score --root . --pairs pairs.csv --calibration table.json --out -", "table.json", true),
    ("score-faces --a a.npy --b a.npy --pairs rows.csv --out -", "rows.csv", true),
    ("evaluate scores.csv --truth truth.csv", "scores.csv", true),
    ("evaluate scores.csv --truth truth.csv", "truth.csv", true),
    ("identify --gallery g --assume-generic m --top 1 --probes probes.ndjson --out -", "probes.ndjson", true),
    (
        "identify --gallery g --assume-generic m --top 1 --probes probes.ndjson --within some.txt --out -",
        "some.txt",
        true,
    ),
    ("authenticate --gallery g --assume-generic m --citizen 001090000101 probe.ndjson", "probe.ndjson", true),
    ("inspect f.json", "f.json", true),
    ("inspect --json f.csv", "f.csv", true),
];

/// More faces than a calibration needs, of a few subjects.
fn faces() -> Vec<Vec<f32>> {
    (0..150_u32)
        .map(|row| (0..8_u32).map(|i| ((row * 31 + i * i * 17) % 23) as f32 - 11.0).collect())
        .collect()
}

fn prepare(folder: &Path) {
    write_fingers(folder, 2);
    write_manifest(folder);
    let manifest = fs::read_to_string(folder.join("manifest.ndjson")).unwrap();
    // A probe without a label is called by its line.
    write(folder, "probes.ndjson", manifest.replace("{\"citizen\"", "{\"probe\": \"p\", \"citizen\""));
    write(folder, "probe.ndjson", manifest.lines().next().unwrap().to_owned() + "\n");
    write(folder, "a.npy", npy(&faces()));
    write(folder, "subjects.txt", (0..150).map(|row| format!("{}\n", row / 2)).collect::<String>());
    write(folder, "pairs.csv", "a,b\n1_1.iso,1_2.iso\n1_1.iso,2_2.iso\n");
    write(folder, "rows.csv", "a,b\n0,1\n2,5\n");
    let ids = || (0..150).flat_map(|a| (0..a).map(move |b| (a, b)));
    let scores: String = ids()
        .map(|(a, b)| format!("{a},{b},{}\n", (a * 7 + b * 13) % 50 + 100 * i32::from(a / 2 == b / 2)))
        .collect();
    write(folder, "scores.csv", format!("a,b,score\n{scores}"));
    write(
        folder,
        "truth.csv",
        (0..150).fold("id,subject\n".to_owned(), |text, id| text + &format!("{id},{}\n", id / 2)),
    );
    write(folder, "some.txt", "001090000101\n001090000102\n");
    write(folder, "f.json", "[[1, 2],\n[3, 4]]\n");
    write(folder, "f.csv", "x,y,angle_degrees\n10,20,30\n50,60,70\n");
    ok(folder, "-q enrol --gallery g manifest.ndjson");
    ok(folder, "calibrate scores --scores scores.csv --truth truth.csv --matcher x --out table.json");
}

/// Without the time that a decision took.
fn timeless(output: &str) -> String {
    output.lines().filter(|line| !line.contains("\"microseconds\"")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_command_reads_every_variation_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    for (command, file, between) in COMMANDS {
        let expected = ok(folder, command);
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let crlf = text.replace('\n', "\r\n");
        let mut variations = vec![
            ("byte order mark", format!("\u{feff}{text}")),
            ("byte order mark and CRLF", format!("\u{feff}{crlf}")),
            ("CRLF", crlf),
            ("CR", text.replace('\n', "\r")),
            ("blank lines at the end", format!("{text}\n \t\n\r\n")),
            ("no last line end", text.trim_end().to_owned()),
        ];
        if *between {
            variations.push(("blank lines", text.replace('\n', "\n\n")));
            variations.push(("blank lines of spaces", text.replace('\n', "\r\n  \r\n")));
        }
        for (name, variation) in variations {
            write(folder, file, variation);
            let run = run(folder, command);
            assert_eq!(
                (run.code, timeless(&run.stdout)),
                (0, timeless(&expected.stdout)),
                "{command} with {name}: {}",
                run.stderr
            );
        }
        for big in [false, true] {
            let units = format!("\u{feff}{text}");
            let bytes =
                units.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
            write(folder, file, bytes.collect::<Vec<u8>>());
            let run = run(folder, command);
            assert_eq!(run.code, 3, "{command}: {}", run.stderr);
            assert!(run.stderr.contains("UTF-16 text; write it as UTF-8"), "{command}: {}", run.stderr);
            assert!(run.stderr.contains(file), "{command}: {}", run.stderr);
        }
        write(folder, file, text);
    }
}

#[test]
fn manifests_in_every_variation_are_enrolled() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    let text = fs::read_to_string(folder.join("manifest.ndjson")).unwrap();
    let variations = [
        format!("\u{feff}{}", text.replace('\n', "\r\n")),
        text.replace('\n', "\r"),
        text.replace('\n', "\n \n"),
    ];
    for (number, variation) in variations.into_iter().enumerate() {
        write(folder, "m.ndjson", variation);
        let run = ok(folder, &format!("-q enrol --gallery new{number} m.ndjson"));
        assert!(run.stdout.contains("\"citizens\":5"), "{}", run.stdout);
    }
}

#[test]
fn a_row_without_a_subject_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepare(folder);
    write(folder, "subjects.txt", "a\n\nb\n");
    for command in [COMMANDS[0].0, COMMANDS[1].0] {
        let run = run(folder, command);
        assert_eq!(run.code, 3, "{command}");
        assert!(run.stderr.contains("subjects.txt:2: no subject"), "{command}: {}", run.stderr);
    }
}
