use super::{Map, Network};
use crate::kernels::Kernels;

/// Puts a convolution of sixteen outputs: its seven numbers, the greatest output, and of each output scale and offset and
/// the weight at each place of the window and each input.
fn push_layer(
    bytes: &mut Vec<u8>,
    numbers: [u8; 7],
    most: u16,
    inputs: usize,
    scaling: impl Fn(usize) -> [f32; 2],
    weight: impl Fn(usize, usize, usize) -> i16,
) {
    bytes.extend(numbers);
    bytes.extend([most, 16].map(u16::to_le_bytes).concat());
    for output in 0..16 {
        bytes.extend(scaling(output).map(f32::to_le_bytes).concat());
        for place in 0..usize::from(numbers[3]).pow(2) {
            for input in 0..inputs {
                bytes.extend(weight(output, place, input).to_le_bytes());
            }
        }
    }
}

/// A network in the file's own words: four channels, a layer of a 3 x 3 window, one of single pixels, one enlargement.
fn bytes(weight: impl Fn(usize, usize) -> i16) -> Vec<u8> {
    let mut bytes = b"BMNETW01\x04test".to_vec();
    bytes.extend(0.5_f32.to_le_bytes());
    bytes.extend([1000_u16, 4, 3].map(u16::to_le_bytes).concat());
    // A pixel's own first channel in output 4, and its neighbours in the others.
    let of_first = |output, place, input| if input == 0 { weight(output, place) } else { 0 };
    push_layer(&mut bytes, [1, 0, 255, 3, 2, 1, 0], 2000, 4, |_| [1.0, 0.0], of_first);
    let same = |output, _, input| i16::from(input == output);
    push_layer(&mut bytes, [1, 1, 255, 1, 1, 1, 1], 3000, 16, |_| [1.0, 10.0], same);
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
fn a_network_without_the_outputs_that_are_read_is_refused() {
    let mut only_enlarged = b"BMNETW01\x04test".to_vec();
    only_enlarged.extend(0.5_f32.to_le_bytes());
    only_enlarged.extend([1000_u16, 4, 1].map(u16::to_le_bytes).concat());
    only_enlarged.extend([2, 0, 255]);
    let error = Network::read(&only_enlarged).err().unwrap();
    assert_eq!(error.to_string(), "byte 26: sixteen outputs at least expected");
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
pub(in crate::extraction) const ONE_PEAK: (u32, u32, u16, u8) = (2, 2, 64, 53);

/// A network whose heat is greatest in the first cell of any picture, because it has no cells before it.
pub(in crate::extraction) fn one_peak() -> Vec<u8> {
    let mut bytes = b"BMNETW01\x08one-peak".to_vec();
    bytes.extend((1.0_f32 / 256.0).to_le_bytes());
    bytes.extend([4095_u16, 4, 3].map(u16::to_le_bytes).concat());
    // One at every cell, whatever the picture.
    push_layer(&mut bytes, [1, 0, 255, 1, 2, 1, 1], 1, 4, |_| [0.0, 1.0], |_, _, _| 0);
    // How many of the cells above and to the left there are.
    let before = |_, place, input| i16::from(input == 0 && [0, 1, 3].contains(&place));
    push_layer(&mut bytes, [1, 1, 255, 3, 1, 1, 1], 100, 16, |_| [1.0, 0.0], before);
    // A logit of 1, and nearly 4 less for each of those cells; the direction is up.
    let offset = |output| match output {
        0 => [1.0, 256.0],
        4 => [1.0, -256.0],
        _ => [1.0, 0.0],
    };
    let heat = |output, _, _| if output == 0 { -1000 } else { 0 };
    push_layer(&mut bytes, [1, 2, 255, 1, 1, 1, 0], 32_767, 16, offset, heat);
    bytes
}
