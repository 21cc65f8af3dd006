//! Parsing of the command line.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use biomatch::escape::Escaped;
use clap::Parser;

use crate::exit::{Exit, Failure};

/// Parses arguments. Prints help, the version, or an error in which arguments are escaped; then gives the exit code.
pub(crate) fn parse<T: Parser>(arguments: impl Iterator<Item = OsString>) -> Result<T, ExitCode> {
    let arguments: Vec<OsString> = arguments.collect();
    let error = match T::try_parse_from(&arguments) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    if !error.use_stderr() {
        return Err(match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => Failure::unwritable("standard output", &error).report(),
        });
    }
    // The error quotes arguments unescaped. Escaped arguments normally give the same error.
    let escaped = arguments.iter().map(|argument| Escaped::new(argument).to_string());
    let printed = match T::try_parse_from(escaped) {
        Err(same) if same.kind() == error.kind() => same.print(),
        _ => {
            let text = error.render().to_string();
            let mut lines = text.lines().map(Escaped::new);
            lines.try_for_each(|line| writeln!(io::stderr().lock(), "{line}"))
        }
    };
    // The exit code reports the error even if stderr is closed.
    let _ = printed;
    Err(Exit::Usage.into())
}
