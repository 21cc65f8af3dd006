//! ANSI/NIST-ITL transactions and SourceAFIS templates, put together by hand.

/// A tagged record: fields from the second on, each with its number. The length is counted.
pub(crate) fn tagged(kind: u8, fields: &[(u16, &str)]) -> Vec<u8> {
    let fields: Vec<String> =
        fields.iter().map(|(number, value)| format!("{kind}.{number:03}:{value}")).collect();
    let body = format!("{}\x1C", fields.join("\x1D"));
    let mut length = body.len();
    loop {
        let head = format!("{kind}.001:{length}\x1D");
        if head.len() + body.len() == length {
            return (head + &body).into_bytes();
        }
        length = head.len() + body.len();
    }
}

/// The Type-1 record of a transaction with records of these types after it.
pub(crate) fn type_1(kinds: &[u8]) -> Vec<u8> {
    let mut contents = format!("1\x1F{}", kinds.len());
    for (idc, kind) in kinds.iter().enumerate() {
        contents += &format!("\x1E{kind}\x1F{idc:02}");
    }
    tagged(1, &[(2, "0500"), (3, &contents), (11, "19.69")])
}

/// Fields of a Type-9 record with standard fields: right index, two cores, a delta, three minutiae.
pub(crate) const STANDARD: &[(u16, &str)] = &[
    (2, "01"),
    (3, "1"),
    (4, "S"),
    (5, "EXAMPLE\x1FA"),
    (6, "02"),
    (7, "T\x1FLS"),
    (8, "10002000\x1E10002100"),
    (9, "05000500"),
    (10, "3"),
    (11, "1"),
    (
        12,
        "001\x1F00000000000\x1F00\x1FD\x1F002,04\x1F255,15\x1E002\x1F10003998270\x1F02\x1FA\x1E003\x1F25003000090\x1F63\x1FB\x1F001,07",
    ),
];

/// Type-14 without pixels: 600 by 800 at 200 pixels per centimetre, 30 by 40 millimetres.
pub(crate) fn type_14() -> Vec<u8> {
    tagged(
        14,
        &[(2, "01"), (3, "1"), (6, "600"), (7, "800"), (8, "2"), (9, "200"), (10, "200"), (11, "NONE")],
    )
}

/// A transaction with standard fields and the picture's size.
pub(crate) fn standard_transaction() -> Vec<u8> {
    [type_1(&[14, 9]), type_14(), tagged(9, STANDARD)].concat()
}

/// Fields of a Type-9 record with INCITS 378 fields: left index, view 1, two minutiae.
pub(crate) const M1: &[(u16, &str)] = &[
    (2, "01"),
    (3, "0"),
    (4, "U"),
    (126, "27\x1F513\x1F0"),
    (127, "NONE\x1F0\x1F0"),
    (128, "300"),
    (129, "400"),
    (130, "2"),
    (131, "197"),
    (132, "197"),
    (133, "1"),
    (134, "7"),
    (135, "80\x1F0000\x1F0000"),
    (136, "2"),
    (137, "1\x1F100\x1F14\x1F45\x1F1\x1F90\x1E2\x1F299\x1F399\x1F179\x1F2\x1F0"),
    (138, "1\x1F0\x1F0\x1E1\x1F2\x1F3"),
    (139, "150\x1F160\x1F45"),
    (140, "20\x1F30\x1F10"),
    (141, "70\x1F130"),
];

/// A transaction with INCITS 378 fields, no picture.
pub(crate) fn m1_transaction() -> Vec<u8> {
    [type_1(&[9]), tagged(9, M1)].concat()
}

/// A SourceAFIS template as its Java version writes it: an open map, arrays with lengths.
pub(crate) fn sourceafis() -> Vec<u8> {
    [
        &[0xBF][..],
        &[0x67],
        b"version",
        &[0x6B],
        b"3.18.1-java",
        &[0x65],
        b"width",
        &[0x19, 0x01, 0x2C], // 300
        &[0x66],
        b"height",
        &[0x19, 0x01, 0x90], // 400
        &[0x6A],
        b"positionsX",
        &[0x82, 0x18, 100, 0x19, 0x01, 0x2B], // 100, 299
        &[0x6A],
        b"positionsY",
        &[0x82, 0x0E, 0x19, 0x01, 0x8F], // 14, 399
        &[0x6A],
        b"directions",
        &[0x82, 0xFA, 0x3F, 0xC9, 0x0F, 0xDB, 0xFA, 0, 0, 0, 0], // a quarter of a turn, 0
        &[0x65],
        b"types",
        &[0x62],
        b"EB",
        &[0xFF],
    ]
    .concat()
}

/// The same as its .NET version may write it: a counted map in another order, open arrays, half floats,
/// an unknown key.
pub(crate) fn sourceafis_counted() -> Vec<u8> {
    [
        &[0xA8][..],
        &[0x65],
        b"types",
        &[0x62],
        b"EB",
        &[0x65],
        b"extra",
        &[0xA1, 0x61, b'a', 0x82, 0x01, 0xF6],
        &[0x6A],
        b"directions",
        &[0x9F, 0xFA, 0x3F, 0xC9, 0x0F, 0xDB, 0xF9, 0, 0, 0xFF],
        &[0x6A],
        b"positionsY",
        &[0x9F, 0x0E, 0x19, 0x01, 0x8F, 0xFF],
        &[0x6A],
        b"positionsX",
        &[0x9F, 0x18, 100, 0x19, 0x01, 0x2B, 0xFF],
        &[0x66],
        b"height",
        &[0x19, 0x01, 0x90],
        &[0x65],
        b"width",
        &[0x19, 0x01, 0x2C],
        &[0x67],
        b"version",
        &[0x7F, 0x63, b'3', b'.', b'1', 0x62, b'8', b'n', 0xFF], // text in pieces
    ]
    .concat()
}
