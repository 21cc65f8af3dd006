//! Manifests and probe lists as NDJSON, and the files that they name.
