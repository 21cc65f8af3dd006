//! Records of pictures inside wrappers, and what is no picture.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use biomatch::picture::{FingerprintPicture, PictureError, Portrait, describe};
use biomatch::template::{Appearance, FingerprintRecord, FingerprintTemplate, Modality, Wrapper};
use image::ImageFormat;

use crate::files::{colours, file, grey};
use crate::record_builders::*;

fn fir() -> Vec<u8> {
    let payload = grey(24, 20).into_bytes();
    fir_2011(197, 0, &[Finger { position: 3, impression: 0, quality: 50, width: 24, height: 20, payload }])
}

fn fac() -> Vec<u8> {
    fac_2005(&[&file(&colours(6, 5), ImageFormat::Png)])
}

fn templates(records: &[Vec<u8>]) -> Vec<u8> {
    let inside = records.iter().map(|record| {
        let header = object(&[0xA1], &[0x80, 2, 1, 1]);
        object(&[0x7F, 0x60], &[header, object(&[0x5F, 0x2E], record)].concat())
    });
    let count = vec![2, 1, records.len() as u8];
    object(&[0x7F, 0x61], &[count, inside.flatten().collect()].concat())
}

#[test]
fn data_groups_of_passports_are_opened() {
    let group_2 = object(&[0x75], &templates(&[fac()]));
    let portrait = Portrait::read(&group_2).unwrap();
    assert_eq!(portrait.pixels(), colours(6, 5).as_bytes());
    assert_eq!(portrait.source().unwrap().wrappers, [Wrapper::InformationTemplates { passed_over: 0 }]);
    let source = portrait.source().unwrap();
    let png = file(&colours(6, 5), ImageFormat::Png);
    assert_eq!(&group_2[source.offset..source.offset + source.length], png, "where it is in the input");
    let group_3 = object(&[0x63], &templates(&[fir(), fir()]));
    assert_eq!(FingerprintPicture::read_all(&group_3).unwrap().len(), 2);
    let error = Portrait::read(&group_3).unwrap_err();
    assert_eq!(error, PictureError::NoPicture { wanted: Modality::Face, passed_over: 2 });
    // A record of minutiae beside a picture is passed over, and alone it is named.
    let template = FingerprintTemplate::default().with_frame(biomatch::template::Frame::new(
        300,
        300,
        biomatch::units::Resolution::DPI_500,
    ));
    let minutiae = FingerprintRecord::new(vec![template]).write_iso2005().unwrap();
    let mixed = object(&[0x63], &templates(&[minutiae.clone(), fir()]));
    assert_eq!(FingerprintPicture::read(&mixed).unwrap().width(), 24);
    let alone = FingerprintPicture::read(&object(&[0x63], &templates(&[minutiae]))).unwrap_err();
    assert!(alone.to_string().ends_with("the input is a fingerprint minutiae record"), "{alone}");
}

#[test]
fn records_in_text_are_decoded() {
    for text in [hex::encode(fir()), STANDARD.encode(fir()), URL_SAFE_NO_PAD.encode(fir())] {
        let picture = FingerprintPicture::read(text.as_bytes()).unwrap();
        assert!(picture.source().unwrap().wrappers[0].is_text());
        assert_eq!(picture.pixels(), grey(24, 20).as_bytes());
    }
    let png = file(&colours(6, 5), ImageFormat::Png);
    let url = format!("data:image/png;base64,{}", STANDARD.encode(&png));
    assert_eq!(Portrait::read(url.as_bytes()).unwrap().pixels(), colours(6, 5).as_bytes());
}

fn cbeff(blocks: &[&[u8]]) -> String {
    let blocks = blocks.iter().map(|block| {
        let text = URL_SAFE_NO_PAD.encode(block);
        format!("<BIR><BDBInfo><Subtype>Left IndexFinger</Subtype></BDBInfo><BDB>{text}\n</BDB></BIR>")
    });
    let blocks: String = blocks.collect();
    format!(
        "<?xml version=\"1.0\"?>\n<BIR xmlns=\"http://standards.iso.org/iso-iec/19785/-3/ed-2/\">{blocks}</BIR>"
    )
}

#[test]
fn structures_in_xml_give_the_records_in_them() {
    let iris = b"IIR\x00020\0and so on".as_slice();
    let xml = cbeff(&[&fir(), &fac(), iris, &fir()]);
    let fingers = FingerprintPicture::read_all(xml.as_bytes()).unwrap();
    assert_eq!(fingers.len(), 2);
    assert_eq!(fingers[0].source().unwrap().wrappers, [Wrapper::CbeffXml]);
    assert_eq!(Portrait::read(xml.as_bytes()).unwrap().width(), 6);
    assert_eq!(describe(xml.as_bytes()).unwrap().len(), 3);
    let prefixed = xml
        .replace("<BDB>", "<!-- <BDB>AAAA</BDB> --><x:BDB encoding='base64'>")
        .replace("</BDB>", "</x:BDB>");
    assert_eq!(FingerprintPicture::read_all(prefixed.as_bytes()).unwrap().len(), 2);
    let bad = xml.replacen("</BDB>", "*</BDB>", 1);
    let error = Portrait::read(bad.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("a character of one base64 alphabet expected"), "{error}");
    let only_iris = Portrait::read(cbeff(&[iris]).as_bytes()).unwrap_err();
    assert!(only_iris.to_string().contains("looks like an iris image record"), "{only_iris}");
}

#[test]
fn what_is_no_picture_is_named() {
    for (bytes, expected) in [
        (&b""[..], Appearance::Empty),
        (b"IIR\x00020\0", Appearance::IrisImages),
        (b"\x65\x03\x80\x01\x00", Appearance::Iso39794Images),
        (b"<f xmlns=\"http://standards.iso.org/iso-iec/39794/-5\"/>", Appearance::Iso39794ImagesXml),
        (b"<html></html>", Appearance::Xml),
        (b"nonsense", Appearance::Text),
        (b"\x01\x02\x03\xFE", Appearance::Unknown),
    ] {
        assert_eq!(Portrait::read(bytes), Err(PictureError::NotAPicture(expected)));
    }
    let unknown = Portrait::read(b"\x01\x02\x03\xFE").unwrap_err().to_string();
    assert_eq!(unknown, "not a picture: the input begins like no format of pictures or records that is read");
    let inside = object(&[0x75], &templates(&[b"\x65\x03\x80\x01\x00".to_vec()]));
    let error = Portrait::read(&inside).unwrap_err().to_string();
    assert!(
        error.contains("looks like an ISO/IEC 39794 image record in tagged binary, which is not read"),
        "{error}"
    );
}

#[test]
fn wrappers_in_one_another_are_bounded() {
    let mut nested = fir();
    for _ in 0..12 {
        nested = object(&[0x7F, 0x60], &object(&[0x5F, 0x2E], &nested));
    }
    assert!(FingerprintPicture::read(&nested).is_err());
    let mut text = fir();
    for _ in 0..4 {
        text = STANDARD.encode(&text).into_bytes();
    }
    // Text that encodes text is not known by its first bytes.
    assert!(matches!(FingerprintPicture::read(&text), Err(PictureError::NotAPicture(_))));
}

#[test]
fn where_a_record_is_expected_a_picture_is_still_named() {
    let png = file(&grey(24, 20), ImageFormat::Png);
    let error = FingerprintRecord::read(&png, biomatch::template::Reading::Lenient).unwrap_err();
    assert_eq!(error, biomatch::template::RecordError::NotARecord(Appearance::Picture));
    let error = FingerprintRecord::read(&fir(), biomatch::template::Reading::Lenient).unwrap_err();
    assert_eq!(error, biomatch::template::RecordError::NotARecord(Appearance::FingerImages));
}
