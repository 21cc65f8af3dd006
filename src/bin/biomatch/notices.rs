//! What was passed over while a line was resolved.

use std::path::Path;

use biomatch::escape::Escaped;
use biomatch::ingest::{NoticeKind, Samples};
use biomatch::template::Grade;

use crate::console::Console;

/// Tells the notices of a line of a file. What was left out, or cannot be right, is told even when quiet.
pub(crate) fn tell_notices(path: &Path, samples: &Samples, console: &Console) {
    for notice in &samples.notices {
        let told = format!("{}: {notice}", Escaped::new(path));
        match &notice.kind {
            NoticeKind::NoMinutiae { .. } => console.warn(told),
            NoticeKind::Record(warning) if warning.flaw.grade() == Grade::Wrong => console.warn(told),
            _ => console.note(told),
        }
    }
}
