//! WSQ: what the encoder wrote comes back, and what no encoder writes is refused.

use biomatch::picture::{FingerprintPicture, Format, PictureError};
use biomatch::units::Resolution;

use crate::wsq_encoder::{Encoder, block, codes, filters, frame, quantisation, ridges, segment};

/// Root of the mean squared difference, in grey levels.
fn apart(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
    (squares.sum::<f64>() / a.len() as f64).sqrt()
}

fn read(stream: &[u8]) -> FingerprintPicture {
    FingerprintPicture::read(stream).unwrap()
}

#[test]
fn pictures_come_back_at_every_size() {
    for (width, height) in [(1, 1), (1, 40), (40, 1), (2, 2), (3, 5), (17, 16), (31, 33), (64, 64), (97, 101)]
    {
        let pixels = ridges(width, height);
        let picture = read(&Encoder::default().encode(width, height, &pixels));
        assert_eq!((picture.width(), picture.height()), (width.into(), height.into()));
        // The quarter of the highest frequencies is not in a stream: what is left of these smooth ridges is close.
        let apart = apart(picture.pixels(), &pixels);
        assert!(apart < 3.0, "{width} x {height}: {apart} grey levels apart");
    }
}

#[test]
fn coarser_steps_lose_more_and_never_all() {
    let pixels = ridges(120, 90);
    let [fine, coarse] = [1, 24].map(|step| {
        let stream = Encoder { step, ..Encoder::default() }.encode(120, 90, &pixels);
        (stream.len(), apart(read(&stream).pixels(), &pixels))
    });
    assert!(coarse.0 * 3 < fine.0 * 2 && fine.1 < coarse.1 && coarse.1 < 12.0, "{fine:?} {coarse:?}");
}

#[test]
fn the_comment_states_the_resolution() {
    let with = |comment: &[u8]| {
        let encoder = Encoder { comment: comment.to_vec(), ..Encoder::default() };
        let picture = read(&encoder.encode(20, 20, &ridges(20, 20)));
        assert_eq!(picture.source().unwrap().format, Format::Wsq);
        picture.resolution()
    };
    assert_eq!(with(b"NIST_COM 2\nPPI 500\n"), Some(Resolution::DPI_500));
    assert_eq!(with(b"NIST_COM 2\nPPI 500\nPPI 1000"), Resolution::from_dpi(1000));
    for unknown in
        [&b"NIST_COM 2\nPPI -1\n"[..], b"NIST_COM 2\nPPI 0\n", b"PPI 500\n", b"", b"NIST_COM 1\nPPI 72\n"]
    {
        assert_eq!(with(unknown), None, "{}", unknown.escape_ascii());
    }
}

#[test]
fn streams_that_depart_but_are_whole_are_read() {
    let pixels = ridges(50, 60);
    let whole = Encoder::default().encode(50, 60, &pixels);
    let expected = read(&whole);
    let without_end = &whole[..whole.len() - 2];
    assert_eq!(read(without_end).pixels(), expected.pixels(), "the end marker lacks");
    assert_eq!(read(&[&whole[..], b"more"].concat()).pixels(), expected.pixels());
    let filled = [&[0xFF, 0xA0, 0xFF, 0xFF, 0xFF][..], &whole[2..]].concat();
    assert_eq!(read(&filled).pixels(), expected.pixels(), "bytes FF between segments");
    let twice = [&whole[..2], &filters(), &codes(0), &filters(), &whole[2..]].concat();
    assert_eq!(read(&twice).pixels(), expected.pixels(), "tables that are replaced");
    let fewer = read(&Encoder { blocks: 2, ..Encoder::default() }.encode(50, 60, &pixels));
    assert!(apart(fewer.pixels(), expected.pixels()) < 20.0, "the finest details lack");
}

fn refused(stream: &[u8]) -> String {
    FingerprintPicture::read(stream).unwrap_err().to_string()
}

/// A stream without pixels: start, segments.
fn stream(segments: &[Vec<u8>]) -> Vec<u8> {
    [&[0xFF, 0xA0][..], &segments.concat()].concat()
}

/// What crashed the reference decoder.
#[test]
fn what_crashed_the_reference_decoder_is_refused() {
    let good = [filters(), quantisation(1), frame(8, 8), codes(0)];
    let with = |replaced: usize, by: Vec<u8>| {
        let mut segments = good.to_vec();
        segments[replaced] = by;
        segments.push(block(0, &[1; 48]));
        segments.push(vec![0xFF, 0xA1]);
        stream(&segments)
    };
    for (bytes, expected) in [
        (with(0, segment(0xA4, &[0, 7])), "byte 6: WSQ: a filter of 1 to 31 taps expected"),
        (with(0, segment(0xA4, &[9, 0])), "byte 7: WSQ: a filter of 1 to 31 taps expected"),
        (with(0, segment(0xA4, &[255, 7])), "byte 6: WSQ: a filter of 1 to 31 taps expected"),
        (with(0, segment(0xA4, &[8, 7])), "byte 6: WSQ: a filter of an even number of taps is not read"),
        (
            with(0, segment(0xA4, &[9, 7, 0])),
            "the input ends inside filter coefficient: 1 bytes expected, 0 left",
        ),
        (with(3, codes(8)), "a Huffman table number up to 7 expected"),
        (
            with(3, segment(0xA6, &[[0; 1].as_slice(), &[255; 16], &[1; 4080]].concat())),
            "code lengths of a Huffman",
        ),
        (with(3, segment(0xA6, &[0, 9])), "the input ends inside Huffman code lengths"),
        (with(0, vec![0xFF, 0xA8, 0, 1]), "byte 4: WSQ: a segment length of 2 at least expected"),
        (with(0, vec![0xFF, 0xA8, 0xFF, 0xFF]), "the input ends inside segment"),
        (
            with(2, frame(64_000, 64_000)),
            "the picture has 64000 x 64000 pixels, at most 16000000 pixels are read",
        ),
        (with(2, frame(0, 8)), "the picture has 0 x 8 pixels"),
        (with(3, vec![]), "the number of a Huffman table of the stream expected"),
        (with(1, vec![]), "a quantisation table before the first block expected"),
        (with(2, vec![]), "a frame header before the first block expected"),
        (with(0, vec![]), "filters before the end expected"),
        (with(0, segment(0xA7, &[0, 9])), "a restart interval is not read"),
        (with(0, frame(8, 8)), "one frame header expected"),
        (with(0, vec![0xFF, 0xB5, 0, 2]), "a marker FFA1 to FFA8 expected"),
        (with(1, vec![0, 0, 0]), "byte 62: WSQ: a marker expected"),
        (stream(&good), "the rest of the picture expected"),
    ] {
        let error = refused(&bytes);
        assert!(error.contains(expected), "{error}: {expected}");
    }
    // Twice the same table, which it freed twice, is no fault.
    let twice = [&good[..], &[filters(), codes(0), block(0, &[1; 48]), vec![0xFF, 0xA1]]].concat();
    assert_eq!(read(&stream(&twice)).width(), 8);
    // A wide picture that is low is none either.
    let wide = with(2, frame(64_000, 1));
    assert_eq!(read(&wide).width(), 64_000);
}

#[test]
fn numbers_beyond_the_picture_and_bits_that_are_no_code_are_refused() {
    let start = [filters(), quantisation(1), frame(8, 8), codes(0)];
    let with = |end: Vec<u8>| stream(&[&start[..], &[end, vec![0xFF, 0xA1]]].concat());
    // The sixteen places of the highest frequencies have no numbers.
    for numbers in [vec![1; 49], [vec![1; 40], vec![0; 90]].concat(), vec![0; 40_000]] {
        let error = refused(&with(block(0, &numbers)));
        assert!(error.contains("no more numbers than the picture has expected"), "{error}");
    }
    let cut = refused(&with([segment(0xA3, &[0]), vec![103 - 1, 7]].concat()));
    assert!(cut.contains("the rest of a number expected"), "{cut}");
    // Of a table with one code of one bit.
    let narrow = segment(0xA6, &[[0, 1].as_slice(), &[0; 15], &[181]].concat());
    let no_code = refused(&with([narrow, segment(0xA3, &[0]), vec![0xF0, 0, 0]].concat()));
    assert!(no_code.contains("a code of the block's Huffman table expected"), "{no_code}");
}

#[test]
fn a_stream_that_is_cut_anywhere_is_an_error() {
    let whole = Encoder::default().encode(24, 24, &ridges(24, 24));
    for length in 3..whole.len() - 2 {
        let error = FingerprintPicture::read(&whole[..length]).expect_err("cut");
        let named = matches!(
            error,
            PictureError::Truncated { format: Format::Wsq, .. }
                | PictureError::Damaged { format: Format::Wsq, .. }
        );
        assert!(named, "{length}: {error}");
    }
}
