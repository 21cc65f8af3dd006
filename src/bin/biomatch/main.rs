//! The `biomatch` program.

fn main() {}
