//! Records in wrappers, put together by hand.

use super::{ansi2004, iso2005, iso2011_plain};

/// A BER-TLV data object.
pub(crate) fn tlv(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let length = match value.len() {
        short @ 0..=0x7F => vec![short as u8],
        long @ 0x80..=0xFF => vec![0x81, long as u8],
        long => vec![0x82, (long >> 8) as u8, long as u8],
    };
    [tag, &length, value].concat()
}

/// The CBEFF structure of SP 800-76 around a record, with a signature block of so many bytes.
pub(crate) fn cbeff(record: &[u8], signature: &[u8]) -> Vec<u8> {
    let header = [
        &[0x03, 0x0D][..],                                 // patron header version, signed
        &(record.len() as u32).to_be_bytes(),              // BDB length
        &(signature.len() as u16).to_be_bytes(),           // SB length
        &[0x00, 0x1B, 0x02, 0x01],                         // format owner M1, INCITS 378
        &[0x20, 0x09, 0x11, 0x13, 0x13, 0x01, 0x37, b'Z'], // creation date
        &[0x20, 0x09, 0x11, 0x13, 0x13, 0x01, 0x37, b'Z'], // valid from
        &[0x20, 0x29, 0x11, 0x13, 0x13, 0x01, 0x37, b'Z'], // to
        &[0, 0, 0x08, 0x80, 90],                           // fingerprint, processed, quality
        b"Example creator\0\0\0",                          // 18 bytes
        &[0x77; 25],                                       // FASC-N
        &[0; 4],
    ]
    .concat();
    assert_eq!(header.len(), 88);
    [&header, record, signature].concat()
}

/// A PIV card's answer to GET DATA for the fingers' container.
pub(crate) fn piv() -> Vec<u8> {
    let structure = cbeff(&ansi2004(), &[0x30; 40]);
    tlv(&[0x53], &[tlv(&[0xBC], &structure), vec![0xFE, 0]].concat())
}

/// A biometric information template: header with subtype, owner and format, and data.
pub(crate) fn template(subtype: u8, format: u16, data: &[u8]) -> Vec<u8> {
    let header = [
        tlv(&[0x80], &[1, 1]),
        tlv(&[0x81], &[8]),
        tlv(&[0x82], &[subtype]),
        tlv(&[0x87], &[0x01, 0x01]),
        tlv(&[0x88], &format.to_be_bytes()),
    ]
    .concat();
    tlv(&[0x7F, 0x60], &[tlv(&[0xA1], &header), data.to_vec()].concat())
}

/// A group of templates.
pub(crate) fn group(templates: &[Vec<u8>]) -> Vec<u8> {
    let count = tlv(&[0x02], &[templates.len() as u8]);
    tlv(&[0x7F, 0x61], &[count, templates.concat()].concat())
}

/// Data group 3 with two fingers: one record without a position, one with.
pub(crate) fn data_group_3() -> Vec<u8> {
    let thumb = template(0x05, 1, &tlv(&[0x5F, 0x2E], &iso2011_plain()));
    let index = template(0x0A, 1, &tlv(&[0x7F, 0x2E], &iso2011_plain()));
    tlv(&[0x63], &group(&[thumb, index]))
}

/// Two minutiae in the compact card format, of the left middle finger.
pub(crate) fn compact_template() -> Vec<u8> {
    let minutiae = [10, 20, 0x50, 255, 0, 0x8F];
    template(0x0E, 5, &tlv(&[0x7F, 0x2E], &tlv(&[0x81], &minutiae)))
}

/// A template inside a template, as ISO/IEC 7816-11 allows.
pub(crate) fn nested_template() -> Vec<u8> {
    let inner = template(0x09, 1, &tlv(&[0x5F, 0x2E], &iso2005()));
    tlv(&[0x7F, 0x60], &tlv(&[0xA1], &inner))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Base64 with the characters for 62 and 63 as given, padded.
pub(crate) fn base64(bytes: &[u8], last: [char; 2]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last).collect();
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let whole = group.iter().fold(0_u32, |whole, &byte| whole << 8 | u32::from(byte));
        let whole = whole << (8 * (3 - group.len()));
        for at in 0..4 {
            let digit = (whole >> (18 - 6 * at)) & 63;
            text.push(if at <= group.len() { alphabet[digit as usize] } else { '=' });
        }
    }
    text
}

/// Every wrapped record, with its name.
pub(crate) fn all_wrapped() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("piv", piv()),
        ("cbeff", cbeff(&ansi2004(), &[])),
        ("data_group_3", data_group_3()),
        ("compact_template", compact_template()),
        ("nested_template", nested_template()),
        ("hexadecimal", hexadecimal(&iso2005()).into_bytes()),
        ("base64", base64(&iso2005(), ['+', '/']).into_bytes()),
        ("base64_of_piv", base64(&piv(), ['-', '_']).into_bytes()),
    ]
}
