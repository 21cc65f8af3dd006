//! Any bytes as an .npy file, plain and behind a right beginning.
#![no_main]

use biomatch::face::FaceMatrix;
use biomatch::template::face_file::{Embeddings, NPY_MAGIC};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    exercise(input);
    // The length of the dictionary is the first byte's choice, so that the rest can be data.
    if let Some((&length, rest)) = input.split_first() {
        let length = u16::from(length).min(rest.len() as u16);
        exercise(&[&NPY_MAGIC[..], &[1, 0], &length.to_le_bytes(), rest].concat());
    }
});

fn exercise(file: &[u8]) {
    let Ok(faces) = Embeddings::npy(file) else { return };
    let model = "m".parse().expect("a model name");
    let all = faces.to_array();
    assert_eq!(all.dim(), (faces.rows() as usize, faces.dimension()));
    assert!(all.len() <= file.len() / 4, "no number that is not in the file");
    for row in 0..faces.rows() {
        let numbers = faces.row(row).expect("every row is there");
        assert!(numbers.iter().zip(all.row(row as usize)).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
    assert!(faces.row(faces.rows()).is_err());
    let templates: Result<Vec<_>, _> = (0..faces.rows()).map(|row| faces.template(&model, row)).collect();
    let matrix = FaceMatrix::new(model, all.view());
    assert_eq!(templates.is_ok(), matrix.is_ok());
}
