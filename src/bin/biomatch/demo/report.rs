//! What the demo found, as a table or as JSON.

use std::io::Write;
use std::path::Path;

use biomatch::database::CitizenDatabase;
use serde::Serialize;

use crate::deciding::failure;
use crate::exit::Failure;
use crate::output::Output;

#[derive(Default, Serialize)]
pub(super) struct Report {
    pub(super) citizens: u32,
    pub(super) seed: u64,
    pub(super) fingers: usize,
    pub(super) faces: usize,
    pub(super) bytes: u64,
    pub(super) files: usize,
    pub(super) kernels: String,
    pub(super) threads: usize,
    pub(super) face_calibration_comparisons: u64,
    pub(super) scans: Pictures,
    pub(super) generate_seconds: f64,
    pub(super) enrol_seconds: f64,
    pub(super) open_milliseconds: f64,
    pub(super) authenticate_seconds: f64,
    /// Processor time of one claim, mean.
    pub(super) claim_microseconds: f64,
    pub(super) true_claims: Claims,
    pub(super) false_claims: Claims,
    pub(super) no_answers: Vec<(String, String)>,
    pub(super) searches: Vec<Searches>,
    pub(super) total_seconds: f64,
}

/// Rendered pictures of the first citizens' fingers.
#[derive(Default, Serialize)]
pub(super) struct Pictures {
    pub(super) pictures: u64,
    pub(super) extractor: String,
    pub(super) minutiae: usize,
    pub(super) render_seconds: f64,
    pub(super) extract_seconds: f64,
    /// The true claims of these citizens.
    pub(super) true_claims: Claims,
}

#[derive(Default, Serialize)]
pub(super) struct Claims {
    pub(super) claims: u64,
    pub(super) accepted: u64,
    pub(super) rejected: u64,
    pub(super) referred: u64,
    pub(super) face_met: u64,
    pub(super) finger_met: u64,
}

#[derive(Default, Serialize)]
pub(super) struct Searches {
    pub(super) by: &'static str,
    pub(super) enrolled: u64,
    pub(super) strangers: u64,
    /// Enrolled people who are the first candidate, are among the five, and are the first with
    /// certainty.
    pub(super) first: u64,
    pub(super) listed: u64,
    pub(super) certain: u64,
    pub(super) strangers_found: u64,
    pub(super) comparisons: u64,
    pub(super) seconds: f64,
}

impl Claims {
    pub(super) fn add(&mut self, other: &Self) {
        self.claims += other.claims;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.referred += other.referred;
        self.face_met += other.face_met;
        self.finger_met += other.finger_met;
    }

    fn compared(&self) -> u64 {
        self.claims - self.referred
    }
}

impl Report {
    pub(super) fn new(citizens: u32, seed: u64) -> Self {
        Self { citizens, seed, ..Self::default() }
    }

    /// The size of the gallery.
    pub(super) fn measure(&mut self, folder: &Path, database: &CitizenDatabase) -> Result<(), Failure> {
        let snapshot = database.snapshot().map_err(|error| failure(&error))?;
        self.fingers = snapshot.gallery().finger_count();
        self.faces = snapshot.gallery().face_count();
        let unreadable = |error| Failure::unreadable(folder, &error);
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            self.bytes += entry.and_then(|entry| entry.metadata()).map_err(unreadable)?.len();
            self.files += 1;
        }
        Ok(())
    }

    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        Output::answer(json, self, |output| self.table(output))
    }

    fn table(&self, out: &mut impl Write) -> std::io::Result<()> {
        self.pictures_table(out)?;
        let Self { citizens, fingers, faces, files, threads, kernels, .. } = self;
        let megabytes = self.bytes as f64 / 1e6;
        writeln!(out, "\nGallery")?;
        writeln!(out, "  {citizens} citizens, {fingers} fingers, {faces} faces (seed {})", self.seed)?;
        writeln!(
            out,
            "  {megabytes:.1} MB in {files} files, {:.0} bytes per citizen",
            self.bytes as f64 / f64::from(*citizens)
        )?;
        writeln!(
            out,
            "  enrolled in {:.1} s ({:.0} citizens/s, durable), opened in {:.1} ms",
            self.enrol_seconds,
            f64::from(*citizens) / self.enrol_seconds,
            self.open_milliseconds
        )?;
        writeln!(out, "  {threads} threads, {kernels} kernels")?;
        self.claims_table(out)?;
        self.searches_table(out)?;
        writeln!(
            out,
            "\nTotal {:.1} s, of which {:.1} s made the people. Their samples are generated: rates on real ones differ.",
            self.total_seconds, self.generate_seconds
        )
    }

    fn pictures_table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Pictures { pictures, extractor, minutiae, extract_seconds, .. } = &self.scans;
        let each = 1e3 * extract_seconds / *pictures as f64;
        writeln!(out, "Pictures")?;
        writeln!(
            out,
            "  {pictures} pictures of fingers of the first {} citizens, rendered in {:.1} s",
            super::pictures::SCANNED,
            self.scans.render_seconds
        )?;
        writeln!(
            out,
            "  {:.0} minutiae each, found by {extractor} in {each:.0} ms ({:.0} pictures/s)",
            *minutiae as f64 / *pictures as f64,
            *pictures as f64 / extract_seconds
        )?;
        let own = &self.scans.true_claims;
        writeln!(out, "  {} of {} true claims with a face and a picture accepted", own.accepted, own.claims)
    }

    fn claims_table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let claims = self.true_claims.claims + self.false_claims.claims;
        writeln!(out, "\nOne to one: face and a finger, each at one false match in 10,000")?;
        writeln!(
            out,
            "  {claims} claims, {:.0} claims/s, {:.0} us each on one thread",
            claims as f64 / self.authenticate_seconds,
            self.claim_microseconds
        )?;
        writeln!(out, "  {:<38} {:>15}  95 % interval", "", "count")?;
        let own = &self.true_claims;
        rate(out, "true claims rejected", own.rejected, own.compared())?;
        rate(out, "  face below its threshold", own.compared() - own.face_met, own.compared())?;
        rate(out, "  finger below its threshold", own.compared() - own.finger_met, own.compared())?;
        rate(out, "true claims referred", own.referred, own.claims)?;
        let other = &self.false_claims;
        rate(out, "false claims accepted", other.accepted, other.compared())?;
        rate(out, "  face at its threshold or above", other.face_met, other.compared())?;
        rate(out, "  finger at its threshold or above", other.finger_met, other.compared())?;
        for (what, answer) in &self.no_answers {
            writeln!(out, "  {what}: {answer}")?;
        }
        Ok(())
    }

    fn searches_table(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(
            out,
            "\nOne to all: certain candidates are those that at most 1 in 100 searches gives for someone not enrolled"
        )?;
        writeln!(out, "  {:<38} {:>15}  95 % interval", "", "count")?;
        for s in &self.searches {
            let each = 1e3 * s.seconds / (s.enrolled + s.strangers) as f64;
            let speed = s.comparisons as f64 / s.seconds;
            writeln!(out, "  by {}: {each:.2} ms per search, {speed:.0} comparisons/s", s.by)?;
            rate(out, "  enrolled, not the first", s.enrolled - s.first, s.enrolled)?;
            rate(out, "  enrolled, not among the first five", s.enrolled - s.listed, s.enrolled)?;
            rate(out, "  enrolled, not the first for certain", s.enrolled - s.certain, s.enrolled)?;
            rate(out, "  not enrolled, someone for certain", s.strangers_found, s.strangers)?;
        }
        Ok(())
    }
}

fn rate(out: &mut impl Write, what: &str, count: u64, trials: u64) -> std::io::Result<()> {
    let (low, high) = interval(count, trials);
    let counts = format!("{count} of {trials}");
    writeln!(out, "  {what:<38} {counts:>15}  {:.3} % to {:.3} %", 100.0 * low, 100.0 * high)
}

/// The 95 % interval of a share by Wilson's score.
fn interval(count: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    const Z: f64 = 1.959_963_984_540_054;
    let n = trials as f64;
    let p = count as f64 / n;
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // Wilson's score, by hand: 0 of 10 and 5 of 10.
        let (low, high) = interval(0, 10);
        assert!(low.abs() < 1e-12 && (high - 0.2775).abs() < 1e-4);
        let (low, high) = interval(5, 10);
        assert!((low - 0.2366).abs() < 1e-4 && (high - 0.7634).abs() < 1e-4);
        assert_eq!(interval(0, 0), (0.0, 1.0));
    }
}
