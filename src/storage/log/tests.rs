//! Logs written, cut, damaged, read and resumed.

use std::sync::Arc;

use std::path::Path;

use super::scan::Scan;
use super::*;
use crate::storage::files::Files;
use crate::storage::{Loss, Memory};

const ID: LogId = LogId { gallery: [7; 16], number: 3 };
const START: LogStart = LogStart { generation: 10, head: [5; 32] };

fn batch(generation: u64, records: &[u8]) -> Batch {
    let record = |&n: &u8| Record { kind: u32::from(n), body: vec![n; usize::from(n)] };
    Batch { generation, records: records.iter().map(record).collect(), payload: vec![9; generation as usize] }
}

/// A log of three batches: one, two and no records.
fn log() -> (Memory, Vec<u8>) {
    let memory = Memory::new();
    let files = Files::new(Arc::new(memory.clone()), false);
    let mut log = Log::create(&files, "log", ID, START).unwrap();
    for batch in [batch(11, &[1]), batch(12, &[2, 13]), batch(13, &[])] {
        log.append(&batch).unwrap();
    }
    let bytes = memory.files()["log"].clone();
    assert_eq!(log.end(), bytes.len() as u64);
    assert!(bytes.ends_with(log.last()));
    (memory, bytes)
}

fn read(bytes: &[u8]) -> Scan {
    scan(Path::new("log"), ID, &bytes[HEADER as usize..], HEADER, START)
}

#[test]
fn batches_come_back_and_are_chained() {
    let (_, bytes) = log();
    assert_eq!(check_header(Path::new("log"), ID, &bytes), Ok(START));
    assert!(check_header(Path::new("log"), LogId { number: 4, ..ID }, &bytes).is_err());
    let scan = read(&bytes);
    let batches: Vec<_> = scan.batches.iter().map(|read| read.batch.clone()).collect();
    assert_eq!(batches, [batch(11, &[1]), batch(12, &[2, 13]), batch(13, &[])]);
    assert_eq!((scan.end, scan.tail), (bytes.len() as u64, None));
    let mut head = START.head;
    for read in &scan.batches {
        head = read.batch.head(&head);
        assert_eq!(read.head, head);
    }
    // After another state the first batch is none.
    let other = LogStart { head: [6; 32], ..START };
    let scan = super::scan(Path::new("log"), ID, &bytes[HEADER as usize..], HEADER, other);
    assert!(scan.batches.is_empty() && scan.tail.is_some());
}

#[test]
fn every_cut_and_every_flip_gives_the_batches_before_it() {
    let (_, bytes) = log();
    let ends: Vec<usize> = read(&bytes).batches.iter().map(|batch| batch.end as usize).collect();
    for at in HEADER as usize..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        for (changed, what) in [(&bytes[..at], "cut"), (&flipped[..], "flip")] {
            let scan = read(changed);
            let whole = ends.iter().filter(|&&end| end <= at).count();
            assert_eq!(scan.batches.len(), whole, "{what} at {at}");
            let is_end = at == HEADER as usize || ends.contains(&at);
            assert_eq!(scan.tail.is_none(), what == "cut" && is_end);
        }
    }
    for at in 0..HEADER as usize {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(check_header(Path::new("log"), ID, &flipped).is_err(), "{at}");
    }
}

#[test]
fn garbage_behind_the_end_is_looked_at_once() {
    let (_, mut bytes) = log();
    let end = bytes.len() as u64;
    bytes.resize(bytes.len() + (16 << 20), 0xa5);
    let scan = read(&bytes);
    assert_eq!((scan.batches.len(), scan.end), (3, end));
    assert_eq!(scan.tail.map(|damage| damage.offset), Some(end));
}

#[test]
fn a_log_is_resumed_at_its_end() {
    let (memory, bytes) = log();
    let files = Files::new(Arc::new(memory.clone()), false);
    let scan = read(&bytes);
    let head = scan.batches.last().unwrap().head;
    let mut log = Log::resume(&files, "log", ID, (scan.end, head)).unwrap();
    assert!(bytes.ends_with(log.last()));
    log.append(&batch(14, &[5])).unwrap();
    let after = memory.files()["log"].clone();
    assert_eq!(after[..bytes.len()], bytes);
    assert_eq!(read(&after).batches.len(), 4);
    files.sync().unwrap();
    assert_eq!(memory.after_crash(Loss::Everything).files()["log"], after);
}
