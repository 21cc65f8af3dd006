//! Moments of capture against the clock, which the library does not read.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use biomatch::escape::Escaped;
use biomatch::ingest::Samples;

use crate::console::Console;

/// Clocks of two machines may differ by so many seconds: a day, so that no zone is mistaken either.
const TOLERANCE: i64 = 86_400;

/// Warns of samples that were captured after now: they would count as the newest for ever.
pub(crate) fn warn_of_future(path: &Path, line: u64, samples: &Samples, console: &Console) {
    let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else { return };
    let latest = i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(TOLERANCE);
    let fingers = samples.fingers.iter().map(|finger| finger.captured);
    let moments = fingers.chain(samples.face.iter().map(|face| face.captured)).flatten();
    if let Some(moment) = moments.map(|moment| moment.unix_seconds()).find(|&moment| moment > latest) {
        console.warn(format_args!(
            "{}: line {line}: captured {moment} seconds after 1970, which is after now; a wrong clock, or another \
             unit than seconds?",
            Escaped::new(path)
        ));
    }
}
