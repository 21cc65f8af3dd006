//! Handles that nobody asks for a while let go of what they map of files that were replaced: an erasure
//! ends then, though a process that holds an old snapshot sleeps.

use std::sync::{Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::shared::SharedHandle;

/// How often idle handles are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long a handle must not have been asked.
const IDLE: Duration = Duration::from_secs(2);

/// The handles of this process while there are any, and whether a thread looks after them.
static HANDLES: Mutex<(Vec<Weak<SharedHandle>>, bool)> = Mutex::new((Vec::new(), false));

/// Looks after a handle from now on.
pub(super) fn attend(handle: Weak<SharedHandle>) {
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    handles.0.retain(|handle| handle.strong_count() > 0);
    handles.0.push(handle);
    if !handles.1 {
        // Without a thread to spare handles keep what they have until they are asked.
        handles.1 = thread::Builder::new().name("biomatch-idle".into()).spawn(look).is_ok();
    }
}

fn look() {
    loop {
        thread::sleep(EVERY);
        let handles: Vec<_> = {
            let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
            handles.0.retain(|handle| handle.strong_count() > 0);
            if handles.0.is_empty() {
                handles.1 = false;
                return;
            }
            handles.0.iter().filter_map(Weak::upgrade).collect()
        };
        let now = Instant::now();
        handles.iter().for_each(|handle| handle.let_go(now, IDLE));
    }
}
