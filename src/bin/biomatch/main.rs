//! The `biomatch` program: one file per command, and shared parts.
//!
//! Machine output goes to stdout or to the file that `--out` names; progress, notes and errors go
//! to stderr. Every command is `run(&Args, &Console) -> Result<Answer, Failure>`.

mod console;
mod exit;
mod notices;
mod output;
mod subjects;
mod table;

mod arguments;
mod attempts;
mod audit;
mod authenticate;
mod backup;
mod calibrate;
mod check_audit;
mod citizen;
mod convert;
mod deciding;
mod demo;
mod dialect;
mod duplicates;
mod enrol;
mod erase;
mod evaluate;
mod evaluate_table;
mod explain;
mod extract;
mod extract_faces;
mod face_network;
mod facts;
mod files;
mod fingers;
mod generated;
mod identify;
mod inspect;
mod models;
mod moments;
mod normaliser;
mod pairs;
mod pictures;
mod records;
mod repair;
mod rotate_audit;
mod score;
mod score_faces;
mod score_table;
mod signals;
mod train_codes;
mod train_normaliser;
mod verify;

use std::process::ExitCode;

use biomatch::kernels::Kernels;
use clap::Subcommand;

use crate::console::{Common, Console};
use crate::exit::{EXIT_CODES, Exit, Failure, OrFail as _};

/// Match fingerprints and faces against a citizen database.
///
/// The commands work on standard files: fingerprint records (ISO/IEC 19794-2, ANSI INCITS 378,
/// NIST .xyt), face embeddings (.npy), lists in CSV and NDJSON. `biomatch COMMAND --help` explains
/// each with examples.
#[derive(Debug, clap::Parser)]
#[command(name = "biomatch", version, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Enrol(enrol::Args),
    Authenticate(authenticate::Args),
    Identify(identify::Args),
    Duplicates(duplicates::Args),
    Delete(citizen::DeleteArgs),
    Remove(erase::RemoveArgs),
    Erase(erase::EraseArgs),
    Lock(citizen::LockArgs),
    Unlock(citizen::UnlockArgs),
    Attempts(attempts::Args),
    Compact(citizen::CompactArgs),
    Verify(verify::Args),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Repair(repair::Args),
    CheckAudit(check_audit::Args),
    RotateAudit(rotate_audit::Args),
    Calibrate(calibrate::Args),
    Models(models::Args),
    Inspect(inspect::Args),
    Explain(explain::Args),
    Convert(convert::Args),
    Extract(extract::Args),
    ExtractFaces(extract_faces::Args),
    Pairs(pairs::Args),
    Score(score::Args),
    ScoreFaces(score_faces::Args),
    Evaluate(evaluate::Args),
    TrainCodes(train_codes::Args),
    TrainNormaliser(train_normaliser::Args),
}

fn main() -> ExitCode {
    let cli: Cli = match arguments::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let ready = check_kernels()
        .and_then(|()| signals::handle_file_size_limit())
        .and_then(|()| Console::new(&cli.common));
    let answer = ready.and_then(|console| match &cli.command {
        Command::Demo(args) => demo::run(args, &console),
        Command::Enrol(args) => enrol::run(args, &console),
        Command::Authenticate(args) => authenticate::run(args, &console),
        Command::Identify(args) => identify::run(args, &console),
        Command::Duplicates(args) => duplicates::run(args, &console),
        Command::Delete(args) => citizen::delete(args, &console),
        Command::Remove(args) => erase::remove(args, &console),
        Command::Erase(args) => erase::erase(args, &console),
        Command::Lock(args) => citizen::lock(args, &console),
        Command::Unlock(args) => citizen::unlock(args, &console),
        Command::Attempts(args) => attempts::run(args, &console),
        Command::Compact(args) => citizen::compact(args, &console),
        Command::Verify(args) => verify::run(args, &console),
        Command::Backup(args) => backup::backup(args, &console),
        Command::Restore(args) => backup::restore(args, &console),
        Command::Repair(args) => repair::run(args, &console),
        Command::CheckAudit(args) => check_audit::run(args, &console),
        Command::RotateAudit(args) => rotate_audit::run(args, &console),
        Command::Calibrate(args) => calibrate::run(args, &console),
        Command::Explain(args) => explain::run(args, &console),
        Command::Models(args) => models::run(args, &console),
        Command::Inspect(args) => inspect::run(args, &console),
        Command::Convert(args) => convert::run(args, &console),
        Command::Extract(args) => extract::run(args, &console),
        Command::ExtractFaces(args) => extract_faces::run(args, &console),
        Command::Pairs(args) => pairs::run(args, &console),
        Command::Score(args) => score::run(args, &console),
        Command::ScoreFaces(args) => score_faces::run(args, &console),
        Command::Evaluate(args) => evaluate::run(args, &console),
        Command::TrainCodes(args) => train_codes::run(args, &console),
        Command::TrainNormaliser(args) => train_normaliser::run(args, &console),
    });
    match answer {
        Ok(answer) => answer.into(),
        Err(failure) => failure.report(),
    }
}

/// Refuses a level of kernels that cannot be had, rather than run another.
fn check_kernels() -> Result<(), Failure> {
    Kernels::from_environment().map(drop).or_fail(Exit::Usage)
}
