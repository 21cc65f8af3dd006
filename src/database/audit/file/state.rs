//! The file that is open, and its last known end.

use std::fs::File;

use super::end::End;
use super::open::Identity;

pub(super) struct State {
    pub(super) file: File,
    pub(super) identity: Identity,
    /// The last end that this process left or saw: its line must still be there.
    pub(super) end: End,
}
