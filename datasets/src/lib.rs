//! Seeded generator of synthetic citizens.
