//! Raw scores to false match rates.
