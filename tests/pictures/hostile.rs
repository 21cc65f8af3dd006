//! Any bytes give a picture within its limits or an error, and never a panic.

use biomatch::picture::{FingerprintPicture, MAX_FINGER_PIXELS, MAX_PORTRAIT_PIXELS, Portrait, describe};
use image::ImageFormat;
use proptest::prelude::*;

use crate::files::*;
use crate::record_builders::*;
use crate::wsq_encoder::{Encoder, ridges};

/// A small input of every format and record.
pub fn inputs() -> Vec<Vec<u8>> {
    let wsq = Encoder::default().encode(21, 18, &ridges(21, 18));
    let png = file(&colours(6, 5), ImageFormat::Png);
    let finger = |payload: &[u8]| Finger {
        position: 1,
        impression: 0,
        quality: 9,
        width: 24,
        height: 20,
        payload: payload.to_vec(),
    };
    let fingers = [finger(&wsq), finger(grey(24, 20).as_bytes())];
    let fourteen =
        tagged(14, &[(6, b"24"), (7, b"20"), (8, b"1"), (9, b"500"), (10, b"500"), (13, b"2"), (999, &wsq)]);
    let template = object(&[0x7F, 0x60], &object(&[0x5F, 0x2E], &fac_2005(&[&png])));
    vec![
        wsq.clone(),
        png.clone(),
        png_at(&grey(24, 20), 19_685, 19_685),
        file(&grey(24, 20), ImageFormat::Jpeg),
        file(&grey(24, 20), ImageFormat::Bmp),
        file(&grey(24, 20), ImageFormat::Tiff),
        file(&colours(6, 5), ImageFormat::Pnm),
        jp2_at(grey_jp2(), b"resc", 500, 254, 4),
        colours_jp2(),
        fir_2005(500, 2, &fingers),
        fir_2011(197, 2, &fingers),
        fac_2005(&[&png, &grey_jp2()]),
        fac_2011(&[&png]),
        transaction(&[(4, type_4(3, 0, 21, 18, &wsq)), (14, fourteen)]),
        object(&[0x75], &object(&[0x7F, 0x61], &template)),
        hex::encode(fir_2011(197, 0, &fingers[1..])).into_bytes(),
    ]
}

/// What holds for any bytes.
fn exercise(bytes: &[u8]) {
    if let Ok(pictures) = FingerprintPicture::read_all(bytes) {
        assert!(!pictures.is_empty());
        for picture in pictures {
            let pixels = u64::from(picture.width()) * u64::from(picture.height());
            assert!(pixels > 0 && pixels <= MAX_FINGER_PIXELS && pixels == picture.pixels().len() as u64);
        }
    }
    if let Ok(portraits) = Portrait::read_all(bytes) {
        for portrait in portraits {
            let pixels = u64::from(portrait.width()) * u64::from(portrait.height());
            assert!(pixels > 0 && pixels <= MAX_PORTRAIT_PIXELS && portrait.rgb().len() as u64 == 3 * pixels);
        }
    }
    if let Err(error) = describe(bytes) {
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
    }
}

#[test]
fn the_inputs_are_good() {
    for bytes in inputs() {
        assert!(!describe(&bytes).unwrap().is_empty());
        exercise(&bytes);
    }
}

#[test]
fn inputs_that_are_cut_do_not_panic() {
    for bytes in inputs() {
        for length in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            exercise(&bytes[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_bytes_do_not_panic(
        which in 0..16_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = inputs().swap_remove(which);
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        exercise(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_right_start_do_not_panic(which in 0..16_usize, start in 2..40_usize, rest: Vec<u8>) {
        let mut bytes = inputs().swap_remove(which);
        bytes.truncate(start);
        bytes.extend(rest);
        exercise(&bytes);
    }
}
