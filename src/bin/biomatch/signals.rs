//! Signals that would kill the program during a write.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGXFSZ;

use crate::exit::{Exit, Failure};

/// Makes a write beyond a limit on file sizes (`ulimit -f`, `LimitFSIZE` of systemd) fail with an I/O error.
/// Without a handler `SIGXFSZ` kills the program, which leaves temporary files and gives no message.
pub(crate) fn handle_file_size_limit() -> Result<(), Failure> {
    // The flag is not read: installing any handler is enough.
    let registered = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    registered.map(drop).map_err(|error| Failure::from_error(Exit::Output, &error))
}
