//! Any bytes as JSON embeddings, held against another JSON reader.
#![no_main]

use biomatch::template::face_file::read_json;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(read) = read_json(&mut input.to_vec()) else { return };
    assert!((2..=4096).contains(&read.ncols()) && read.nrows() > 0);
    assert!(read.len() <= input.len() / 2 + 1, "no number that is not in the file");
    let other: Vec<Vec<f64>> = serde_json::from_slice(input)
        .or_else(|_| serde_json::from_slice(input).map(|row| vec![row]))
        .expect("another reader takes it too");
    assert_eq!(other.len(), read.nrows());
    for (other, row) in other.iter().zip(read.rows()) {
        assert_eq!(other.len(), row.len());
        for (&other, &number) in other.iter().zip(row) {
            let other = other as f32;
            // The two readers may differ in a double's last bit.
            let near = (other - number).abs() <= other.abs() * f32::EPSILON;
            assert!(near || other == number, "{other} {number}");
        }
    }
});
