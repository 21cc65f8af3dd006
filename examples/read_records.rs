//! Reads what scanners deliver: records of any dialect, with all that departs from it.
//!
//! ```text
//! cargo run --example read_records [FILE ...]
//! ```

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use biomatch::template::{Dialect, FingerprintRecord, Reading};

fn main() -> Result<(), Box<dyn Error>> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample/fingers/102_0.iso");
    let mut files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        files.push(sample);
    }
    for file in files {
        let bytes = fs::read(&file)?;
        // The dialect is recognised. Lenient reading keeps what is sound and lists the rest.
        let record = match FingerprintRecord::read(&bytes, Reading::Lenient) {
            Ok(record) => record,
            Err(error) => {
                println!("{}: {error}", file.display());
                continue;
            }
        };
        println!("{}: {} impressions", file.display(), record.views.len());
        for warning in &record.warnings {
            println!("  departs from its standard: {warning}");
        }
        for view in &record.views {
            println!("  {:?}, {} minutiae", view.position, view.minutiae.len());
        }
        // The same minutiae in another dialect, for whoever asks for it.
        let written = record.write(Dialect::Iso2011)?;
        println!("  {} bytes as ISO/IEC 19794-2:2011", written.len());
    }
    Ok(())
}
