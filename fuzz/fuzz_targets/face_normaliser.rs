//! A normaliser's file is refused, or is written again to the byte and makes unit templates without a panic.
#![no_main]

use biomatch::template::FaceNormaliser;
use libfuzzer_sys::fuzz_target;

fn check(file: &[u8]) {
    let Ok(normaliser) = FaceNormaliser::read(file) else { return };
    assert_eq!(normaliser.write(), file);
    let numbers: Vec<f32> = (0..normaliser.dimension()).map(|n| (n * 37 % 101) as f32 - 50.5).collect();
    if let Ok(template) = normaliser.template(&numbers) {
        assert_eq!(template.model(), normaliser.model());
        let square: f64 = template.embedding().iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        assert!((square - 1.0).abs() < 1e-4, "{square}");
    }
}

fuzz_target!(|input: &[u8]| {
    check(input);
    // The same with a checksum that fits.
    let body = &input[..input.len().saturating_sub(4)];
    let mut file = body.to_vec();
    file.extend(crc32fast::hash(body).to_le_bytes());
    check(&file);
});
