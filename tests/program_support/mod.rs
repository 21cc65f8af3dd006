//! What the tests of the program share: running it, and records to run it on.
#![allow(dead_code, reason = "each test file uses a part")]

use std::ffi::OsStr;
use std::fs;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use biomatch::template::{
    FingerPosition, FingerprintRecord, FingerprintTemplate, Frame, Minutia, MinutiaKind,
};
use biomatch::units::{Angle, Length, Resolution};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program in a folder: the one of this build, or that which `BIOMATCH_PROGRAM` names.
pub(crate) fn biomatch<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Run {
    let program = std::env::var_os("BIOMATCH_PROGRAM");
    let run = Command::new(program.as_deref().unwrap_or(OsStr::new(env!("CARGO_BIN_EXE_biomatch"))))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        code: run.status.code().expect("not killed"),
        stdout: String::from_utf8(run.stdout).unwrap(),
        stderr: String::from_utf8(run.stderr).unwrap(),
    }
}

/// Runs the program with arguments parted by spaces.
pub(crate) fn run(folder: &Path, line: &str) -> Run {
    biomatch(folder, line.split_whitespace())
}

/// The same, and it must succeed.
pub(crate) fn ok(folder: &Path, line: &str) -> Run {
    let run = run(folder, line);
    assert_eq!(run.code, 0, "{line}: {}", run.stderr);
    run
}

pub(crate) fn write(folder: &Path, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, contents).unwrap();
    path
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Random numbers, the same in every run.
pub(crate) struct Random(SplitMix64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }
}

/// An impression of a finger: forty minutiae at places of the finger's own, moved a little by the
/// impression.
pub(crate) fn impression(finger: u64, impression: u64) -> FingerprintTemplate {
    let mut of_finger = Random::new(finger * 7919 + 1);
    let mut noise = Random::new(finger * 104_729 + impression * 1299 + 5);
    let degrees = NonZeroU16::new(360).unwrap();
    let length = |pixels| Length::from_pixels(pixels as u16, Resolution::DPI_500).unwrap();
    let minutiae = (0..40).map(|_| {
        let x = 40 + of_finger.below(280) + noise.below(3);
        let y = 40 + of_finger.below(280) + noise.below(3);
        let angle = of_finger.below(360) + noise.below(6);
        Minutia::new(
            length(x),
            length(y),
            Angle::from_parts(angle as u32, degrees),
            MinutiaKind::Ending,
            None,
        )
    });
    FingerprintTemplate::new(FingerPosition::Unknown, minutiae.collect()).with_frame(Frame::new(
        388,
        374,
        Resolution::DPI_500,
    ))
}

pub(crate) fn record(template: FingerprintTemplate) -> Vec<u8> {
    FingerprintRecord::new(vec![template]).write_iso2005().unwrap()
}

/// A folder of fingers 1 to `fingers`, each with three impressions: `FINGER_IMPRESSION.iso`.
pub(crate) fn write_fingers(folder: &Path, fingers: u64) {
    for finger in 1..=fingers {
        for number in 1..=3 {
            write(folder, &format!("{finger}_{number}.iso"), record(impression(finger, number)));
        }
    }
}

/// The rows of a CSV file, the header first.
pub(crate) fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split(',').collect()).collect()
}

/// An `.npy` file of rows of f32.
pub(crate) fn npy(rows: &[Vec<f32>]) -> Vec<u8> {
    let shape = format!("({}, {})", rows.len(), rows.first().map_or(2, Vec::len));
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(rows.iter().flatten().flat_map(|x| x.to_le_bytes()));
    bytes
}

/// Five citizens in `manifest.ndjson`, each with a finger in a file and a face in the line.
pub(crate) fn write_manifest(folder: &Path) {
    let mut lines = String::new();
    for citizen in 1..=5 {
        let name = format!("{citizen}_1.iso");
        write(folder, &name, record(impression(citizen, 1)));
        lines += &manifest_line(citizen, &name);
    }
    write(folder, "manifest.ndjson", lines);
}

/// A citizen with a finger in a file and a face.
pub(crate) fn manifest_line(citizen: u64, file: &str) -> String {
    let face = if citizen.is_multiple_of(2) { "1, 0.5" } else { "0.5, 1" };
    let fingers = format!(r#"[{{"position": "right_index", "file": {}}}]"#, serde_json::json!(file));
    format!(
        r#"{{"citizen": "00109000010{citizen}", "fingers": {fingers}, "face": {{"model": "m", "embedding": [{face}]}}}}"#
    ) + "\n"
}

/// Runs the program as [`biomatch`] does, behind the words of a command that runs it, such as `env A=1`. Fails if
/// it does not end within a minute.
pub(crate) fn biomatch_in_time(folder: &Path, prefix: &[&str], args: &[impl AsRef<OsStr>]) -> Run {
    let program = OsStr::new(env!("CARGO_BIN_EXE_biomatch"));
    let mut words = prefix.iter().map(OsStr::new).chain([program]).chain(args.iter().map(AsRef::as_ref));
    let mut command = Command::new(words.next().unwrap());
    let output = |name| fs::File::create(folder.join(name)).unwrap();
    let mut child = command
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output(".stdout"))
        .stderr(output(".stderr"))
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let in_time = start.elapsed() < Duration::from_secs(60);
        if !in_time {
            child.kill().unwrap();
        }
        assert!(in_time, "{command:?} blocks");
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |name| String::from_utf8(fs::read(folder.join(name)).unwrap()).unwrap();
    let (stdout, stderr) = (text(".stdout"), text(".stderr"));
    assert!(status.code().is_some(), "{command:?} was killed: {status}");
    Run { code: status.code().unwrap(), stdout, stderr }
}
