//! Vectors for a comparison of face searches, and this engine's times on them.
//!
//! `face-search make FOLDER COUNT DIMENSION faces|uniform` writes the vectors, which rivals read too.
//! `face-search enrol FOLDER COUNT DIMENSION` times enrolment, and leaves them in `FOLDER/gallery`.
//! `face-search open FOLDER COUNT DIMENSION` times opening that gallery.
//! `face-search scan FOLDER COUNT DIMENSION PAIRS` times searches beside plain reading.
//! `face-search again FOLDER COUNT DIMENSION` times those that rivals are compared with.
//! `face-search cores FOLDER COUNT DIMENSION PROBES` times searches by one and by two threads in turn.
//! `face-search kernels FOLDER COUNT DIMENSION` times the kernels of codes in cache, level beside level.
//! `face-search exact FOLDER COUNT DIMENSION SECONDS` compares searches with the scan of vectors.
//!
//! Each writes one JSON object a measurement to stdout.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod cores;
mod enrol;
mod exact;
mod kernels;
mod measure;
mod roofline;
mod scan;
mod vectors;

use measure::Set;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, what, folder, count, dimension, rest @ ..] = args.as_slice() else {
        panic!("WHAT FOLDER COUNT DIMENSION ...");
    };
    let set = Set::new(folder, count.parse().unwrap(), dimension.parse().unwrap());
    let option = rest.first().map_or("", String::as_str);
    match what.as_str() {
        "make" => vectors::make(&set, option == "uniform"),
        "enrol" => enrol::enrol(&set),
        "open" => enrol::open(&set),
        "scan" => scan::scan(&set, option.parse().unwrap()),
        "again" => scan::again(&set),
        "cores" => cores::cores(&set, option.parse().unwrap()),
        "kernels" => kernels::kernels(&set),
        "exact" => exact::exact(&set, option.parse().unwrap()),
        other => panic!("{other}: make, enrol, open, scan, again, cores, kernels or exact"),
    }
}
