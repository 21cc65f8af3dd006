//! Searches all citizens for the people of a probe list, in one pass over the gallery.
//!
//! ```text
//! cargo run --example identify_batch
//! ```

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use biomatch::calibration::Calibration;
use biomatch::ingest::{Resolver, enrolments, probes};
use biomatch::template::Reading;
use biomatch::{CallerTag, CitizenDatabase, Enrolment, Probe, SearchRequest};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample");
    let table = Calibration::from_json(&std::fs::read_to_string(folder.join("biomatch-synthetic.json"))?)?;
    let directory = std::env::temp_dir().join("biomatch-example-identify");
    let database = CitizenDatabase::options().face_calibration(table).open_or_create(directory)?;
    let list = folder.join("probes.ndjson");
    let resolver = Resolver::beside(&list, Reading::Lenient);

    // Many citizens at once: a writer stages them, and one commit makes them durable together.
    let writer = database.writer()?;
    for line in enrolments(BufReader::new(File::open(folder.join("enrol.ndjson"))?)) {
        let line = line?;
        writer.enrol(line.citizen, Enrolment::from(resolver.enrolment(&line)?))?;
    }
    writer.commit()?; // samples that are enrolled already are not stored again

    let mut requests = Vec::new();
    for line in probes(BufReader::new(File::open(&list)?)) {
        let line = line?;
        let probe = Probe::from(resolver.probe(&line)?);
        let tag = CallerTag::new(line.line.to_string().as_bytes())?;
        requests.push(SearchRequest::new(probe).at_most(3).tag(tag));
    }
    for (record, number) in database.identify_batch(&requests)?.iter().zip(1..) {
        println!("probe {number}: {} comparisons", record.compared);
        for candidate in &record.candidates {
            let rarest = candidate.comparisons.iter().min_by(|a, b| a.fmr.rate().total_cmp(&b.fmr.rate()));
            let Some(best) = rarest else { continue };
            println!(
                "  {}. {}: {} {}, {:.1e} non-mates expected as good",
                candidate.rank, candidate.citizen, best.modality, best.score, candidate.expected_false
            );
        }
    }
    Ok(())
}
