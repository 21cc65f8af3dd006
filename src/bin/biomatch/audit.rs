//! The option for an audit file, which every command that decides or changes has.

use std::path::PathBuf;
use std::sync::Arc;

use biomatch::database::{AuditFile, DatabaseOptions};

use crate::exit::{Exit, Failure, OrFail};

#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AuditOption {
    /// Append a line for each decision and each change to this file (NDJSON, docs/decisions.md); what
    /// cannot be recorded is not decided and not changed
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
}

impl AuditOption {
    /// The options, with the audit that was asked for.
    pub(crate) fn of(&self, options: DatabaseOptions) -> Result<DatabaseOptions, Failure> {
        let Some(path) = &self.audit else { return Ok(options) };
        let sink = AuditFile::append(path).or_fail(Exit::Output)?;
        Ok(options.audit(Arc::new(sink)))
    }
}
