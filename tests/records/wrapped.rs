//! Records as text and inside card objects: the same record, and a note of what it was in.

use crate::records_common::wrapped::*;
use crate::records_common::*;
use biomatch::template::{
    Appearance, Dialect, Finger, FingerPosition, FingerprintRecord, Flaw, Frame, MinutiaKind, Reading,
    RecordError, TextForm, Warning, Wrapper, XytConvention,
};
use biomatch::units::Resolution;

#[track_caller]
fn strict(bytes: &[u8]) -> FingerprintRecord {
    FingerprintRecord::read(bytes, Reading::Strict).unwrap()
}

fn error(bytes: &[u8]) -> String {
    FingerprintRecord::read(bytes, Reading::Lenient).unwrap_err().to_string()
}

/// The same record but for what it was wrapped in.
#[track_caller]
fn assert_same(bytes: &[u8], record: &[u8], wrappers: &[Wrapper]) {
    let found = strict(bytes);
    assert_eq!(found.wrappers, wrappers);
    assert_eq!(FingerprintRecord { wrappers: Vec::new(), ..found }, strict(record));
}

/// A text broken into lines.
fn lines(text: &str, length: usize, end: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(end) + end
}

#[test]
fn hexadecimal_text_is_the_record() {
    for (_, _, record) in all() {
        let text = hexadecimal(&record);
        let spaced: Vec<String> = record.iter().map(|byte| format!("{byte:02X}")).collect();
        for text in [
            text.clone(),
            text.to_uppercase(),
            format!("0x{text}"),
            format!("0X{}\n", text.to_uppercase()),
            format!("\\x{text}"),
            format!("  \t\r\n{text}\r\n\r\n"),
            lines(&text, 64, "\r\n"),
            lines(&text, 7, "\n"),
            spaced.join(" "),
            format!("\u{FEFF}{text}"),
        ] {
            assert_same(text.as_bytes(), &record, &[Wrapper::Hexadecimal]);
        }
    }
}

#[test]
fn base64_text_is_the_record() {
    let mut alphabets = 0;
    for (_, _, record) in all() {
        let (plain, url) = (base64(&record, ['+', '/']), base64(&record, ['-', '_']));
        alphabets += usize::from(plain != url);
        for text in [plain, url] {
            for text in [
                text.clone(),
                text.trim_end_matches('=').to_owned(),
                format!("data:application/octet-stream;base64,{text}"),
                format!("DATA:;Base64,\r\n{}", text.trim_end_matches('=')),
                format!("\n {text}\n"),
                lines(&text, 76, "\r\n"),
                lines(&text, 5, "\n\t"),
            ] {
                assert_same(text.as_bytes(), &record, &[Wrapper::Base64]);
            }
        }
    }
    assert!(alphabets > 0, "no record whose text tells the alphabets apart");
}

#[test]
fn text_of_text_is_read_up_to_a_bound() {
    let record = iso2005();
    let twice = base64(hexadecimal(&record).as_bytes(), ['+', '/']);
    // Text of text does not begin like a record, so nothing says that it is one.
    assert_eq!(
        FingerprintRecord::read(twice.as_bytes(), Reading::Lenient),
        Err(RecordError::NotARecord(Appearance::Encoded(TextForm::Base64)))
    );
}

#[test]
fn broken_text_names_the_place() {
    let text = hexadecimal(&iso2005());
    let unexpected = |offset, field, expected| Err(RecordError::Unexpected { offset, field, expected });
    let read = |text: &str| FingerprintRecord::read(text.as_bytes(), Reading::Lenient);
    let (before, after) = text.split_at(60);
    assert_eq!(
        read(&format!(" 0x{before}g{after}")),
        unexpected(63, "hexadecimal text", "a hexadecimal digit")
    );
    assert_eq!(
        read(&format!("{text}\n0\n")),
        unexpected(text.len() + 2, "hexadecimal text", "an even number of digits")
    );
    let text = base64(&iso2005(), ['+', '/']);
    let (before, after) = text.split_at(60);
    let expected = "a character of one base64 alphabet";
    assert_eq!(read(&format!("{before}\n*{after}")), unexpected(61, "base64 text", expected));
    // With a character of the URL alphabet, the first one of the other is wrong.
    let first = text.find(['+', '/']).unwrap();
    assert_eq!(read(&format!("{before}-{after}")), unexpected(first, "base64 text", expected));
    assert_eq!(read(&format!("{before}=={after}")), unexpected(60, "base64 text", expected));
    // A record that is cut inside the text is a record that is cut, at a byte of the record.
    let cut = hexadecimal(&iso2005()[..40]);
    assert_eq!(
        error(cut.as_bytes()),
        "in hexadecimal text: byte 28: the input ends inside minutiae: 18 bytes expected, 12 left"
    );
    let images = base64(b"FIR\x00020\0 and so on", ['+', '/']);
    assert_eq!(
        error(images.as_bytes()),
        "in base64 text: not a fingerprint minutiae record: the input looks like a finger image record \
         (FIR); extract minutiae first"
    );
}

/// What is .xyt or CSV is never taken for text of a record, whatever its numbers are.
#[test]
fn lines_of_numbers_are_no_text_of_a_record() {
    let frame = Frame::new(2000, 2000, Resolution::DPI_500);
    for text in [
        "100 300 270 98\n0 1 0 0\n",
        "46 4 52\n00 20 32\n",
        "464 452 002\n",
        "53 82 01\n",
        "7 61 2\n",
        "10 20 30",
        "1 2 3\r\n4 5 6\r\n",
    ] {
        assert_eq!(
            FingerprintRecord::read(text.as_bytes(), Reading::Lenient),
            Err(RecordError::NotARecord(Appearance::NumbersInText)),
            "{text}"
        );
        let xyt = FingerprintRecord::read_xyt(text.as_bytes(), XytConvention::M1, frame, Reading::Lenient);
        assert_eq!(xyt.unwrap().wrappers, []);
    }
    for text in ["x,y,angle_degrees\n1,2,3\n", "x,y,angle_degrees,quality,type\n46,4,52,00,ending\n"] {
        assert_eq!(
            FingerprintRecord::read(text.as_bytes(), Reading::Lenient),
            Err(RecordError::NotARecord(Appearance::NumbersInText))
        );
        assert_eq!(
            FingerprintRecord::read_csv(text.as_bytes(), frame, Reading::Lenient).unwrap().wrappers,
            []
        );
    }
}

#[test]
fn a_piv_object_holds_a_signed_record() {
    let signed = Wrapper::CbeffStructure { signature: 40 };
    assert_same(&piv(), &ansi2004(), &[Wrapper::PivObject, signed]);
    assert_eq!(signed.to_string(), "CBEFF structure, its signature of 40 bytes not checked");
    // The field alone, the structure alone, as text, without a signature.
    let structure = cbeff(&ansi2004(), &[0x30; 40]);
    assert_same(&tlv(&[0xBC], &structure), &ansi2004(), &[Wrapper::PivObject, signed]);
    assert_same(
        &[tlv(&[0xBC], &structure), vec![0xFE, 0]].concat(),
        &ansi2004(),
        &[Wrapper::PivObject, signed],
    );
    assert_same(&structure, &ansi2004(), &[signed]);
    let text = base64(&piv(), ['-', '_']);
    assert_same(text.as_bytes(), &ansi2004(), &[Wrapper::Base64, Wrapper::PivObject, signed]);
    assert_same(
        hexadecimal(&piv()).as_bytes(),
        &ansi2004(),
        &[Wrapper::Hexadecimal, Wrapper::PivObject, signed],
    );
    assert_same(&cbeff(&ansi2004(), &[]), &ansi2004(), &[Wrapper::CbeffStructure { signature: 0 }]);
}

#[test]
fn flaws_of_a_wrapper_and_inside_it_are_at_their_bytes() {
    let lenient = |bytes: &[u8]| FingerprintRecord::read(bytes, Reading::Lenient).unwrap();
    // The record's length field is 88 bytes of header and the objects' heads further on.
    let mut bytes = piv();
    let at = bytes.windows(4).position(|window| window == b"FMR\0").unwrap();
    assert_eq!(at, 3 + 3 + 88);
    bytes[at + 9] -= 1;
    let flaw = Flaw::Length { declared: 66, found: 67 };
    assert_eq!(lenient(&bytes).warnings, [Warning { offset: at + 8, flaw: flaw.clone() }]);
    let malformed = RecordError::Malformed { offset: at + 8, flaw };
    let inside = RecordError::Wrapped {
        wrapper: Wrapper::CbeffStructure { signature: 40 },
        error: Box::new(malformed),
    };
    let whole = RecordError::Wrapped { wrapper: Wrapper::PivObject, error: Box::new(inside) };
    assert_eq!(FingerprintRecord::read(&bytes, Reading::Strict), Err(whole));

    // A signature that is cut leaves the record whole; each length that is too long is told.
    let bytes = piv();
    let cut = lenient(&bytes[..bytes.len() - 10]);
    assert_eq!(cut.warnings.iter().map(|w| w.offset).collect::<Vec<_>>(), [0, 3, 8]);
    assert_eq!(cut.views, strict(&ansi2004()).views);
    // The status bytes of a card's answer.
    let longer = [piv(), vec![0x90, 0]].concat();
    assert_eq!(
        lenient(&longer).warnings,
        [Warning { offset: piv().len(), flaw: Flaw::TrailingBytes { count: 2 } }]
    );
    let version = |bytes: &mut Vec<u8>| bytes[at + 5] = b'9';
    let mut bytes = piv();
    version(&mut bytes);
    assert_eq!(
        error(&bytes),
        "in PIV data object: in CBEFF structure, its signature of 40 bytes not checked: byte 98: version \
         \" 90\\x00\", expected \" 20\", \"030\" or \"035\" and a zero byte"
    );
}

#[test]
fn encrypted_records_and_pictures_are_named() {
    let mut encrypted = cbeff(&ansi2004(), &[]);
    encrypted[1] = 0x0F;
    assert_eq!(error(&encrypted), "byte 1: security options: a record that is not encrypted expected");
    assert!(error(&cbeff(b"FAC\x00030\0", &[])).ends_with("looks like a face image record (FAC)"));
    let pictures = template(0x05, 7, &tlv(&[0x5F, 0x2E], b"FIR\x00010\0"));
    assert_eq!(
        error(&tlv(&[0x63], &group(std::slice::from_ref(&pictures)))),
        "in biometric information templates: not a fingerprint minutiae \
         record: the input looks like a finger image record (FIR); extract minutiae first"
    );
    // Beside minutiae they are passed over, and the record says so.
    let minutiae = template(0x06, 1, &tlv(&[0x5F, 0x2E], &iso2011_plain()));
    let record = strict(&group(&[pictures, minutiae]));
    assert_eq!(record.wrappers, [Wrapper::InformationTemplates { passed_over: 1 }]);
    assert_eq!(record.views.len(), 1);
    assert_eq!(record.views[0].position, FingerPosition::Known(Finger::LeftThumb));
    let iso39794 = template(0x05, 0x2B, &tlv(&[0x7F, 0x2E], &tlv(&[0xA1], &[0x62, 3, 0x80, 1, 0])));
    assert!(error(&iso39794).ends_with("looks like ISO/IEC 39794-2 in tagged binary, which is not read"));
}

#[test]
fn templates_of_a_passport_hold_several_fingers() {
    let record = strict(&data_group_3());
    assert_eq!(record.dialect, Dialect::Iso2011);
    assert_eq!(record.wrappers, [Wrapper::InformationTemplates { passed_over: 0 }]);
    let plain = strict(&iso2011_plain());
    assert_eq!(plain.views[0].position, FingerPosition::Unknown);
    assert_eq!(record.views.len(), 2);
    for (view, finger) in record.views.iter().zip([Finger::RightThumb, Finger::LeftIndex]) {
        assert_eq!(view.position, finger.into());
        assert_eq!(view.minutiae, plain.views[0].minutiae);
    }
    // A record that states a finger keeps it.
    let nested = strict(&nested_template());
    assert_eq!(nested.views, strict(&iso2005()).views);
    // Bare data, and a group in a group.
    assert_eq!(strict(&tlv(&[0x5F, 0x2E], &iso2005())).views.len(), 2);
    assert_eq!(strict(&group(&[nested_template(), nested_template()])).views.len(), 4);
    let mut wrong = group(&[nested_template()]);
    let count = wrong.windows(3).position(|window| window == [2, 1, 1]).unwrap();
    wrong[count + 2] = 2;
    let what = "biometric information templates";
    let flaw = Flaw::Count { what, declared: 2, found: 1 };
    let record = FingerprintRecord::read(&wrong, Reading::Lenient).unwrap();
    assert_eq!(record.warnings, [Warning { offset: count, flaw }]);
    let two = group(&[nested_template(), template(0x05, 1, &tlv(&[0x5F, 0x2E], &iso2011_plain()))]);
    let record = FingerprintRecord::read(&two, Reading::Lenient).unwrap();
    assert!(matches!(record.warnings[..], [Warning { flaw: Flaw::SeveralDialects { .. }, .. }]));
}

#[test]
fn every_subtype_is_a_finger() {
    let at = |subtype| {
        let record = strict(&template(subtype, 5, &tlv(&[0x7F, 0x2E], &tlv(&[0x81], &[1, 2, 3]))));
        record.views[0].position
    };
    let right = [0x05, 0x09, 0x0D, 0x11, 0x15];
    let left = [0x06, 0x0A, 0x0E, 0x12, 0x16];
    for (subtype, finger) in right.into_iter().chain(left).zip(Finger::ALL) {
        assert_eq!(at(subtype), finger.into());
    }
    for subtype in [0, 1, 2, 3, 4, 0x19, 0x07, 0xFF] {
        assert_eq!(at(subtype), FingerPosition::Unknown);
    }
}

#[test]
fn card_formats_are_read_where_the_header_states_them() {
    let record = strict(&compact_template());
    assert_eq!(record.dialect, Dialect::IsoCardCompact);
    let view = &record.views[0];
    assert_eq!(view.position, Finger::LeftMiddle.into());
    assert_eq!((view.minutiae[0].x.micrometres(), view.minutiae[0].y.micrometres()), (1_000, 2_000));
    assert_eq!(view.minutiae[0].kind(), MinutiaKind::Ending);
    assert_eq!(view.minutiae[0].angle.to_binary(), 16 << 10);
    assert_eq!(
        (view.minutiae[1].x.micrometres(), view.minutiae[1].kind()),
        (25_500, MinutiaKind::Bifurcation)
    );

    let normal = [0x40, 0x64, 0x00, 0xC8, 64];
    let record = strict(&template(0x05, 3, &tlv(&[0x7F, 0x2E], &tlv(&[0x90], &normal))));
    assert_eq!(record.dialect, Dialect::IsoCardNormal);
    assert_eq!(record.views[0].minutiae[0].y.micrometres(), 2_000);
    // Nothing is guessed: another format says nothing of the bytes.
    let unknown = template(0x05, 0x0102, &tlv(&[0x7F, 0x2E], &tlv(&[0x81], &normal)));
    assert!(error(&unknown).ends_with("take the minutiae out and read them as a card format"));
    // A template that says only how a card compares.
    let none = tlv(&[0x7F, 0x60], &tlv(&[0xB1], &[0x81, 2, 12, 64]));
    assert_eq!(
        error(&none),
        "byte 0: biometric information template: biometric data (5F2E or 7F2E) expected"
    );
}

#[test]
fn wrappers_in_one_another_are_bounded() {
    let mut bytes = tlv(&[0x5F, 0x2E], &iso2005());
    for _ in 0..8 {
        bytes = tlv(&[0x7F, 0x60], &bytes);
    }
    assert_eq!(strict(&bytes).views.len(), 2);
    for _ in 0..5_000 {
        bytes = tlv(&[0x7F, 0x60], &bytes);
        if bytes.len() > 60_000 {
            break;
        }
    }
    assert!(error(&bytes).contains("templates in one another: 8 at most expected"));
    let mut bytes = cbeff(&ansi2004(), &[]);
    for _ in 0..7 {
        bytes = cbeff(&bytes, &[]);
    }
    assert_eq!(strict(&bytes).wrappers.len(), 8);
    for _ in 0..500 {
        bytes = cbeff(&bytes, &[]);
    }
    assert!(error(&bytes).ends_with("wrappers in one another: 8 at most expected"), "{}", error(&bytes));
    // Lengths that no input has.
    for length in [&[0x80][..], &[0x84, 0xFF, 0xFF, 0xFF, 0xFF], &[0x85, 1, 0, 0, 0, 0], &[0xFF]] {
        assert!(FingerprintRecord::read(&[&[0x7F, 0x61], length].concat(), Reading::Lenient).is_err());
        assert!(FingerprintRecord::read(&[&[0x53], length, &[0xBC]].concat(), Reading::Lenient).is_err());
    }
    let many: Vec<u8> = (0..300).flat_map(|_| template(5, 5, &tlv(&[0x5F, 0x2E], &[1, 2, 3]))).collect();
    assert!(error(&tlv(&[0x7F, 0x61], &many)).ends_with("256 records at most expected"));
}

#[test]
fn no_damage_of_a_wrapper_panics() {
    for (_, bytes) in all_wrapped() {
        damage(&bytes);
    }
}
