//! The picture that the network sees.

/// The sides of a picture are multiples of this: the network halves it five times.
const MULTIPLE: usize = 32;

/// A picture in the middle of one whose sides the network can halve.
pub(super) struct Frame {
    /// Sides of the whole.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Where the picture is in it.
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) inner_width: usize,
    pub(super) inner_height: usize,
}

impl Frame {
    pub(super) fn around(inner_width: usize, inner_height: usize) -> Self {
        let (width, height) =
            (inner_width.next_multiple_of(MULTIPLE), inner_height.next_multiple_of(MULTIPLE));
        let (left, top) = ((width - inner_width) / 2, (height - inner_height) / 2);
        Self { width, height, left, top, inner_width, inner_height }
    }

    /// The pixels, with the first of them around.
    pub(super) fn filled(&self, pixels: &[u8]) -> Vec<f32> {
        let border = pixels.first().copied().unwrap_or_default();
        let mut filled = vec![f32::from(border); self.width * self.height];
        let rows = filled.chunks_exact_mut(self.width).skip(self.top);
        for (to, from) in rows.zip(pixels.chunks_exact(self.inner_width)) {
            for (to, &from) in to[self.left..].iter_mut().zip(from) {
                *to = f32::from(from);
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_stands_in_the_middle_of_its_frame() {
        let pixels: Vec<u8> = (0..40 * 33).map(|i| (i % 251) as u8 + 1).collect();
        let frame = Frame::around(40, 33);
        let filled = frame.filled(&pixels);
        assert_eq!(filled.len(), 64 * 64);
        assert_eq!((filled[0], filled[14 * 64 + 12], filled[15 * 64 + 11]), (1.0, 1.0, 1.0));
        for y in 0..33 {
            for x in 0..40 {
                assert_eq!(filled[(y + 15) * 64 + x + 12], f32::from(pixels[y * 40 + x]));
            }
        }
    }
}
