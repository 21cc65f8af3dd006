//! Error rates of score files, with intervals.
