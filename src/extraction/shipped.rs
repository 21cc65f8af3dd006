//! The network that ships with the crate.

use std::sync::OnceLock;

use super::MinutiaeExtractor;

impl MinutiaeExtractor {
    /// The extractor whose network ships with the crate: trained on pictures of generated fingers only
    /// (`docs/models/minutiae.md` has its card). Cost: the first call reads the network, a few milliseconds;
    /// further ones are cheap.
    #[must_use]
    pub fn shipped() -> Self {
        static SHIPPED: OnceLock<MinutiaeExtractor> = OnceLock::new();
        let read = || match Self::from_bytes(include_bytes!("minutiae.bmnet")) {
            Ok(extractor) => extractor,
            // A test reads the file.
            Err(error) => unreachable!("{error}"),
        };
        SHIPPED.get_or_init(read).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_read() {
        assert!(MinutiaeExtractor::shipped().name().starts_with("biomatch-minutiae-"));
    }
}
