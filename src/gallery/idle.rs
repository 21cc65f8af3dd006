//! Idle handles drop the state that they map when its files were replaced, so that an erasure can end
//! although a process sleeps.

use std::sync::{Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::shared::SharedHandle;

/// How often handles are checked.
const EVERY: Duration = Duration::from_secs(1);
/// How long a handle must not have been used.
const IDLE: Duration = Duration::from_secs(2);

/// The handles of this process, and whether a thread checks them.
static HANDLES: Mutex<(Vec<Weak<SharedHandle>>, bool)> = Mutex::new((Vec::new(), false));

/// Checks a handle from now on.
pub(super) fn attend(handle: Weak<SharedHandle>) {
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    handles.0.retain(|handle| handle.strong_count() > 0);
    handles.0.push(handle);
    if !handles.1 {
        // If no thread can be created, handles keep their state until they are used.
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
