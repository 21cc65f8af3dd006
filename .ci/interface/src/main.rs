//! Prints the public interface that a rustdoc JSON file describes, one item a line, without the implementations
//! that the compiler derives for every type.

use std::path::PathBuf;
use std::process::ExitCode;

use public_api::Builder;

fn main() -> ExitCode {
    let Some(json) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: public-interface RUSTDOC.json");
        return ExitCode::FAILURE;
    };
    let built = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    match built {
        Ok(interface) => {
            print!("{interface}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
