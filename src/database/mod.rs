//! The citizen database: enrol, authenticate, identify, decide.
