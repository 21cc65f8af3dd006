//! How fast maintenance may write, and whether it is to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::error::GalleryError;

/// The rate of writes in the background.
#[derive(Debug, Default)]
pub(super) struct Pace {
    bytes_per_second: Option<u64>,
    stop: AtomicBool,
    /// The time until which earlier writes use up the rate.
    paid: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most so many bytes per second; as fast as the disk if there is no limit.
    pub(super) fn new(bytes_per_second: Option<u64>) -> Self {
        Self { bytes_per_second, ..Self::default() }
    }

    /// Ends the work at its next write.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Takes note of written bytes, and waits until the next may be written.
    ///
    /// # Errors
    /// [`GalleryError::Stopped`].
    pub(super) fn pay_for(&self, bytes: usize) -> Result<(), GalleryError> {
        if let Some(rate) = self.bytes_per_second {
            let cost = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
            let now = Instant::now();
            let until = {
                let mut paid = self.paid.lock();
                let until = paid.unwrap_or(now).max(now) + cost;
                *paid = Some(until);
                until
            };
            // In short sleeps, so that a stop takes effect soon.
            while !self.is_stopped() {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                std::thread::sleep(left.min(Duration::from_millis(20)));
            }
        }
        if self.is_stopped() { Err(GalleryError::Stopped) } else { Ok(()) }
    }
}
