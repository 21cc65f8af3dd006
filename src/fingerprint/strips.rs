//! An index over ascending coordinates: which of them lie in an interval, without a search.

use std::ops::Range;

/// Width of a strip in pixels: a little less than the reach of growth.
const WIDTH: f32 = 16.0;

/// Where each strip of [`WIDTH`] begins in a column of ascending coordinates. Reused without allocation
/// once it has grown.
#[derive(Clone, Debug, Default)]
pub(super) struct Strips {
    /// The least coordinate.
    origin: f32,
    /// `starts[s]`: how many coordinates lie before strip `s`; one more than there are strips.
    starts: Vec<u16>,
}

impl Strips {
    /// Takes in a column of at most 255 coordinates. If they do not ascend, windows are wrong, but
    /// never beyond the column.
    pub(super) fn fill(&mut self, ascending: &[f32]) {
        self.origin = ascending.first().copied().unwrap_or(0.0);
        self.starts.clear();
        for (count, &x) in ascending.iter().enumerate() {
            let strip = self.strip(x);
            while self.starts.len() <= strip {
                self.starts.push(count as u16);
            }
        }
        self.starts.push(ascending.len() as u16);
    }

    /// The strip of a coordinate, zero before the first. `as` saturates.
    fn strip(&self, x: f32) -> usize {
        ((x - self.origin) * (1.0 / WIDTH)) as usize
    }

    /// A range of indices that holds every coordinate from `low` to `high`, and perhaps a few more.
    pub(super) fn window(&self, low: f32, high: f32) -> Range<usize> {
        let last = self.starts.len() - 1;
        if high < self.origin {
            return 0..0;
        }
        let from = self.starts[self.strip(low).min(last)];
        let to = self.starts[self.strip(high).saturating_add(1).min(last)];
        usize::from(from)..usize::from(to.max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_window_holds_all_that_lies_in_it(
            mut column in prop::collection::vec(-500.0_f32..500.0, 0..60),
            low in -600.0_f32..600.0,
            width in 0.0_f32..100.0,
        ) {
            column.sort_by(f32::total_cmp);
            let mut strips = Strips::default();
            strips.fill(&column);
            let window = strips.window(low, low + width);
            for (i, x) in column.iter().enumerate() {
                prop_assert!(window.contains(&i) || !(low..=low + width).contains(x));
            }
            for i in window {
                prop_assert!(column[i] > low - WIDTH && column[i] < low + width + WIDTH);
            }
        }

        #[test]
        fn no_order_and_no_bound_leads_out_of_the_column(
            column in prop::collection::vec(-4000.0_f32..4000.0, 0..60),
            low in any::<f32>(),
            high in any::<f32>(),
        ) {
            let mut strips = Strips::default();
            strips.fill(&column);
            prop_assert!(strips.window(low, high).end <= column.len());
        }
    }
}
