//! Records of pictures, assembled byte by byte.

/// A picture of a finger in a record.
#[derive(Clone)]
pub struct Finger {
    pub position: u8,
    pub impression: u8,
    pub quality: u8,
    pub width: u16,
    pub height: u16,
    pub payload: Vec<u8>,
}

/// ISO/IEC 19794-4:2005 at a resolution in dots per inch; each picture of another finger.
pub fn fir_2005(dpi: u16, compression: u8, fingers: &[Finger]) -> Vec<u8> {
    let mut views = Vec::new();
    for finger in fingers {
        views.extend((14 + finger.payload.len() as u32).to_be_bytes());
        views.extend([finger.position, 1, 1, finger.quality, finger.impression]);
        views.extend([finger.width.to_be_bytes(), finger.height.to_be_bytes()].concat());
        views.push(0);
        views.extend(&finger.payload);
    }
    let mut record = b"FIR\x00010\0\0\0".to_vec();
    record.extend((32 + views.len() as u32).to_be_bytes());
    record.extend([0, 9, 0, 31, fingers.len() as u8, 1]);
    for _ in 0..4 {
        record.extend(dpi.to_be_bytes());
    }
    record.extend([8, compression, 0, 0]);
    [record, views].concat()
}

/// Time, technology, vendor, device, and one quality.
fn capture(quality: u8) -> Vec<u8> {
    let mut bytes = vec![0x07, 0xEA, 11, 27, 9, 8, 7, 0, 0, 2, 0x12, 0x34, 0x56, 0x78];
    bytes.extend([1, quality, 0, 1, 0, 2]);
    bytes
}

/// ISO/IEC 19794-4:2011 at a resolution in pixels per centimetre.
pub fn fir_2011(per_centimetre: u16, compression: u8, fingers: &[Finger]) -> Vec<u8> {
    let mut all = Vec::new();
    for finger in fingers {
        let mut body = capture(finger.quality);
        body.extend([finger.position, 0, 2]);
        for _ in 0..4 {
            body.extend(per_centimetre.to_be_bytes());
        }
        body.extend([8, compression, finger.impression]);
        body.extend([finger.width.to_be_bytes(), finger.height.to_be_bytes()].concat());
        body.extend((finger.payload.len() as u32).to_be_bytes());
        body.extend(&finger.payload);
        all.extend((body.len() as u32 + 4).to_be_bytes());
        all.extend(body);
    }
    let mut record = b"FIR\x00020\0".to_vec();
    record.extend((16 + all.len() as u32).to_be_bytes());
    record.extend((fingers.len() as u16).to_be_bytes());
    record.extend([0, fingers.len() as u8]);
    [record, all].concat()
}

/// ISO/IEC 19794-5:2005 with two feature points in each face.
pub fn fac_2005(payloads: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::new();
    for payload in payloads {
        all.extend((20 + 16 + 12 + payload.len() as u32).to_be_bytes());
        all.extend([0, 2]);
        all.extend([0; 14]);
        all.extend([1; 16]);
        // Type, data type, width, height, colours, source, device, quality.
        all.extend([1, 0, 0, 6, 0, 5, 1, 2, 0x56, 0x78, 0, 64]);
        all.extend(*payload);
    }
    let mut record = b"FAC\x00010\0".to_vec();
    record.extend((14 + all.len() as u32).to_be_bytes());
    record.extend((payloads.len() as u16).to_be_bytes());
    [record, all].concat()
}

/// ISO/IEC 19794-5:2011 with one feature point in each face.
pub fn fac_2011(payloads: &[&[u8]]) -> Vec<u8> {
    let mut all = Vec::new();
    for payload in payloads {
        let mut body = capture(81);
        body.extend([0, 1]);
        body.extend([0; 15]);
        body.extend([1; 8]);
        body.extend([1, 1, 0, 6, 0, 5, 0, 0, 0, 0, 1]);
        body.extend((payload.len() as u32).to_be_bytes());
        body.extend(*payload);
        all.extend((body.len() as u32 + 4).to_be_bytes());
        all.extend(body);
    }
    let mut record = b"FAC\x00030\0".to_vec();
    record.extend((17 + all.len() as u32).to_be_bytes());
    record.extend((payloads.len() as u16).to_be_bytes());
    record.extend([0, 0, 0]);
    [record, all].concat()
}

/// A tagged logical record with its length in front: `fields` are numbers and values, the last one is the image.
pub fn tagged(kind: u16, fields: &[(u16, &[u8])]) -> Vec<u8> {
    let body: Vec<Vec<u8>> = fields
        .iter()
        .map(|(number, value)| [format!("{kind}.{number:03}:").as_bytes(), value].concat())
        .collect();
    let body = body.join(&0x1D);
    // The length counts its own digits in.
    let around = format!("{kind}.001:").len() + 1 + body.len() + 1;
    let length =
        (1..8).map(|digits| around + digits).find(|length| length.to_string().len() + around == *length);
    [format!("{kind}.001:{}", length.unwrap()).as_bytes(), &[0x1D], &body, &[0x1C]].concat()
}

/// A transaction: its Type-1 record, and others with their types.
pub fn transaction(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut contents = format!("1\x1F{}", records.len());
    for (number, (kind, _)) in records.iter().enumerate() {
        contents += &format!("\x1E{kind}\x1F{number:02}");
    }
    let first = tagged(1, &[(2, b"0300"), (3, contents.as_bytes()), (11, b"39.37"), (12, b"39.37")]);
    [first, records.iter().flat_map(|(_, record)| record.clone()).collect()].concat()
}

/// A record of type 4.
pub fn type_4(position: u8, is_native: u8, width: u16, height: u16, payload: &[u8]) -> Vec<u8> {
    let mut record = (18 + payload.len() as u32).to_be_bytes().to_vec();
    record.extend([1, 1, position, 255, 255, 255, 255, 255, is_native]);
    record.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    record.push(1);
    record.extend(payload);
    record
}

/// A BER-TLV object.
pub fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    [tag, &[0x83], &(value.len() as u32).to_be_bytes()[1..], value].concat()
}
