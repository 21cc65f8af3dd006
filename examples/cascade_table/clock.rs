//! Processor time of the calling thread, where the system tells it: other load then does not count.

use std::time::Instant;

/// A moment of the calling thread.
pub(crate) struct Clock {
    started: Instant,
    on_processor: Option<u64>,
}

/// Nanoseconds that the thread has run, of Linux.
fn on_processor() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), on_processor: on_processor() }
    }

    /// Nanoseconds since the start.
    pub(crate) fn nanoseconds(&self) -> f64 {
        let ran = self.on_processor.and_then(|start| on_processor()?.checked_sub(start));
        ran.map_or_else(|| self.started.elapsed().as_nanos() as f64, |ran| ran as f64)
    }
}

/// The middle of some numbers.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
