//! Bytes of another type are not taken for an embedding, by any reader, and real embeddings always are.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use biomatch::face::FaceMatrix;
use biomatch::ingest::{Resolver, enrolments};
use biomatch::template::face_file::{Embeddings, FaceFileError, read_json};
use biomatch::template::{FaceTemplate, FaceTemplateError, Misreading, ModelId, Reading};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt;

fn model() -> ModelId {
    "m".parse().unwrap()
}

/// Numbers about zero, as networks give them; the same for a seed.
fn embedding(dimension: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    (0..dimension).map(|_| (0..6).map(|_| uniform()).sum::<f64>() * 0.08).collect()
}

/// The upper bits of a float32, rounded down: float16.
fn half(x: f64) -> u16 {
    let bits = (x as f32).to_bits();
    let exponent = i32::from((bits >> 23) as u8) - 127 + 15;
    let sign = (bits >> 16 & 0x8000) as u16;
    if exponent <= 0 { sign } else { sign | (exponent as u16) << 10 | (bits >> 13 & 0x3FF) as u16 }
}

fn bytes_of<const N: usize>(numbers: &[f64], bytes: impl Fn(f64) -> [u8; N]) -> Vec<u8> {
    numbers.iter().flat_map(|&x| bytes(x)).collect()
}

/// The bytes of other types, padded to whole float32 numbers, and what each is called.
fn other_types(numbers: &[f64]) -> Vec<(Vec<u8>, Misreading)> {
    let integers = |scale: f64| numbers.iter().map(move |x| (x * scale) as i32).collect::<Vec<_>>();
    let text = numbers.iter().map(|x| format!("{x:.6}")).collect::<Vec<_>>().join(",");
    let padded = |mut text: String| {
        text.extend(std::iter::repeat_n('\n', text.len().wrapping_neg() % 4));
        text.into_bytes()
    };
    let utf16: Vec<u8> = padded(text.clone())[..4 * (text.len() / 4)]
        .iter()
        .flat_map(|&byte| u16::from(byte).to_le_bytes())
        .collect();
    vec![
        (bytes_of(numbers, f64::to_le_bytes), Misreading::Float64),
        (bytes_of(numbers, |x| f64::from(x as f32).to_le_bytes()), Misreading::Float64),
        (
            bytes_of(numbers, |x| ((x * 128.0).round() / 128.0 + 0.001953125).to_le_bytes()),
            Misreading::Float64,
        ),
        (bytes_of(numbers, f64::to_be_bytes), Misreading::Float64BigEndian),
        (bytes_of(numbers, |x| f64::from(x as f32).to_be_bytes()), Misreading::Float64BigEndian),
        (bytes_of(numbers, |x| (x as f32).to_be_bytes()), Misreading::Float32BigEndian),
        (bytes_of(numbers, |x| half(x).to_le_bytes()), Misreading::Float16),
        (bytes_of(numbers, |x| (((x as f32).to_bits() >> 16) as u16).to_le_bytes()), Misreading::Bfloat16),
        (integers(1000.0).iter().flat_map(|x| x.to_le_bytes()).collect(), Misreading::Integers),
        (integers(1000.0).iter().flat_map(|x| i64::from(*x).to_le_bytes()).collect(), Misreading::Integers),
        (padded(text.clone()), Misreading::Text),
        (padded(format!("[{text}]")), Misreading::Text),
        (padded(STANDARD.encode(bytes_of(numbers, |x| (x as f32).to_le_bytes()))), Misreading::Base64),
        (utf16, Misreading::Utf16),
    ]
}

fn as_floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn every_other_type_is_named() {
    for (dimension, seed) in [(64, 1), (128, 2), (512, 3), (512, 4)] {
        for (bytes, expected) in other_types(&embedding(dimension, seed)) {
            let found = FaceTemplate::new(model(), &as_floats(&bytes));
            assert_eq!(found, Err(FaceTemplateError::Misread(expected)), "{dimension}");
            let text = found.unwrap_err().to_string();
            assert!(text.starts_with("the embedding looks like "), "{text}");
        }
    }
}

#[test]
fn random_bytes_are_no_embedding() {
    let numbers = embedding(512, 5);
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_bits().to_le_bytes()).map(|b| b ^ 0x5A).collect();
    for part in bytes.as_chunks::<512>().0 {
        assert!(FaceTemplate::new(model(), &as_floats(part)).is_err());
    }
}

#[test]
fn embeddings_of_every_scale_and_kind_are_read() {
    for seed in 0..200 {
        let numbers = embedding([16, 64, 128, 512][seed as usize % 4], seed + 10);
        for scale in [1e-6, 1e-3, 1.0, 40.0, 1e6] {
            let scaled: Vec<f32> = numbers.iter().map(|x| (x * scale) as f32).collect();
            let kinds: [Vec<f32>; 6] = [
                scaled.clone(),
                // After a rectifier, in steps of a byte, in steps of float16, and every second one zero.
                scaled.iter().map(|x| x.max(0.0)).collect(),
                scaled.iter().map(|x| (x / scale as f32 * 500.0).round() / 127.0).collect(),
                scaled.iter().map(|x| f32::from_bits(x.to_bits() & !0x1FFF)).collect(),
                scaled.iter().enumerate().map(|(i, x)| if i % 2 == 0 { *x } else { 0.0 }).collect(),
                scaled.iter().enumerate().map(|(i, x)| if i % 2 == 1 { *x } else { 0.0 }).collect(),
            ];
            for kind in kinds {
                if let Err(error) = FaceTemplate::new(model(), &kind) {
                    panic!("{error}: {:?}", &kind[..8]);
                }
            }
        }
    }
    let mut one_hot = vec![0.0; 512];
    one_hot[7] = 1.0;
    assert!(FaceTemplate::new(model(), &one_hot).is_ok());
}

#[test]
fn every_reader_refuses_alike() {
    let folder = tempfile::tempdir().unwrap();
    let enrol = |face: &str| {
        let line = format!(r#"{{"citizen":"001090000101","face":{{"model":"m",{face}}}}}"#);
        let line = enrolments(Cursor::new(line)).next().unwrap().unwrap();
        // A resolver keeps files open; each of these is another file.
        Resolver::new(folder.path(), Reading::Lenient)
            .enrolment(&line)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    for (bytes, expected) in other_types(&embedding(128, 9)) {
        let floats = as_floats(&bytes);
        let dimension = floats.len();
        let says = |found: Result<(), String>, reader: &str| {
            let text = found.expect_err(reader);
            // Text is seen at the first bytes of a file, too.
            assert!(
                text.contains(&expected.to_string()) || text.contains("the bytes are "),
                "{reader}: {text}"
            );
        };
        fs::write(folder.path().join("a.f32"), &bytes).unwrap();
        says(enrol(r#""file":"a.f32""#), "raw");
        says(enrol(&format!(r#""file":"a.f32","format":"f32","dimension":{dimension},"row":0"#)), "raw rows");
        says(enrol(&format!(r#""base64":"{}""#, STANDARD.encode(&bytes))), "base64");
        let mut npy = Vec::new();
        Array2::from_shape_vec((1, dimension), floats.clone()).unwrap().write_npy(&mut npy).unwrap();
        fs::write(folder.path().join("a.npy"), &npy).unwrap();
        says(enrol(r#""file":"a.npy""#), "npy");
        let of_file =
            |found: Result<FaceTemplate, FaceFileError>| found.map(|_| ()).map_err(|e| e.to_string());
        says(of_file(Embeddings::npy(&npy[..]).unwrap().template(&model(), 0)), "library npy");
        says(
            of_file(Embeddings::raw(&bytes[..], dimension).and_then(|e| e.template(&model(), 0))),
            "library raw",
        );
        let matrix =
            FaceMatrix::new(model(), Array2::from_shape_vec((1, dimension), floats.clone()).unwrap().view());
        says(matrix.map(|_| ()).map_err(|error| error.source.to_string()), "matrix");
        if floats.iter().all(|x| x.is_finite()) {
            let json = serde_json::to_string(&floats).unwrap();
            says(enrol(&format!(r#""embedding":{json}"#)), "line");
            let row = read_json(&mut json.into_bytes()).unwrap().row(0).to_vec();
            says(FaceTemplate::new(model(), &row).map(|_| ()).map_err(|e| e.to_string()), "json");
        }
    }
}

#[test]
fn files_of_other_kinds_are_named() {
    let mut pickle = b"\x80\x04\x95\x40\x08\0\0\0\0\0\0".to_vec();
    pickle.resize(2048, 7);
    let mut npy = Vec::new();
    Array2::<f32>::ones((1, 480)).write_npy(&mut npy).unwrap();
    for (bytes, says) in [
        (npy, "an .npy file"),
        ([b"PK\x03\x04".to_vec(), vec![9; 508]].concat(), "a ZIP archive"),
        (pickle, "a Python pickle"),
        ([b"FMR\0 20\0".to_vec(), vec![1; 504]].concat(), "a fingerprint record"),
        (format!("[{}]", ["70"; 40].join(", ")).into_bytes(), "a list of bytes as numbers"),
        ("46:4d:52:00:".repeat(8).into_bytes(), "hexadecimal text with separators"),
        ("\\x46\\x4d\\x52\\x00".repeat(4).into_bytes(), "text with \\x escapes"),
        ("0x46, 0x4d, ".repeat(6).into_bytes(), "a list of bytes as numbers"),
        (b"data:application/octet-stream,%46%4d%52".to_vec(), "a data: URL"),
        (b"-----BEGIN EMBEDDING-----\nAAAAAAAAAAAAAA".to_vec(), "a PEM block"),
        (b"0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0".to_vec(), "text"),
    ] {
        let error = Embeddings::raw(&bytes[..], bytes.len() / 4).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn an_embedding_of_one_number_is_refused_by_readers() {
    for value in [1.0_f32, -0.25] {
        let bytes: Vec<u8> = [value; 64].iter().flat_map(|x| x.to_le_bytes()).collect();
        let error = Embeddings::raw(&bytes[..], 64).unwrap().template(&model(), 0).unwrap_err();
        assert_eq!(error, FaceFileError::Template { row: 0, source: FaceTemplateError::Constant });
        let matrix = FaceMatrix::new(model(), Array2::from_elem((1, 64), value).view());
        assert_eq!(matrix.unwrap_err().source, FaceTemplateError::Constant);
        // One place that differs tells nobody from another either, wherever it is.
        for place in [0, 1, 2, 63] {
            let mut numbers = [value; 64];
            numbers[place] = 0.5;
            assert_eq!(FaceTemplate::check_read(&numbers), Err(FaceTemplateError::Constant), "{place}");
            let mut one_hot = [0.0; 64];
            one_hot[place] = value;
            assert_eq!(FaceTemplate::check_read(&one_hot), Err(FaceTemplateError::Constant), "{place}");
        }
        let mut two = [value; 64];
        (two[0], two[9]) = (0.5, 0.25);
        assert_eq!(FaceTemplate::check_read(&two), Ok(()));
    }
    assert_eq!(FaceTemplate::check_read(&[0.5; 15]), Ok(()));
    assert_eq!(FaceTemplate::new(model(), &[0.0; 64]), Err(FaceTemplateError::ZeroNorm));
}

#[test]
fn numbers_that_no_network_gives_are_refused_by_readers() {
    let numbers: Vec<f32> = embedding(128, 11).iter().map(|&x| x as f32).collect();
    assert_eq!(FaceTemplate::check_read(&numbers), Ok(()));
    let bytes: Vec<f32> = numbers.iter().map(|x| (x * 300.0 + 128.0).round().clamp(0.0, 255.0)).collect();
    assert_eq!(FaceTemplate::check_read(&bytes), Err(FaceTemplateError::Misread(Misreading::Bytes)));
    let signed: Vec<f32> = bytes.iter().map(|x| x - 128.0).collect();
    assert_eq!(FaceTemplate::check_read(&signed), Ok(()), "the directions of these are right");
    // A count before the numbers, or a count and a one, in numbers or bytes and in either order.
    for header in [vec![128], vec![512], vec![1, 128], vec![128, 1], vec![128, 0], vec![0, 128]] {
        for swap in [false, true] {
            let word = |word: u32| f32::from_bits(if swap { word.swap_bytes() } else { word });
            let counted: Vec<f32> = header.iter().map(|&w| word(w)).chain(numbers.clone()).collect();
            let found = FaceTemplate::check_read(&counted);
            assert_eq!(found, Err(FaceTemplateError::Misread(Misreading::Counted)), "{header:?} {swap}");
        }
    }
    // Numbers of one byte as they lie in memory, with and without a sign.
    for of_byte in
        [|x: f32| (x * 300.0 + 128.0) as u8, |x: f32| (x * 300.0) as i8 as u8, |x: f32| (x * 300.0) as u8]
    {
        let raw: Vec<u8> = embedding(512, 12).iter().map(|&x| of_byte(x as f32)).collect();
        assert!(FaceTemplate::new(model(), &as_floats(&raw)).is_err());
    }
    // NaN with whatever payload.
    for bits in [0x7FC0_0000, 0x7F80_0001, 0xFFFF_FFFF] {
        let mut with_nan = numbers.clone();
        with_nan[5] = f32::from_bits(bits);
        let found = FaceTemplate::new(model(), &with_nan);
        assert_eq!(found, Err(FaceTemplateError::NotFinite { index: 5 }), "{bits:x}");
    }
}

#[test]
fn a_number_short_or_long_is_seen_where_nobody_states_the_dimension() {
    let bytes: Vec<u8> = embedding(129, 13).iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    for (numbers, fine) in [(127, false), (128, true), (129, false)] {
        let read = Embeddings::raw_single(&bytes[..4 * numbers]).map(|embeddings| embeddings.dimension());
        let odd = Err(FaceFileError::OddDimension { found: numbers as u64 });
        assert_eq!(read, if fine { Ok(numbers) } else { odd });
        // A caller who states it is believed.
        assert!(Embeddings::raw(&bytes[..4 * numbers], numbers).is_ok());
    }
}

#[test]
fn real_embeddings_are_read_and_their_other_types_are_named() {
    let Some(data) = std::env::var_os("BIOMATCH_DATA") else {
        println!("skipped: BIOMATCH_DATA is not set");
        return;
    };
    let file = fs::read(PathBuf::from(data).join("faces/news-dev.npy")).unwrap();
    let faces = Embeddings::npy(&file[..]).unwrap();
    for row in 0..faces.rows() {
        faces.template(&model(), row).unwrap();
        if row % 50 == 0 {
            let numbers: Vec<f64> = faces.row(row).unwrap().iter().map(|&x| f64::from(x)).collect();
            let unit = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
            let numbers: Vec<f64> = numbers.iter().map(|x| x / unit).collect();
            for (bytes, expected) in other_types(&numbers) {
                let found = FaceTemplate::new(model(), &as_floats(&bytes));
                assert_eq!(found, Err(FaceTemplateError::Misread(expected)), "row {row}");
            }
        }
    }
}
