//! Memory-mapped immutable segments, write-ahead log, manifest and snapshots.
