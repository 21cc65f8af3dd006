//! 1:N search over a snapshot.
