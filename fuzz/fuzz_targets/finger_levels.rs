//! Comparing and enrolling fingers: no level differs from the scalar one in any bit, the sides of a comparison can
//! be exchanged, a least score asked changes nothing, and nothing panics, whatever the minutiae.
#![no_main]

use biomatch::fingerprint::codes::CodeModel;
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::kernels::Kernels;
use biomatch::template::Minutia;
use biomatch::units::{Angle, Length, Quality, Score};
use libfuzzer_sys::fuzz_target;

/// Bytes of a minutia.
const EACH: usize = 7;

fn minutia(bytes: &[u8; EACH]) -> Minutia {
    let [x, y, angle] = [0, 2, 4].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let (x, y) = (Length::from_steps(x), Length::from_steps(y));
    Minutia::new(x, y, Angle::from_binary(angle), Default::default(), Quality::new(bytes[6]))
}

fuzz_target!(|input: &[u8]| {
    let Some((&[cut, asked], bytes)) = input.split_first_chunk() else { return };
    // Few enough that an input takes no tenth of a second.
    let minutiae: Vec<Minutia> = bytes.as_chunks().0.iter().take(160).map(minutia).collect();
    let (a, b) = minutiae.split_at(minutiae.len() * usize::from(cut) / 256);
    let least = Score::new(f32::from(asked) / 8.0 - 12.0).unwrap_or(Score::LOWEST);
    let mut seen = None;
    for kernels in Kernels::all() {
        let fingers = [a, b].map(|minutiae| FingerFeatures::with_kernels(minutiae, &kernels));
        let codes = [0, 1].map(|i| CodeModel::shipped().encode_with(fingers[i].view(), &kernels));
        let probes = [0, 1].map(|i| FingerProbe::with_kernels(fingers[i].view(), kernels));
        let mut scratch = Scratch::default();
        let score = probes[0].compare(fingers[1].view(), &mut scratch);
        let exchanged = probes[1].compare(fingers[0].view(), &mut scratch);
        assert_eq!(score.get().to_bits(), exchanged.get().to_bits(), "{kernels:?}: the sides matter");
        let asked = probes[0].compare_at_least(fingers[1].view(), least, &mut scratch);
        assert_eq!(asked, (score >= least).then_some(score), "{kernels:?}: what is asked matters");
        let all = (fingers, codes, score.get().to_bits());
        assert!(*seen.get_or_insert_with(|| all.clone()) == all, "{kernels:?} differs from the scalar level");
    }
});
