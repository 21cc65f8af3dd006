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
