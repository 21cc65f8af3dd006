//! Cases that rounding decides: there the plain steps and the fast ones may differ.

/// Whether rounding decided anything so far.
#[derive(Debug, Default)]
pub(super) struct Edge(pub(super) bool);

impl Edge {
    /// Whether `value` is at most `cut`.
    pub(super) fn at_most(&mut self, value: f64, cut: f64, slack: f64) -> bool {
        self.0 |= (value - cut).abs() < slack;
        value <= cut
    }
}
