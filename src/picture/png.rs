//! PNG files that state their resolution.

use crate::picture::{FingerprintPicture, raster};
use crate::units::Resolution;

/// Signature and header: further chunks follow.
const HEADER: usize = 8 + 25;

impl FingerprintPicture {
    /// The picture as a PNG file, which states the resolution if it is known.
    ///
    /// ```
    /// use biomatch::picture::FingerprintPicture;
    /// use biomatch::units::Resolution;
    /// let picture = FingerprintPicture::grey(3, 2, vec![0, 64, 128, 192, 255, 32], Resolution::DPI_500)?;
    /// let read = FingerprintPicture::read(&picture.to_png())?;
    /// assert_eq!((read.pixels(), read.resolution()), (picture.pixels(), picture.resolution()));
    /// # Ok::<(), biomatch::picture::PictureError>(())
    /// ```
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        let mut file = raster::grey_png(self.width(), self.height(), self.pixels());
        if let Some(resolution) = self.resolution() {
            file.splice(HEADER.min(file.len())..HEADER.min(file.len()), density(resolution));
        }
        file
    }
}

/// The chunk `pHYs`: pixels per metre across and down.
fn density(resolution: Resolution) -> Vec<u8> {
    let per_metre = u32::from(resolution.pixels_per_centimetre()) * 100;
    let mut chunk = b"pHYs".to_vec();
    for _ in 0..2 {
        chunk.extend(per_metre.to_be_bytes());
    }
    chunk.push(1);
    let checksum = crc32fast::hash(&chunk);
    [&9_u32.to_be_bytes()[..], &chunk, &checksum.to_be_bytes()].concat()
}
