//! The subbands of a picture and the order in which they are joined. Every split is in both directions. Places are in
//! the order of frequencies: the halves of what stands in second place are swapped in that direction.

/// A rectangle of coefficients, and in which directions it stands in second place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) x: Along,
    pub(super) y: Along,
}

/// The extent of a region in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Along {
    pub(super) start: usize,
    pub(super) length: usize,
    is_second: bool,
}

impl Along {
    /// Where the low and the high half are: `(start, length)` of each. The low half has the odd coefficient.
    pub(super) fn halves(self) -> [(usize, usize); 2] {
        let (low, high) = (self.length.div_ceil(2), self.length / 2);
        if self.is_second {
            [(self.start + high, low), (self.start, high)]
        } else {
            [(self.start, low), (self.start + low, high)]
        }
    }

    /// The halves in the order of their places.
    fn split(self) -> [Self; 2] {
        let [low, high] = self.halves();
        let (first, second) = if self.is_second { (high, low) } else { (low, high) };
        let along = |(start, length), is_second| Self { start, length, is_second };
        [along(first, false), along(second, true)]
    }
}

impl Region {
    fn split(self) -> [Self; 4] {
        let ([left, right], [top, bottom]) = (self.x.split(), self.y.split());
        [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| Self { x, y })
    }
}

/// Subbands of a picture; the last four are never in a stream.
pub(super) const BANDS: usize = 64;
/// Subbands that a stream has coefficients of.
pub(super) const CODED_BANDS: usize = 60;

/// How a picture is taken apart.
pub(super) struct Tree {
    /// The subbands in the order of the stream.
    pub(super) bands: Vec<Region>,
    /// What is joined from its quarters, in this order.
    pub(super) joins: Vec<Region>,
}

impl Tree {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let whole = |length| Along { start: 0, length, is_second: false };
        let root = Region { x: whole(width), y: whole(height) };
        let [low, right, below, corner] = root.split();
        let [low2, right2, below2, corner2] = low.split();
        let mut bands = Vec::with_capacity(BANDS);
        let mut joins = Vec::new();
        for region in [low2, right2, below2] {
            let quarters = region.split();
            let sixteenths = quarters.iter().flat_map(|quarter| quarter.split());
            if region == low2 {
                let least = quarters[0].split()[0];
                bands.extend(least.split());
                bands.extend(sixteenths.skip(1));
                joins.push(least);
            } else {
                bands.extend(sixteenths);
            }
            joins.extend(quarters);
            joins.push(region);
        }
        bands.push(corner2);
        joins.push(low);
        for region in [right, below] {
            bands.extend(region.split());
            joins.push(region);
        }
        bands.extend(corner.split());
        joins.push(root);
        Self { bands, joins }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_fill_the_picture_once() {
        for (width, height) in [(1, 1), (2, 3), (16, 16), (31, 17), (97, 64)] {
            let tree = Tree::new(width, height);
            assert_eq!((tree.bands.len(), tree.joins.len()), (BANDS, 20));
            let mut covered = vec![0; width * height];
            for band in &tree.bands {
                for y in band.y.start..band.y.start + band.y.length {
                    for x in band.x.start..band.x.start + band.x.length {
                        covered[y * width + x] += 1;
                    }
                }
            }
            assert!(covered.iter().all(|&times| times == 1), "{width} x {height}");
        }
    }

    #[test]
    fn the_low_half_takes_the_odd_coefficient_in_either_place() {
        let first = Along { start: 10, length: 7, is_second: false };
        assert_eq!(first.halves(), [(10, 4), (14, 3)]);
        let second = Along { start: 10, length: 7, is_second: true };
        assert_eq!(second.halves(), [(13, 4), (10, 3)]);
    }
}
