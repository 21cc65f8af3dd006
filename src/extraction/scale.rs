//! Pictures of other resolutions at the one that the network knows.

/// Scales a grey picture: each new pixel is the mean of what it covers when the picture shrinks, and linear between
/// the middles of the nearest pixels when it grows. Plain `f32` operations in one order.
pub(super) fn scale(size: (usize, usize), pixels: &[u8], new_size: (usize, usize)) -> Vec<u8> {
    scale_channels::<1>(size, pixels, new_size)
}

/// The same for pixels of several bytes.
pub(super) fn scale_channels<const N: usize>(
    (width, height): (usize, usize),
    pixels: &[u8],
    (new_width, new_height): (usize, usize),
) -> Vec<u8> {
    let (across, down) = (shares(width, new_width), shares(height, new_height));
    let mut narrow = vec![[0.0; N]; height * new_width];
    for (row, out) in pixels.as_chunks().0.chunks_exact(width).zip(narrow.chunks_exact_mut(new_width)) {
        for (shares, out) in across.iter().zip(out) {
            for &(at, share) in shares {
                let pixel: [u8; N] = row[at];
                for (sum, value) in out.iter_mut().zip(pixel) {
                    *sum += f32::from(value) * share;
                }
            }
        }
    }
    let mut scaled = Vec::with_capacity(new_width * new_height * N);
    let mut sums = vec![[0.0_f32; N]; new_width];
    for shares in &down {
        sums.fill([0.0; N]);
        for &(at, share) in shares {
            for (sum, value) in
                sums.as_flattened_mut().iter_mut().zip(narrow[at * new_width..].as_flattened())
            {
                *sum += value * share;
            }
        }
        scaled.extend(sums.as_flattened().iter().map(|sum| sum.clamp(0.0, 255.0).round_ties_even() as u8));
    }
    scaled
}

/// For each new pixel along a side the old ones that it is made of, and their shares, which sum to one.
fn shares(length: usize, new_length: usize) -> Vec<Vec<(usize, f32)>> {
    let step = length as f32 / new_length as f32;
    let pixel = |new: usize| {
        if step > 1.0 {
            let (start, end) = (new as f32 * step, ((new + 1) as f32 * step).min(length as f32));
            let covered = |at: usize| (end.min((at + 1) as f32) - start.max(at as f32)).max(0.0);
            let touched = start as usize..(end.ceil() as usize).min(length);
            let whole: f32 = touched.clone().map(covered).sum();
            touched.map(|at| (at, covered(at) / whole)).collect()
        } else {
            let middle = ((new as f32 + 0.5) * step - 0.5).clamp(0.0, (length - 1) as f32);
            let first = middle as usize;
            let share = middle - first as f32;
            vec![(first, 1.0 - share), ((first + 1).min(length - 1), share)]
        }
    };
    (0..new_length).map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_picture_stays_even_and_the_same_size_stays_the_same() {
        for size in [(1, 1), (7, 9), (30, 10), (200, 3)] {
            assert_eq!(scale((30, 10), &[77; 300], size), vec![77; size.0 * size.1], "{size:?}");
        }
        let pixels: Vec<u8> = (0..=255).collect();
        assert_eq!(scale((16, 16), &pixels, (16, 16)), pixels);
    }

    #[test]
    fn known_answers() {
        assert_eq!(scale((4, 2), &[0, 10, 20, 30, 40, 50, 60, 70], (2, 1)), [25, 45]);
        assert_eq!(scale((3, 1), &[0, 30, 90], (2, 1)), [10, 70]);
        assert_eq!(scale((2, 1), &[0, 100], (4, 1)), [0, 25, 75, 100]);
    }

    #[test]
    fn channels_are_scaled_each_by_itself() {
        let grey: Vec<u8> = (0..35_u32).map(|at| (at * at % 251) as u8).collect();
        let inverse: Vec<u8> = grey.iter().map(|value| 255 - value).collect();
        let both: Vec<u8> = grey.iter().zip(&inverse).flat_map(|(&a, &b)| [a, b]).collect();
        for size in [(3, 2), (7, 5), (11, 4)] {
            let (a, b) = (scale((7, 5), &grey, size), scale((7, 5), &inverse, size));
            let expected: Vec<u8> = a.iter().zip(&b).flat_map(|(&a, &b)| [a, b]).collect();
            assert_eq!(scale_channels::<2>((7, 5), &both, size), expected, "{size:?}");
        }
    }

    #[test]
    fn a_ramp_stays_a_ramp() {
        let ramp: Vec<u8> = (0..200).map(|x| x as u8).collect();
        for new in [100, 137, 199, 251, 400] {
            let scaled = scale((200, 1), &ramp, (new, 1));
            for (x, &value) in scaled.iter().enumerate() {
                let expected = (x as f32 + 0.5) * 200.0 / new as f32 - 0.5;
                assert!((f32::from(value) - expected.clamp(0.0, 199.0)).abs() < 1.01, "{new} {x} {value}");
            }
        }
    }
}
