//! The option for an audit file, which every command that decides or changes has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use biomatch::database::{AuditFile, DatabaseOptions};
use biomatch::escape::Escaped;

use crate::exit::{Exit, Failure, OrFail};

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AuditOption {
    /// Append a line for each decision and each change to this file (NDJSON, docs/decisions.md); a decision or
    /// change that cannot be recorded is not made
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

impl AuditOption {
    /// Refuses an output that would replace the audit.
    pub(crate) fn check_output(&self, output: &Path) -> Result<(), Failure> {
        let place = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok();
        match &self.audit {
            Some(audit) if place(audit) == place(output) => {
                let message = format!("{}: --out and --audit name one file", Escaped::new(output));
                Err(Failure::new(Exit::Usage, message))
            }
            _ => Ok(()),
        }
    }

    /// The options, with the audit of --audit.
    pub(crate) fn of(&self, options: DatabaseOptions) -> Result<DatabaseOptions, Failure> {
        let Some(path) = &self.audit else { return Ok(options) };
        let sink = AuditFile::append(path).or_fail(Exit::Output)?;
        Ok(options.audit(Arc::new(sink)))
    }
}
