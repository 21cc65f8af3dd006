//! Stages of the filter on codes: no level differs from another and none panics, whatever the bytes.
#![no_main]

use biomatch::fingerprint::codes::{CodeMeans, CodeSites, CodeWords, FingerCodes, SLOTS};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::kernels::Kernels;
use biomatch::units::Score;
use libfuzzer_sys::fuzz_target;

/// Takes bytes, and zeros when there are no more.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let count = N.min(self.0.len());
        let (now, later) = self.0.split_at(count);
        taken[..count].copy_from_slice(now);
        self.0 = later;
        taken
    }

    fn words(&mut self) -> CodeWords {
        CodeWords(std::array::from_fn(|_| u64::from_le_bytes(self.take())))
    }

    fn finger(&mut self) -> FingerCodes {
        let [count] = self.take();
        let directions = self.take::<SLOTS>();
        let number = |bytes: &mut Self| i16::from_le_bytes(bytes.take());
        let places = std::array::from_fn(|_| [number(self), number(self)]);
        let means = CodeMeans([0, 1].map(|_| u16::from_le_bytes(self.take())));
        let words = [self.words(), self.words()];
        FingerCodes { words, sites: CodeSites { places, directions }, count, means }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = Bytes(input);
    let (probe, finger) = (bytes.finger(), bytes.finger());
    let rows = CodeRows {
        words: [&[finger.words[0], probe.words[0]], &[finger.words[1], probe.words[1]]],
        directions: &[finger.sites.directions, probe.sites.directions],
        places: &[finger.sites.places, probe.sites.places],
        counts: &[finger.count, probe.count],
        means: &[finger.means, probe.means],
    };
    let mut seen = None;
    for kernels in Kernels::all() {
        let probe = CodeProbe::with_kernels(probe.view(), kernels);
        let mut scores = [FilterScore::EXCLUDED; 8];
        let (coarse, rest) = scores.split_at_mut(2);
        let (fine, rest) = rest.split_at_mut(2);
        let (coarse_at, fine_at) = rest.split_at_mut(2);
        probe.coarse(rows, coarse);
        probe.fine(rows, fine);
        probe.coarse_at(rows, &[1, 0], coarse_at);
        probe.fine_at(rows, &[1, 0], fine_at);
        let mut relaxed = [Score::LOWEST; 2];
        probe.relaxed_at(rows, &[0, 1], &mut relaxed);
        let all = (scores, relaxed.map(|score| score.get().to_bits()));
        assert_eq!(*seen.get_or_insert(all), all, "{kernels:?}");
    }
});
