//! Batches that are appended to a log.

use super::Files;
use super::bytes::{put, u32_at, u64_at};
use super::reseal::reseal_witness;
use super::samples::name;

/// A frame of the log.
fn frame(log: &mut Vec<u8>, (kind, generation): (u32, u64), body: &[u8]) {
    let (gallery, number) = (log[24..40].to_vec(), log[40..48].to_vec());
    let mut head = Vec::new();
    head.extend_from_slice(&(body.len() as u32).to_le_bytes());
    head.extend_from_slice(&kind.to_le_bytes());
    head.extend_from_slice(&generation.to_le_bytes());
    head.extend_from_slice(&(log.len() as u64).to_le_bytes());
    head.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&gallery);
    crc.update(&number);
    crc.update(&head);
    log.extend_from_slice(&head);
    log.extend_from_slice(&crc.finalize().to_le_bytes());
    log.extend_from_slice(body);
    log.resize(log.len().next_multiple_of(8), 0);
}

/// Batches that the fuzzer owns: for each record a byte of kind (high bit: end of the batch), two of length, the
/// body. Gives what is left over.
fn batches(mut input: &[u8], mut batch: impl FnMut(&[(u32, &[u8])])) -> &[u8] {
    let mut records = Vec::new();
    while let [kind, low, high, rest @ ..] = input {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let Some((body, rest)) = rest.split_at_checked(length) else { break };
        input = rest;
        records.push((u32::from(kind & 0x7f), body));
        if kind & 0x80 != 0 {
            batch(&records);
            records.clear();
        }
    }
    input
}

/// Appends batches to a log of version 3, and what is left over as it is. The witness covers them if it is to.
pub(super) fn append_batches(files: &mut Files, input: &[u8], covered: bool) {
    let mut witness = files["WITNESS"].clone();
    let slot = if u64_at(&witness, 40) > u64_at(&witness, 4096 + 40) { 0 } else { 4096 };
    let mut generation = u64_at(&witness, slot + 56).expect("a witness");
    let mut before = witness[slot + 80..slot + 112].to_vec();
    let log_name = name(files, "wal-");
    let log = files.get_mut(&log_name).expect("the log");
    let rest = batches(input, |records| {
        generation += 1;
        let mut head = blake3::Hasher::new();
        head.update(&before).update(&generation.to_le_bytes());
        head.update(&(records.len() as u64).to_le_bytes());
        for (kind, body) in records {
            head.update(&kind.to_le_bytes()).update(&(body.len() as u64).to_le_bytes()).update(body);
            frame(log, (*kind, generation), body);
        }
        before = head.finalize().as_bytes().to_vec();
        let mut commit = (records.len() as u64).to_le_bytes().to_vec();
        commit.extend_from_slice(&before);
        frame(log, (0xffff_fffe, generation), &commit);
    });
    if covered {
        put(&mut witness, slot + 56, &generation.to_le_bytes());
        put(&mut witness, slot + 72, &(log.len() as u64).to_le_bytes());
        put(&mut witness, slot + 80, &before);
        reseal_witness(&mut witness);
    }
    log.extend_from_slice(rest);
    files.insert("WITNESS".into(), witness);
}

/// The same to a log of versions 1 and 2, with seals. The last batch of what is there may have none yet.
pub(super) fn append_sealed(files: &mut Files, input: &[u8]) {
    let log_name = name(files, "wal-");
    let log = files.get_mut(&log_name).expect("the log");
    let (mut generation, mut at, mut sealed) = (u64_at(log, 48).expect("a log"), 64, true);
    while let (Some(length), Some(kind)) = (u32_at(log, at), u32_at(log, at + 4)) {
        at += 32 + (length as usize).next_multiple_of(8);
        generation += u64::from(kind == 0xffff_fffe);
        sealed = kind != 0xffff_fffe && (kind == 0xffff_ffff || sealed);
    }
    if !sealed {
        frame(log, (0xffff_ffff, generation), &[]);
    }
    let rest = batches(input, |records| {
        generation += 1;
        records.iter().for_each(|(kind, body)| frame(log, (*kind, generation), body));
        frame(log, (0xffff_fffe, generation), &(records.len() as u64).to_le_bytes());
        frame(log, (0xffff_ffff, generation), &[]);
    });
    log.extend_from_slice(rest);
}
