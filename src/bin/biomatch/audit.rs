//! The option for an audit file, which every command that decides or changes has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use biomatch::database::{Audit, AuditEntry, AuditFile, DatabaseOptions};
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

    /// Opens the audit, if one is given.
    pub(crate) fn open(&self) -> Result<OpenAudit, Failure> {
        let opened = self.audit.as_ref().map(AuditFile::append).transpose().or_fail(Exit::Output)?;
        Ok(OpenAudit(opened.map(Arc::new)))
    }

    /// The options, with the audit of --audit.
    pub(crate) fn of(&self, options: DatabaseOptions) -> Result<DatabaseOptions, Failure> {
        Ok(self.open()?.of(options))
    }
}

/// The audit of a command, if it has one.
pub(crate) struct OpenAudit(Option<Arc<AuditFile>>);

impl OpenAudit {
    /// The options, with this audit.
    pub(crate) fn of(&self, options: DatabaseOptions) -> DatabaseOptions {
        match &self.0 {
            Some(file) => options.audit(file.clone()),
            None => options,
        }
    }

    /// Records that a claim or search failed before it could be made; gives that failure, or the one of the audit.
    pub(crate) fn not_made(&self, failure: Failure, entry: impl FnOnce(String) -> AuditEntry) -> Failure {
        let recorded = match &self.0 {
            Some(file) => file.record(&[entry(failure.to_string())]),
            None => Ok(()),
        };
        match recorded {
            Ok(()) => failure,
            Err(error) => {
                let message = format!("the audit entry could not be kept: {error}; it was to say: {failure}");
                Failure::new(Exit::Output, message)
            }
        }
    }
}
