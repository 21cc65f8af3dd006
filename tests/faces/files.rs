//! Files of embeddings: what is read, and what every malformed file is told.

use biomatch::template::face_file::{Embeddings, FaceFileError, MAX_NPY_START, read_json};
use biomatch::template::{FaceTemplateError, ModelId};
use ndarray::{Array1, Array2, array};
use ndarray_npy::WriteNpyExt;
use proptest::prelude::*;

fn model() -> ModelId {
    "m".parse().unwrap()
}

/// A file of version 1.0 with this dictionary, padded as NumPy pads it.
fn npy(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut header = dictionary.to_owned();
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.bytes());
    file.extend(data);
    file
}

fn dictionary(descr: &str, order: &str, shape: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}")
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn error(file: &[u8]) -> FaceFileError {
    Embeddings::npy(file).map(|_| ()).expect_err("a malformed file was read")
}

#[test]
fn known_answer() {
    let data = floats(&[3.0, 4.0, -1.0, 0.0, 0.0, 2.0]);
    let file = npy(&dictionary("'<f4'", "False", "(3, 2)"), &data);
    let faces = Embeddings::npy(&file[..]).unwrap();
    assert_eq!((faces.rows(), faces.dimension()), (3, 2));
    assert_eq!(&faces.row(0).unwrap()[..], [3.0, 4.0]);
    assert_eq!(&faces.row(2).unwrap()[..], [0.0, 2.0]);
    assert_eq!(faces.row(3), Err(FaceFileError::NoSuchRow { row: 3, rows: 3 }));
    assert_eq!(faces.row(u64::MAX), Err(FaceFileError::NoSuchRow { row: u64::MAX, rows: 3 }));
    assert_eq!(faces.template(&model(), 0).unwrap().embedding(), [0.6, 0.8]);
    assert_eq!(faces.to_array(), array![[3.0, 4.0], [-1.0, 0.0], [0.0, 2.0]]);
}

#[test]
fn one_axis_is_one_embedding() {
    let file = npy(&dictionary("'<f4'", "False", "(3,)"), &floats(&[1.0, 2.0, 3.0]));
    let faces = Embeddings::npy(&file[..]).unwrap();
    assert_eq!((faces.rows(), faces.dimension()), (1, 3));
    assert_eq!(&faces.row(0).unwrap()[..], [1.0, 2.0, 3.0]);
}

#[test]
fn doubles_are_rounded_and_the_too_great_are_refused_as_templates() {
    let data: Vec<u8> = [0.1, 0.2, 1e300, 1.0].iter().flat_map(|x: &f64| x.to_le_bytes()).collect();
    let file = npy(&dictionary("'<f8'", "False", "(2, 2)"), &data);
    let faces = Embeddings::npy(&file[..]).unwrap();
    assert_eq!(&faces.row(0).unwrap()[..], [0.1, 0.2]);
    assert!(faces.as_array().is_none());
    assert_eq!(faces.to_array().dim(), (2, 2));
    assert_eq!(
        faces.template(&model(), 1),
        Err(FaceFileError::Template { row: 1, source: FaceTemplateError::NotFinite { index: 0 } })
    );
}

#[test]
fn no_embeddings_is_a_file_of_none() {
    let file = npy(&dictionary("'<f4'", "False", "(0, 512)"), &[]);
    let faces = Embeddings::npy(&file[..]).unwrap();
    assert_eq!((faces.rows(), faces.dimension()), (0, 512));
    assert_eq!(faces.to_array().dim(), (0, 512));
    assert_eq!(faces.row(0), Err(FaceFileError::NoSuchRow { row: 0, rows: 0 }));
}

#[test]
fn writings_of_the_header_that_python_allows() {
    let data = floats(&[1.0, 2.0]);
    for header in [
        r#"{"shape":(1,2),"descr":"<f4","fortran_order":False}"#,
        "  {  'fortran_order' :False , 'descr':\n'<f4','shape': ( 1 , 2 , ) }  ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
    ] {
        let file = npy(header, &data);
        assert_eq!(&Embeddings::npy(&file[..]).unwrap().row(0).unwrap()[..], [1.0, 2.0], "{header}");
    }
    // Versions 2.0 and 3.0 have a longer length.
    for version in [2, 3] {
        let header = dictionary("'<f4'", "False", "(1, 2)");
        let mut file = b"\x93NUMPY".to_vec();
        file.extend([version, 0]);
        file.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
        file.extend(header.bytes());
        file.extend(&data);
        assert_eq!(&Embeddings::npy(&file[..]).unwrap().row(0).unwrap()[..], [1.0, 2.0]);
    }
}

#[test]
fn the_beginning_is_checked() {
    let good = npy(&dictionary("'<f4'", "False", "(1, 2)"), &floats(&[1.0, 2.0]));
    let patched = |at: usize, byte: u8| {
        let mut file = good.clone();
        file[at] = byte;
        error(&file)
    };
    assert_eq!(error(b""), FaceFileError::Magic);
    assert_eq!(error(b"\x93NUMP"), FaceFileError::Magic);
    assert_eq!(error(b"PK\x03\x04\x14\x00\x00\x00"), FaceFileError::Magic);
    assert_eq!(patched(0, b'N'), FaceFileError::Magic);
    assert_eq!(patched(6, 4), FaceFileError::Version { major: 4, minor: 0 });
    assert_eq!(patched(6, 0), FaceFileError::Version { major: 0, minor: 0 });
    assert_eq!(patched(7, 1), FaceFileError::Version { major: 1, minor: 1 });
    assert_eq!(patched(9, 0xff), FaceFileError::Truncated { offset: 10, expected: "header" });
}

#[test]
fn a_header_as_long_as_it_likes_is_not_read() {
    for length in [u32::MAX, MAX_NPY_START as u32, 1 << 31] {
        let mut file = b"\x93NUMPY\x02\x00".to_vec();
        file.extend(length.to_le_bytes());
        file.extend([b' '; 100]);
        assert_eq!(error(&file), FaceFileError::HeaderLength { found: length });
    }
}

#[test]
fn every_truncation_is_an_error() {
    for descr in ["'<f4'", "'<f8'"] {
        let data = vec![0; if descr == "'<f4'" { 24 } else { 48 }];
        let file = npy(&dictionary(descr, "False", "(3, 2)"), &data);
        assert!(Embeddings::npy(&file[..]).is_ok());
        for length in 0..file.len() {
            error(&file[..length]);
        }
        let longer = [&file[..], &[0]].concat();
        assert!(matches!(error(&longer), FaceFileError::Length { rows: 3, dimension: 2, .. }));
    }
}

#[test]
fn dictionaries_that_are_not() {
    let expected = |dictionary: &str, says: &str| {
        let error = error(&npy(dictionary, &floats(&[1.0, 2.0])));
        assert!(error.to_string().contains(says), "{dictionary}\n  gives {error}\n  not   {says}");
    };
    expected("", "byte 64: expected {");
    expected("[]", "byte 10: expected {");
    expected("{}", "expected all of the keys");
    expected("{'descr'}", "expected :");
    expected("{descr: '<f4'}", "expected a quoted text");
    expected("{'descr: <f4}", "expected a quoted text");
    expected("{'descr': '<f4', 'fortran_order': False}", "expected all of the keys");
    expected("{'descr': '<f4', 'fortran_order': False 'shape': (1, 2)}", "expected , or }");
    expected("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)", "expected , or }");
    expected("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'a': 1}", "expected one of the keys");
    expected("{'descr': '<f4', 'descr': '<f4', 'shape': (1, 2)}", "byte 27: expected one of the keys");
    expected("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} x", "nothing but spaces");
    for shape in ["2", "(2)", "[1, 2]", "(1 2)", "(1, -2)", "(1, 2", "(,)", "(1,,2)", "(1, 2.0)", "(1, 2L)"] {
        expected(&dictionary("'<f4'", "False", shape), "expected");
    }
    expected(&dictionary("'<f4'", "False", "(1, 18446744073709551616)"), "expected a length below 2^64");
    expected(&dictionary("'<f4'", "False", "()"), "an array of 0 axes");
    expected(&dictionary("'<f4'", "False", "(1, 1, 2)"), "an array of 3 axes");
    expected(&dictionary("'<f4'", "True", "(1, 2)"), "Fortran order");
    expected(&dictionary("'<f4'", "0", "(1, 2)"), "expected True or False");
    for descr in ["'>f4'", "'<f2'", "'<i4'", "'f4'", "'=f4'", "'<c8'", "'|O'", "'|V8'"] {
        expected(
            &dictionary(descr, "False", "(1, 2)"),
            &format!("numbers of type \"{}\"", descr.trim_matches('\'')),
        );
    }
    expected(&dictionary("[('a', '<f4')]", "False", "(1, 2)"), "numbers of type \"[('a', '<f4')], \"");
    let deep = "(".repeat(60_000);
    expected(&dictionary("'<f4'", "False", &deep), "expected a length");
    expected(&"{".repeat(60_000), "expected a quoted text");
}

#[test]
fn shapes_are_held_against_the_length() {
    for (shape, rows) in [
        ("(18446744073709551615, 2)", u64::MAX),
        ("(9223372036854775808, 2)", 1 << 63),
        ("(4611686018427387904, 4)", 1 << 62),
        ("(1000000000, 512)", 1_000_000_000),
        ("(2, 2)", 2),
        ("(0, 2)", 0),
    ] {
        let file = npy(&dictionary("'<f4'", "False", shape), &floats(&[1.0, 2.0]));
        let FaceFileError::Length { rows: found, expected, .. } = error(&file) else { panic!("{shape}") };
        assert_eq!(found, rows, "{shape}");
        assert_eq!(expected.is_none(), rows >= 1 << 62, "{shape}");
    }
    for (shape, found) in [
        ("(1, 0)", 0),
        ("(0,)", 0),
        ("(2, 1)", 1),
        ("(1, 4097)", 4097),
        ("(1, 18446744073709551615)", u64::MAX),
    ] {
        let file = npy(&dictionary("'<f4'", "False", shape), &floats(&[1.0, 2.0]));
        assert_eq!(error(&file), FaceFileError::Dimension { found }, "{shape}");
    }
}

#[test]
fn raw_files_are_a_whole_number_of_embeddings() {
    let bytes = floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let faces = Embeddings::raw(&bytes[..], 3).unwrap();
    assert_eq!((faces.rows(), faces.dimension()), (2, 3));
    assert_eq!(&faces.row(1).unwrap()[..], [4.0, 5.0, 6.0]);
    assert_eq!(Embeddings::raw(&[][..], 3).unwrap().rows(), 0);
    for (length, dimension) in [(24, 4), (23, 3), (25, 3), (4, 2)] {
        assert_eq!(
            Embeddings::raw(vec![0; length], dimension).map(|_| ()),
            Err(FaceFileError::Remainder { length: length as u64, dimension })
        );
    }
    for dimension in [0, 1, 4097, usize::MAX] {
        assert_eq!(
            Embeddings::raw(&bytes[..], dimension).map(|_| ()),
            Err(FaceFileError::Dimension { found: dimension as u64 })
        );
    }
}

#[test]
fn unaligned_bytes_are_read_all_the_same() {
    let data = floats(&[1.0, 2.0, 3.0, 4.0]);
    let mut aligned = 0;
    for shift in 0..4 {
        let moved = [&[0; 3][..shift], &data].concat();
        let faces = Embeddings::raw(&moved[shift..], 2).unwrap();
        assert_eq!(&faces.row(1).unwrap()[..], [3.0, 4.0]);
        assert_eq!(faces.to_array(), array![[1.0, 2.0], [3.0, 4.0]]);
        if let Some(view) = faces.as_array() {
            assert_eq!(view, array![[1.0, 2.0], [3.0, 4.0]]);
            aligned += 1;
        }
    }
    assert_eq!(aligned, 1);
}

#[test]
fn json_is_one_embedding_or_several() {
    let read = |text: &str| read_json(&mut text.as_bytes().to_vec());
    assert_eq!(read("[1, -2.5, 3e-1]").unwrap(), array![[1.0, -2.5, 0.3]]);
    assert_eq!(read(" [[1,2],[3,4],[5,6]]\n").unwrap(), array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    assert_eq!(read("[[1,2]]").unwrap(), array![[1.0, 2.0]]);
    let great = read("[1e39, 18446744073709551615]").unwrap();
    assert_eq!(great, array![[f32::INFINITY, 18_446_744_073_709_551_615.0_f64 as f32]]);
}

#[test]
fn json_that_is_not() {
    let read = |text: &str| read_json(&mut text.as_bytes().to_vec()).expect_err(text);
    for text in ["[]", "[[]]", "[[],[]]", "[[1,2],[]]"] {
        assert_eq!(read(text), FaceFileError::Dimension { found: 0 }, "{text}");
    }
    assert_eq!(read("[1]"), FaceFileError::Dimension { found: 1 });
    assert_eq!(read("[[1],[2]]"), FaceFileError::Dimension { found: 1 });
    let long = format!("[{}1]", "1,".repeat(4096));
    assert_eq!(read(&long), FaceFileError::Dimension { found: 4097 });
    assert_eq!(read("[[1,2],[1,2,3]]"), FaceFileError::Ragged { row: 1, expected: 2 });
    assert_eq!(read("[[1,2],[1,2],[1]]"), FaceFileError::Ragged { row: 2, expected: 2 });
    assert_eq!(read("[[1,2],3]"), FaceFileError::Mixed);
    assert_eq!(read("[1,[2,3]]"), FaceFileError::Mixed);
    for text in [
        "",
        " ",
        "1",
        "null",
        "{}",
        "{\"a\":[1,2]}",
        "\"[1,2]\"",
        "[1,2",
        "[1,2]]",
        "[1,2][3,4]",
        "[1,,2]",
        "[1,2,]",
        "[1,null]",
        "[1,true]",
        "[1,\"2\"]",
        "[[1,\"2\"]]",
        "[[[1,2]]]",
        "[[1,[2]]]",
        "[NaN,1]",
        "[Infinity,1]",
        "[01,2]",
        "[1.,2]",
        "[.5,2]",
        "[+1,2]",
        "[1e,2]",
        "[0x1,2]",
        "[1,1e400]",
        "[1,123456789012345678901234567890]",
    ] {
        let error = read(text);
        assert!(matches!(error, FaceFileError::Json { .. }), "{text}: {error}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(read(&deep), FaceFileError::Json { .. }));
    let secret = format!("[\"{}\"]", "QUJD".repeat(1000));
    assert!(read(&secret).to_string().len() < 250);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// An independent writer's files are read to the bit.
    #[test]
    fn what_ndarray_npy_writes_is_read(rows in 0_usize..20, dimension in 2_usize..70, seed: u32, single: bool) {
        let number = |(r, c): (usize, usize)| f32::from_bits(
            (seed ^ (r as u32 * 8_191 + c as u32)).wrapping_mul(2_654_435_761) & 0xbfff_ffff
        );
        let written = Array2::from_shape_fn((rows, dimension), number);
        let mut file = Vec::new();
        written.write_npy(&mut file).unwrap();
        let read = Embeddings::npy(&file[..]).unwrap();
        prop_assert_eq!(&read.to_array(), &written);
        for (r, row) in written.rows().into_iter().enumerate() {
            prop_assert_eq!(&read.row(r as u64).unwrap()[..], row.as_slice().unwrap());
        }
        let doubles = written.mapv(f64::from);
        let mut file = Vec::new();
        if single {
            let one = Array1::from_shape_fn(dimension, |c| f64::from(number((0, c))));
            one.write_npy(&mut file).unwrap();
            prop_assert_eq!(Embeddings::npy(&file[..]).unwrap().rows(), 1);
        } else {
            doubles.write_npy(&mut file).unwrap();
            prop_assert_eq!(&Embeddings::npy(&file[..]).unwrap().to_array(), &written);
        }
    }

    #[test]
    fn damaged_files_never_panic(at in 0_usize..100, byte: u8, cut in 0_usize..140) {
        let mut file = npy(&dictionary("'<f4'", "False", "(3, 2)"), &floats(&[1.0; 6]));
        let at = at % file.len();
        file[at] = byte;
        file.truncate(file.len().min(cut + 20));
        if let Ok(faces) = Embeddings::npy(&file[..]) {
            for row in 0..faces.rows() {
                prop_assert_eq!(faces.row(row).unwrap().len(), faces.dimension());
            }
        }
    }
}
