//! The option for an audit file, which every command that decides or changes has.

use std::path::PathBuf;
use std::sync::Arc;

use biomatch::database::{AuditFile, DatabaseOptions};

use crate::exit::{Exit, Failure, OrFail};

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AuditOption {
    /// Append a line for each decision and each change to this file (NDJSON, docs/decisions.md); a decision or
    /// change that cannot be recorded is not made
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

impl AuditOption {
    /// The options, with the audit of --audit.
    pub(crate) fn of(&self, options: DatabaseOptions) -> Result<DatabaseOptions, Failure> {
        let Some(path) = &self.audit else { return Ok(options) };
        let sink = AuditFile::append(path).or_fail(Exit::Output)?;
        Ok(options.audit(Arc::new(sink)))
    }
}
