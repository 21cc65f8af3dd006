//! Time of one thread's work.

use std::time::{Duration, Instant};

/// The processor time that this thread has had, where the system tells it (Linux), so that other work on the
/// machine counts little; otherwise the time since `began`.
pub(crate) fn worked(began: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .map_or_else(|| began.elapsed(), Duration::from_nanos)
}
