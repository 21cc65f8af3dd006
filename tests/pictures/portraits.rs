//! Portraits to templates, with real networks and real portraits: the folders that `BIOMATCH_MODELS` and
//! `BIOMATCH_DATA` name.

use std::fs;
use std::path::PathBuf;

use biomatch::extraction::models::ModelFolder;
use biomatch::extraction::{
    CaptureRules, FaceCard, FaceChoice, FaceExtractionError, FaceNetwork, FaceNetworkError, GreyLevels,
    ModelError, PixelScale, PortraitFinding,
};
use biomatch::face;
use biomatch::picture::Portrait;
use biomatch::template::FaceTemplate;
use image::DynamicImage;
use image::imageops::{self, FilterType};
use rayon::prelude::*;

use crate::data_support::real_data;
use crate::files::{exif, png_with};

const DETECTOR: &str = "yunet-2023mar.onnx";
const EMBEDDING: &str = "sface-2021dec.onnx";

fn model(name: &str) -> PathBuf {
    let folder = std::env::var_os("BIOMATCH_MODELS").expect("BIOMATCH_MODELS names the folder of models");
    PathBuf::from(folder).join(name)
}

fn network() -> FaceNetwork {
    ModelFolder::new(model("")).face_network().unwrap()
}

/// The card of SFace in JSON.
fn card(change: impl Fn(&mut serde_json::Value)) -> FaceCard {
    let mut card = serde_json::json!({
        "format": "biomatch-face-card", "version": 1, "name": "my-sface", "input": "data", "output": "fc1",
        "side": 112, "order": "rgb", "layout": "nchw", "mean": 0, "scale": 1, "dimension": 128,
        "points": {
            "right_eye": [38.2946, 51.6963], "left_eye": [73.5318, 51.5014], "nose_tip": [56.0252, 71.7366],
            "right_mouth_corner": [41.5493, 92.3655], "left_mouth_corner": [70.7299, 92.2041],
        },
    });
    change(&mut card);
    FaceCard::from_json(&card.to_string()).unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(real_data().join("pictures/faces").join(name)).unwrap()
}

fn picture(name: &str) -> DynamicImage {
    image::load_from_memory(&bytes(name)).unwrap()
}

fn portrait(image: &DynamicImage) -> Portrait {
    let image = image.to_rgb8();
    Portrait::from_rgb(image.width(), image.height(), image.into_raw()).unwrap()
}

fn cosine(a: &FaceTemplate, b: &FaceTemplate) -> f32 {
    face::compare(a, b).unwrap().get()
}

#[test]
fn files_that_are_not_known_are_refused_by_their_digest() {
    let error = FaceNetwork::from_bytes(b"none", b"none").unwrap_err();
    let FaceNetworkError::Embedding(ModelError::Unknown { blake3 }) = &error else { panic!("{error}") };
    assert_eq!(blake3, blake3::hash(b"none").as_bytes());
    let error = FaceNetwork::from_bytes_with_card(b"none", b"none", card(|_| ())).unwrap_err();
    assert!(matches!(error, FaceNetworkError::Detector(ModelError::Unknown { .. })), "{error}");
    let error = FaceNetwork::open("/none/a.onnx", "/none/b.onnx").unwrap_err();
    assert!(matches!(error, FaceNetworkError::Detector(ModelError::Io { .. })), "{error}");
}

/// The networks' authors' runtime misses 1.24 % of the mated pairs: `benches/compare/portraits.sh`.
#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn mates_stand_apart_from_non_mates() {
    let network = network().with_choice(FaceChoice::Largest);
    let folder = fs::read_dir(real_data().join("pictures/faces")).unwrap();
    let mut names: Vec<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 601);
    let template = |name: &String| Portrait::read(&bytes(name)).unwrap().template(&network).unwrap();
    let templates: Vec<FaceTemplate> = names.par_iter().map(template).collect();
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for (at, a) in templates.iter().enumerate() {
        for (b, name) in templates.iter().zip(&names).skip(at + 1) {
            let scores = if names[at][..5] == name[..5] { &mut mated } else { &mut non_mated };
            scores.push(cosine(a, b));
        }
    }
    assert_eq!((mated.len(), non_mated.len()), (482, 179_818));
    non_mated.sort_by(|a, b| b.total_cmp(a));
    let threshold = non_mated[non_mated.len() / 100];
    let missed = mated.iter().filter(|&&score| score <= threshold).count();
    println!("{missed} of {} mated pairs below {threshold:.4}, where FMR is 1 %", mated.len());
    assert!((0.25..0.33).contains(&threshold), "{threshold}");
    // One pair more or less is 0.2 points.
    assert!((5..=7).contains(&missed), "{missed}");
}

#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn how_a_portrait_was_taken_hardly_matters() {
    let network = network();
    let image = picture("s0001_1.jpg");
    let upright = portrait(&image).template(&network).unwrap();
    assert_eq!(upright.model().as_str(), "sface-2021dec+yunet-2023mar:1");
    assert_eq!(upright.embedding().len(), 128);
    // Turned by EXIF, the pixels are the same.
    for (orientation, lying) in [(6, image.rotate270()), (3, image.rotate180()), (8, image.rotate90())] {
        let read = Portrait::read(&png_with(&lying, b"eXIf", &exif(orientation))).unwrap();
        assert_eq!(read.template(&network).unwrap(), upright, "{orientation}");
    }
    // Finer, coarser, with another frame: the detector puts the points a few pixels elsewhere.
    let (width, height) = (image.width(), image.height());
    let scaled = |side: u32| image.resize_exact(side, side, FilterType::Triangle);
    let mut framed = DynamicImage::new_rgb8(width + 75, height + 131);
    imageops::overlay(&mut framed, &image, 33, 97);
    let mut huge_frame = DynamicImage::new_rgb8(1500, 1300);
    imageops::overlay(&mut huge_frame, &scaled(750), 500, 300);
    for (other, what, least) in [
        (framed, "another frame", 0.9),
        (scaled(500), "twice as fine", 0.9),
        (scaled(1750), "seven times as fine", 0.9),
        (scaled(200), "coarser", 0.9),
        (huge_frame, "small in a large picture", 0.85),
    ] {
        let cosine = cosine(&portrait(&other).template(&network).unwrap(), &upright);
        println!("{what}: {cosine:.4}");
        assert!(cosine >= least, "{what}: {cosine}");
    }
}

/// Turned around its middle, in the frame of the same size.
fn turned(image: &DynamicImage, degrees: f32) -> DynamicImage {
    let source = image.to_rgb8();
    let (width, height) = source.dimensions();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = ((width - 1) as f32 / 2.0, (height - 1) as f32 / 2.0);
    let pixel = |x: u32, y: u32| {
        let (x, y) = (x as f32 - middle.0, y as f32 - middle.1);
        let (x, y) = (x * cos + y * sin + middle.0, -x * sin + y * cos + middle.1);
        imageops::interpolate_bilinear(&source, x, y).unwrap_or(image::Rgb([0; 3]))
    };
    DynamicImage::ImageRgb8(image::ImageBuffer::from_fn(width, height, pixel))
}

#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn a_turned_portrait_is_the_same_person_and_half_of_its_roll_is_seen() {
    let network = network();
    let image = picture("s0001_1.jpg");
    // Finer, so that turning costs no sharpness.
    let image = image.resize_exact(750, 750, FilterType::Triangle);
    let upright = portrait(&image);
    let (template, roll) = (upright.template(&network).unwrap(), upright.examine(&network).unwrap());
    let roll = roll.measures.unwrap().pose.roll.degrees();
    for degrees in [-20.0, -10.0, 10.0, 20.0] {
        let turned = portrait(&turned(&image, degrees));
        let cosine = cosine(&turned.template(&network).unwrap(), &template);
        let found = turned.examine(&network).unwrap().measures.unwrap().pose.roll.degrees() - roll;
        println!("{degrees} degrees: cosine {cosine:.4}, roll {found:.2}");
        assert!(cosine >= 0.85, "{degrees}: {cosine}");
        assert!((0.3..1.1).contains(&(found / degrees)), "{degrees}: {found}");
    }
}

#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn several_faces_none_and_small_ones_are_told() {
    let network = network();
    let (first, second) = (picture("s0001_1.jpg"), picture("s0002_1.jpg"));
    let mut both = DynamicImage::new_rgb8(700, 300);
    imageops::overlay(&mut both, &first.resize_exact(300, 300, FilterType::Triangle), 0, 0);
    imageops::overlay(&mut both, &second, 400, 25);
    let both = portrait(&both);
    assert_eq!(both.template(&network), Err(FaceExtractionError::SeveralFaces { count: 2 }));
    let largest = network.clone().with_choice(FaceChoice::Largest);
    let (both, first) = (both.template(&largest).unwrap(), portrait(&first));
    assert!(cosine(&both, &first.template(&network).unwrap()) > 0.8);
    let grey = Portrait::from_grey(400, 300, vec![128; 120_000]).unwrap();
    assert_eq!(grey.template(&largest), Err(FaceExtractionError::NoFace));
    let nobody = grey.examine(&network).unwrap();
    assert_eq!((nobody.faces.len(), nobody.measures), (0, None));
    assert_eq!(CaptureRules::none().check(&nobody), [PortraitFinding::NoFace]);
    let mut small = DynamicImage::new_rgb8(120, 120);
    imageops::overlay(&mut small, &picture("s0001_1.jpg").resize_exact(110, 110, FilterType::Triangle), 5, 5);
    let error = portrait(&small).template(&network).unwrap_err();
    let FaceExtractionError::FaceTooSmall { between_eyes, .. } = error else { panic!("{error}") };
    assert!((10.0..24.0).contains(&between_eyes.pixels()), "{between_eyes}");
}

#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn a_template_does_not_depend_on_what_runs_beside_it() {
    let network = network().with_choice(FaceChoice::Largest);
    let names: Vec<String> = (1..=8).map(|subject| format!("s{subject:04}_1.jpg")).collect();
    let portraits: Vec<Portrait> = names.iter().map(|name| Portrait::read(&bytes(name)).unwrap()).collect();
    let alone: Vec<FaceTemplate> = portraits.iter().map(|it| it.template(&network).unwrap()).collect();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let beside: Vec<FaceTemplate> =
            pool.install(|| portraits.par_iter().map(|it| it.template(&network).unwrap()).collect());
        assert_eq!(beside, alone, "{threads} threads");
    }
}

#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn a_card_that_is_not_true_of_its_file_is_refused() {
    let with = |card: FaceCard| FaceNetwork::open_with_card(model(DETECTOR), model(EMBEDDING), card);
    let mine = with(card(|_| ())).unwrap();
    let portrait = Portrait::read(&bytes("s0001_1.jpg")).unwrap();
    let (template, known) = (portrait.template(&mine).unwrap(), portrait.template(&network()).unwrap());
    assert_eq!(template.embedding(), known.embedding());
    assert_eq!(template.model().as_str(), "my-sface+yunet-2023mar:1");
    assert!(face::compare(&template, &known).is_err(), "another name is another model");
    let wrong_dimension = with(card(|card| card["dimension"] = 512.into())).unwrap_err();
    let message = wrong_dimension.to_string();
    assert!(message.contains("fc1") && message.contains("512") && message.contains("128"), "{message}");
    for (field, name) in [("input", "pixels"), ("output", "fc2")] {
        let message = with(card(|card| card[field] = name.into())).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    let wrong_side = with(card(|card| card["side"] = 128.into())).unwrap_err();
    assert!(matches!(wrong_side, FaceNetworkError::Embedding(ModelError::Graph { .. })), "{wrong_side}");
    // The wrong order, mean and scale give embeddings: nothing but the card tells.
    let mean = GreyLevels::new(127.5).unwrap();
    let scale = PixelScale::new(1.0 / 128.0).unwrap();
    let other = with(FaceCard { mean, scale, ..card(|_| ()) }).unwrap();
    assert!(cosine(&portrait.template(&other).unwrap(), &template) < 0.9);
}

#[test]
#[ignore = "needs BIOMATCH_DATA and BIOMATCH_MODELS"]
fn a_portrait_is_measured() {
    let network = network();
    let image = picture("s0001_1.jpg");
    let examination = portrait(&image).examine(&network).unwrap();
    let measures = examination.measures.unwrap();
    assert_eq!(examination.faces.len(), 1);
    assert_eq!(measures.between_eyes, examination.faces[0].points.between_eyes());
    assert!((0.35..0.65).contains(&measures.placement.across.fraction()), "{measures:?}");
    // Its mirror image looks the other way.
    let mirrored = portrait(&image.fliph()).examine(&network).unwrap().measures.unwrap();
    for (a, b) in [(measures.pose.yaw, mirrored.pose.yaw), (measures.pose.roll, mirrored.pose.roll)] {
        assert!((a.degrees() + b.degrees()).abs() < 6.0, "{a} {b}");
    }
    // Blurred and darkened, it says so.
    let sharpness = |image: &DynamicImage| {
        portrait(image).examine(&network).unwrap().measures.unwrap().sharpness.levels()
    };
    assert!(sharpness(&image.blur(3.0)) < sharpness(&image) / 2.0);
    let dark = portrait(&image.brighten(-100)).examine(&network).unwrap();
    let findings = CaptureRules::selfie().check(&dark);
    assert!(findings.iter().any(|finding| matches!(finding, PortraitFinding::Dark { .. })), "{findings:?}");
}
