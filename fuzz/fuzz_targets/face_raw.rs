//! Any bytes as raw embeddings; the first two are the dimension.
#![no_main]

use biomatch::template::face_file::Embeddings;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((dimension, bytes)) = input.split_first_chunk() else { return };
    let dimension = usize::from(u16::from_le_bytes(*dimension));
    let Ok(faces) = Embeddings::raw(bytes, dimension) else { return };
    assert_eq!(faces.rows() as usize * dimension * 4, bytes.len());
    let model = "m".parse().expect("a model name");
    for row in 0..faces.rows() {
        assert_eq!(faces.row(row).expect("every row is there").len(), dimension);
        if let Ok(face) = faces.template(&model, row) {
            let norm: f64 = face.embedding().iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            assert!((norm - 1.0).abs() < 1e-5, "a template is a unit vector: {norm}");
        }
    }
});
