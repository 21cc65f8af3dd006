//! Writes pictures of a generated finger as PGM, with their minutiae as CSV.
//!
//! ```text
//! cargo run --release -p biomatch-datasets --example picture -- CITIZEN FINGER COUNT OUT
//! ```

use std::fmt::Write;
use std::path::PathBuf;
use std::{fs, io};

use biomatch_datasets::{Capture, Population};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next =
        || arguments.next().ok_or_else(|| io::Error::other("usage: picture CITIZEN FINGER COUNT OUT"));
    let number = |text: String| text.parse::<u64>().map_err(io::Error::other);
    let (citizen, code, count) = (number(next()?)?, number(next()?)?, number(next()?)?);
    let out = PathBuf::from(next()?);
    fs::create_dir_all(&out)?;
    let code = u8::try_from(code).map_err(io::Error::other)?;
    let population = Population::new(42);
    let finger =
        population.citizen(citizen).finger(code).ok_or_else(|| io::Error::other("no such finger"))?;
    let ridges = finger.ridges();
    for number in 0..count {
        let picture = ridges.picture(&Capture { width: 388, height: 374, ..Capture::FIELD }, number);
        let mut pgm = format!("P5 {} {} 255\n", picture.width, picture.height).into_bytes();
        pgm.extend(&picture.pixels);
        fs::write(out.join(format!("{citizen}-{code}_{number}.pgm")), pgm)?;
        let mut csv = String::from("x,y,angle_degrees,visibility\n");
        for m in &picture.minutiae {
            let degrees = (-m.direction.1).atan2(m.direction.0).to_degrees().rem_euclid(360.0);
            let _ = writeln!(csv, "{:.2},{:.2},{degrees:.1},{:.2}", m.x, m.y, m.visibility);
        }
        fs::write(out.join(format!("{citizen}-{code}_{number}.csv")), csv)?;
    }
    Ok(())
}
