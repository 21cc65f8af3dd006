//! The seed corpus of the record fuzz targets is what this file says: the records put together by
//! hand. `BIOMATCH_WRITE_SEEDS=1 cargo test --test records seeds::` writes it anew.

use std::fs;
use std::path::Path;

use crate::records_common::*;
use biomatch::template::Dialect;

fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, dialect, bytes) in all() {
        let target = match dialect {
            Dialect::Iso2005 => "record_iso2005",
            Dialect::Iso2011 => "record_iso2011",
            Dialect::Ansi2004 => "record_ansi2004",
            _ => "record_ansi2009",
        };
        seeds.push((target, name.to_owned(), bytes.clone()));
        seeds.push(("record", name.to_owned(), bytes));
    }
    seeds.push(("record_ansi2004", "six_byte_length".into(), ansi2004_six_byte_length()));
    let texts: [(&str, &str, &[u8]); 8] = [
        ("record_card", "compact", &[10, 20, 0x50, 255, 0, 0xBF, 1, 1, 0]),
        ("record_card", "normal", &[0x40, 0x64, 0x00, 0xC8, 64, 0x80, 0x10, 0x01, 0x00, 255]),
        ("record_xyt", "with_quality", b"100 300 270 98\n0 1 0 0\n"),
        ("record_xyt", "without_quality", b"12 34 56\n-1 399 179\n\n300 2 360\n"),
        ("record_csv", "all_columns", b"x,y,angle_degrees,quality,type\n100,0.5,90,98,ending\n1,1,-45.5,,\n"),
        ("record_csv", "three_columns", b"angle_degrees , y, x\r\n 90 , 0.5 , 100 \r\n"),
        ("record_csv", "rows", b"100,0.5,90,98,ending\n1,1,-45.5,,other\n3e2,-1,720,0,bifurcation\n"),
        ("record", "not_a_record", b"FIR\x00020\0"),
    ];
    for (name, bytes) in wrapped::all_wrapped() {
        let target =
            if name.contains("base64") || name == "hexadecimal" { "record_text" } else { "record_wrapped" };
        seeds.push((target, name.to_owned(), bytes.clone()));
        seeds.push(("record", name.to_owned(), bytes));
    }
    let m1_fields = text_records::M1.iter().map(|(number, value)| format!("9.{number}:{value}"));
    let m1_fields = m1_fields.collect::<Vec<_>>().join("~").replace('\x1F', "|").replace('\x1E', "^");
    for (target, name, bytes) in [
        ("record_ansi_nist", "standard", text_records::standard_transaction()),
        ("record_ansi_nist", "m1", text_records::m1_transaction()),
        ("record_ansi_nist", "m1_fields", m1_fields.into_bytes()),
        ("record_sourceafis", "open", text_records::sourceafis()),
        ("record_sourceafis", "counted", text_records::sourceafis_counted()),
        ("record", "ansi_nist", text_records::standard_transaction()),
        ("record", "sourceafis", text_records::sourceafis()),
    ] {
        seeds.push((target, name.to_owned(), bytes));
    }
    for (target, name, bytes) in texts {
        seeds.push((target, name.to_owned(), bytes.to_vec()));
    }
    seeds
}

#[test]
fn the_seed_corpus_is_made_of_the_known_records() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (target, name, bytes) in seeds() {
        let path = root.join(target).join(name);
        if std::env::var_os("BIOMATCH_WRITE_SEEDS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).is_ok_and(|found| found == bytes), "{} is not up to date", path.display());
    }
}
