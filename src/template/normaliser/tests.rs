use super::*;

const DIMENSION: usize = 6;

fn parts() -> Parts {
    let mut whitening = vec![0.0; DIMENSION * DIMENSION];
    for (i, factor) in [0.5, 0.8, 1.0, 1.0, 1.2, 1.5].into_iter().enumerate() {
        whitening[i * DIMENSION + i] = factor;
    }
    let mut leading = vec![0.0; 2 * DIMENSION];
    leading[0] = 1.0;
    leading[DIMENSION + 1] = 1.0;
    Parts {
        source: "net-1".parse().unwrap(),
        note: "six numbers".to_owned(),
        dimension: DIMENSION,
        length: 20.0,
        length_weight: 0.1,
        share: 0.3,
        share_weight: 0.05,
        whitening,
        leading,
    }
}

fn normaliser() -> FaceNormaliser {
    FaceNormaliser::new(parts()).unwrap()
}

fn cosine(a: &FaceTemplate, b: &FaceTemplate) -> f64 {
    a.embedding().iter().zip(b.embedding()).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

#[test]
fn a_template_is_the_whitened_embedding_beside_its_height() {
    // A length of 10, half of what is usual: 2 (10 - 20) / (10 + 20) = -2/3. A share of (6^2 + 0) / 100 = 0.36.
    let template = normaliser().template(&[6.0, 0.0, 8.0, 0.0, 0.0, 0.0]).unwrap();
    let height = 0.8 + 0.1 * 2.0 / 3.0 - 0.05 * (0.36 - 0.3);
    let rest = (1.0_f64 - height * height).sqrt();
    // Whitened: (3, 0, 8), of length sqrt(73).
    let expected = [3.0 / 73.0_f64.sqrt() * rest, 0.0, 8.0 / 73.0_f64.sqrt() * rest, 0.0, 0.0, 0.0];
    let (embedding, height_part) = template.embedding().split_at(DIMENSION);
    for (found, expected) in embedding.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-6, "{embedding:?} {expected:?}");
    }
    assert_eq!(height_part.len(), HEIGHT_DIMENSIONS);
    assert!(height_part.iter().all(|&x| (f64::from(x) - height / 32.0_f64.sqrt()).abs() < 1e-6));
}

#[test]
fn bad_pictures_are_forgiven_a_greater_angle() {
    let normaliser = normaliser();
    let pair = |length: f32| {
        let of = |numbers: [f32; DIMENSION]| normaliser.template(&numbers.map(|x| x * length)).unwrap();
        cosine(&of([0.0, 0.0, 1.0, 0.0, 0.0, 0.0]), &of([0.0, 0.0, 0.8, 0.6, 0.0, 0.0]))
    };
    assert!(pair(5.0) > pair(20.0) && pair(20.0) > pair(80.0), "{} {} {}", pair(5.0), pair(20.0), pair(80.0));
    // However short or long, a template is a unit vector.
    for length in [f32::MIN_POSITIVE, 1e-10, 1e10, f32::MAX / 4.0] {
        let template = normaliser.template(&[0.0, 0.0, length, length, 0.0, 0.0]).unwrap();
        assert!((cosine(&template, &template) - 1.0).abs() < 1e-6, "{length}");
    }
}

#[test]
fn the_model_is_the_networks_with_the_identity() {
    let one = normaliser();
    assert!(
        one.model().as_str().starts_with("net-1+") && one.model().as_str().len() == 14,
        "{}",
        one.model()
    );
    let other = FaceNormaliser::new(Parts { length_weight: 0.2, ..parts() }).unwrap();
    assert_ne!(one.model(), other.model());
    assert_eq!(one.template(&[1.0; DIMENSION]).unwrap().model(), one.model());
    let long = Parts { source: "x".repeat(56).parse().unwrap(), ..parts() };
    assert_eq!(FaceNormaliser::new(long), None);
    assert!(FaceNormaliser::new(Parts { source: "x".repeat(55).parse().unwrap(), ..parts() }).is_some());
}

#[test]
fn what_is_no_embedding_of_the_network_is_refused() {
    let normaliser = normaliser();
    let of = |numbers: &[f32]| normaliser.template(numbers).unwrap_err();
    assert_eq!(of(&[1.0; 5]), FaceTemplateError::OtherDimension { expected: 6, found: 5 });
    assert_eq!(of(&[1.0; 38]), FaceTemplateError::OtherDimension { expected: 6, found: 38 });
    assert_eq!(of(&[0.0; 6]), FaceTemplateError::ZeroNorm);
    assert_eq!(of(&[1.0, 1.0, f32::NAN, 1.0, 1.0, 1.0]), FaceTemplateError::NotFinite { index: 2 });
    // A matrix that leaves nothing of it.
    let flat = FaceNormaliser::new(Parts { whitening: vec![0.0; 36], ..parts() }).unwrap();
    assert_eq!(flat.template(&[1.0; 6]), Err(FaceTemplateError::ZeroNorm));
}

#[test]
fn every_level_makes_the_same_bits() {
    let normaliser = normaliser();
    let unit = padded(&[0.1, -0.4, 0.3, 0.7, -0.2, 0.45], DIMENSION);
    let products = |kernels: &Kernels| {
        let mut products = vec![0.0; DIMENSION];
        kernels.dot_rows(&unit, &normaliser.whitening, &mut products);
        products.iter().map(|x: &f32| x.to_bits()).collect::<Vec<_>>()
    };
    let all: Vec<_> = Kernels::all().map(|kernels| products(&kernels)).collect();
    assert!(all.iter().all(|bits| *bits == all[0]));
}

#[test]
fn a_file_reads_back_as_it_was_written() {
    let normaliser = normaliser();
    let file = normaliser.write();
    let read = FaceNormaliser::read(&file).unwrap();
    assert_eq!(read, normaliser);
    assert_eq!(read.write(), file);
    assert_eq!((read.dimension(), read.note(), read.source().as_str()), (6, "six numbers", "net-1"));
}

/// The file with a change and a checksum that fits.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<FaceNormaliser, NormaliserError> {
    let mut file = normaliser().write();
    file.truncate(file.len() - 4);
    change(&mut file);
    let crc = crc32fast::hash(&file);
    file.extend(crc.to_le_bytes());
    FaceNormaliser::read(&file)
}

#[test]
fn a_file_that_is_none_is_refused_with_where_and_what() {
    let put = |offset: usize, bytes: &[u8]| {
        changed(|file| file[offset..offset + bytes.len()].copy_from_slice(bytes)).unwrap_err()
    };
    assert_eq!(FaceNormaliser::read(b"biomatch"), Err(NormaliserError::Magic));
    assert_eq!(put(16, &[2]), NormaliserError::Version { found: 2 });
    let header =
        |offset, what, least, most, found| NormaliserError::Header { offset, what, least, most, found };
    assert_eq!(put(20, &[1]), header(20, "dimensions", 2, 4064, 1));
    assert_eq!(put(24, &[65]), header(24, "leading directions", 0, 64, 65));
    assert_eq!(put(28, &[0]), header(28, "bytes of the network's name", 1, 64, 0));
    assert_eq!(put(32, &[1, 16]), header(32, "bytes of the note", 0, 4096, 4097));
    assert_eq!(put(36, &[1]), header(36, "what is reserved", 0, 0, 1));
    assert!(matches!(put(20, &[7]), NormaliserError::Length { .. }));
    assert_eq!(put(40, &[0; 8]), NormaliserError::Number { offset: 40 });
    assert_eq!(put(48, &f64::NAN.to_le_bytes()), NormaliserError::Number { offset: 48 });
    assert_eq!(put(72 + 8, &2e9_f32.to_le_bytes()), NormaliserError::Number { offset: 80 });
    let name = 72 + (36 + 12) * 4;
    assert_eq!(put(name, b" "), NormaliserError::Name { offset: name });
    assert_eq!(put(name + 5, &[0xff]), NormaliserError::Note { offset: name + 5 });
}

#[test]
fn every_damaged_byte_and_every_cut_is_noticed() {
    let file = normaliser().write();
    for offset in 0..file.len() {
        let mut damaged = file.clone();
        damaged[offset] ^= 0x10;
        assert!(FaceNormaliser::read(&damaged).is_err(), "byte {offset}");
        assert!(FaceNormaliser::read(&file[..offset]).is_err(), "cut at {offset}");
    }
}
