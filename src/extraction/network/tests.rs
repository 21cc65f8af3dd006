use super::{Map, Network};
use crate::kernels::Kernels;

/// A network in the file's own words: four channels, one layer of a 3 x 3 window, one enlargement.
fn bytes(weight: impl Fn(usize, usize) -> i16) -> Vec<u8> {
    let mut bytes = b"BMNETW01\x04test".to_vec();
    bytes.extend(0.5_f32.to_le_bytes());
    bytes.extend([1000_u16, 4, 3].map(u16::to_le_bytes).concat());
    // A pixel's own first channel in output 0, and its neighbours in the others.
    bytes.extend([1, 0, 255, 3, 2, 1, 0]);
    bytes.extend([2000_u16, 16].map(u16::to_le_bytes).concat());
    for output in 0..16 {
        bytes.extend([1.0_f32, 0.0].map(f32::to_le_bytes).concat());
        for place in 0..9 {
            bytes.extend([weight(output, place), 0, 0, 0].map(i16::to_le_bytes).concat());
        }
    }
    bytes.extend([1, 1, 255, 1, 1, 1, 1]);
    bytes.extend([3000_u16, 16].map(u16::to_le_bytes).concat());
    for output in 0..16 {
        bytes.extend([1.0_f32, 10.0].map(f32::to_le_bytes).concat());
        for input in 0..16 {
            bytes.extend(i16::from(input == output).to_le_bytes());
        }
    }
    bytes.extend([2, 2, 255]);
    bytes
}

fn picture(width: usize, height: usize) -> Map {
    let mut map = Map::new(width, height, 2);
    for y in 0..height {
        for x in 0..width {
            map.row_mut(y)[2 * x][0] = (100 * y + x) as i16;
        }
    }
    map
}

#[test]
fn known_answer() {
    let network = Network::read(&bytes(|output, place| i16::from(output == place))).unwrap();
    assert_eq!(
        (network.name.as_str(), network.unit, network.multiple, network.reduction),
        ("test", 0.5, 4, 2)
    );
    for kernels in Kernels::all() {
        let out = network.run(picture(8, 6), &kernels).unwrap();
        assert_eq!((out.width(), out.height()), (8, 6));
        // Windows of stride two, whose centre is output 4; the corners of what is enlarged are its own.
        assert_eq!(out.pixel(0, 0)[2][0], 10);
        assert_eq!(out.pixel(7, 5)[2][0], 406 + 10);
        // A quarter from the left neighbour: 3/4 of (2, 0) and 1/4 of (0, 0), of 2 and 0; halves up.
        assert_eq!(out.pixel(2, 0)[2][0], 12);
        // The neighbour to the left and above, zero outside.
        assert_eq!(out.pixel(0, 0)[0][0], 10);
        assert_eq!(out.pixel(7, 5)[0][0], 305 + 10);
    }
}

#[test]
fn sums_that_could_overflow_are_refused() {
    assert!(Network::read(&bytes(|_, _| i16::MAX)).is_ok());
    let mut loud = bytes(|_, _| i16::MAX);
    loud[17..19].copy_from_slice(&i16::MAX.to_le_bytes());
    let error = Network::read(&loud).err().unwrap();
    assert_eq!(error.to_string(), "byte 42: weights whose sums fit 32 bits expected");
}

#[test]
fn every_cut_and_every_wrong_byte_is_an_error_or_another_network() {
    let whole = bytes(|output, place| i16::from(output == place));
    for length in 0..whole.len() {
        assert!(Network::read(&whole[..length]).is_err(), "{length}");
    }
    assert!(Network::read(&[whole.clone(), vec![0]].concat()).is_err());
    for at in 0..whole.len() {
        for byte in [0, 1, 2, 127, 255] {
            let mut changed = whole.clone();
            changed[at] = byte;
            if let Ok(network) = Network::read(&changed) {
                let sides = network.multiple;
                assert!(network.run(picture(sides, sides), Kernels::active()).is_some(), "{at} {byte}");
            }
        }
    }
}

/// Where the peak of [`one_peak`] is in any picture: column, row, 256th of a turn, quality.
pub(in crate::extraction) const ONE_PEAK: (u32, u32, u16, u8) = (2, 2, 64, 73);

/// A network whose heat is greatest in the first cell: the sum of windows that reach into the border of zeros.
pub(in crate::extraction) fn one_peak() -> Vec<u8> {
    let mut bytes = b"BMNETW01\x08one-peak".to_vec();
    bytes.extend((1.0_f32 / 256.0).to_le_bytes());
    bytes.extend([4095_u16, 4, 3].map(u16::to_le_bytes).concat());
    // Ones everywhere, then the places of a window that are right and below: fewer at the far borders.
    let mut layer = |step: [u8; 7],
                     most: u16,
                     inputs: usize,
                     offset: &dyn Fn(usize) -> f32,
                     weight: &dyn Fn(usize, usize) -> i16,
                     scale: f32| {
        bytes.extend(step);
        bytes.extend([most, 16].map(u16::to_le_bytes).concat());
        for output in 0..16 {
            bytes.extend([scale, offset(output)].map(f32::to_le_bytes).concat());
            for place in 0..usize::from(step[3]).pow(2) {
                for input in 0..inputs {
                    let weight = if input == 0 { weight(output, place) } else { 0 };
                    bytes.extend(weight.to_le_bytes());
                }
            }
        }
    };
    // One at every cell of the first channel, whatever the picture.
    layer([1, 0, 255, 1, 2, 1, 1], 1, 4, &|_| 1.0, &|_, _| 0, 0.0);
    // How many of the cells to the left and above there are: least in the first cell.
    layer(
        [1, 1, 255, 3, 1, 1, 1],
        100,
        16,
        &|_| 0.0,
        &|_, place| i16::from(place == 0 || place == 1 || place == 3),
        1.0,
    );
    // Heat 1 in the first cell and -255 per neighbour; a direction up.
    let offset = |output: usize| {
        if output == 0 {
            256.0
        } else if output == 4 {
            -256.0
        } else {
            0.0
        }
    };
    layer(
        [1, 2, 255, 1, 1, 1, 0],
        32_767,
        16,
        &offset,
        &|output, _| if output == 0 { -1000 } else { 0 },
        1.0,
    );
    bytes
}
