//! Enrols people from a manifest, each only if no search finds them under another number.
//!
//! ```text
//! cargo run --example find_duplicates
//! ```

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use biomatch::calibration::Calibration;
use biomatch::ingest::{Resolver, enrolments};
use biomatch::search::Effort;
use biomatch::template::Reading;
use biomatch::{CitizenDatabase, Enrolment, Fpir, Probe, SearchRequest};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample");
    let table = Calibration::from_json(&std::fs::read_to_string(folder.join("biomatch-synthetic.json"))?)?;
    let directory = std::env::temp_dir().join("biomatch-example-duplicates");
    let database = CitizenDatabase::options().face_calibration(table).open_or_create(directory)?;

    let manifest = folder.join("enrol.ndjson");
    let resolver = Resolver::beside(&manifest, Reading::Lenient);
    for line in enrolments(BufReader::new(File::open(&manifest)?)) {
        let line = line?;
        let samples = resolver.enrolment(&line)?;
        if database.snapshot()?.citizen(line.citizen)?.is_some() {
            println!("{}: enrolled already", line.citizen);
            continue;
        }
        if database.snapshot()?.gallery().face_count() > 0 {
            // A miss costs more than time here, so look carefully. One search in a thousand of a new citizen
            // names somebody by chance: an officer compares before anybody is turned away.
            let request = SearchRequest::new(Probe::from(samples.clone()))
                .effort(Effort::Careful)
                .fpir(Fpir::one_in(1_000));
            let found = database.identify(&request)?;
            if !found.not_compared.is_empty() {
                println!("{}: not everybody could be compared: {:?}", line.citizen, found.not_compared);
            }
            if let Some(candidate) = found.candidates.first() {
                println!("{}: may be enrolled as {}, for an officer", line.citizen, candidate.citizen);
                continue;
            }
        }
        let references = database.enrol(line.citizen, Enrolment::from(samples))?;
        println!("{}: {} references enrolled", line.citizen, references.len());
    }
    Ok(())
}
