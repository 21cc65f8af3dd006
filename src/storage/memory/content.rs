//! What a simulated disk holds: synced and unsynced bytes, and what a crash makes of them.

use std::collections::{BTreeMap, BTreeSet};

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::Rng as _;

/// A file: what a process sees of it, and what is on the disk.
#[derive(Clone, Default)]
pub(super) struct Node {
    pub(super) bytes: Vec<u8>,
    pub(super) durable: Vec<u8>,
    /// Sectors whose write-back failed: the cache takes them for written, the disk does not have them.
    pub(super) lost: BTreeSet<usize>,
}

/// Bytes that a device writes as a whole.
const SECTOR: usize = 512;

/// A change of names that is not synchronised yet.
#[derive(Clone)]
pub(super) enum Change {
    Create(String, usize),
    Rename(String, String),
    Remove(String),
}

/// The synced bytes; of those written since each sector by itself: there, or not, in any order.
pub(super) fn torn(node: &Node, random: &mut SplitMix64) -> Vec<u8> {
    let least = node.durable.len().min(node.bytes.len());
    let most = node.durable.len().max(node.bytes.len());
    // The length is the old one, the new one, or one between.
    let length = match below(random, 3) {
        0 => node.durable.len(),
        1 => node.bytes.len(),
        _ => least + below(random, most - least + 1),
    };
    let mut bytes = Vec::with_capacity(length);
    for start in (0..length).step_by(SECTOR) {
        let end = (start + SECTOR).min(length);
        let is_new = !node.lost.contains(&(start / SECTOR)) && below(random, 2) == 0;
        let source = if is_new { &node.bytes } else { &node.durable };
        let there = source.get(start..end.min(source.len())).unwrap_or_default();
        bytes.extend_from_slice(there);
        // What was never written reads as zeros.
        bytes.resize(end, 0);
    }
    bytes
}

impl Node {
    /// What is on the disk once the sectors that can be written are.
    pub(super) fn written_back(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for sector in &self.lost {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(bytes.len());
            for at in start..end {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = self.durable.get(at).copied().unwrap_or(0);
                }
            }
        }
        bytes
    }

    /// A write-back failed: what it was to write is taken for written from now on.
    pub(super) fn lose(&mut self) {
        let (old, new) = (&self.durable, &self.bytes);
        let differs = |sector: &usize| {
            let range = sector * SECTOR..((sector + 1) * SECTOR).min(new.len());
            new.get(range.clone()) != old.get(range)
        };
        let sectors: Vec<_> = (0..new.len().div_ceil(SECTOR)).filter(differs).collect();
        self.lost.extend(sectors);
    }

    pub(super) fn touch(&mut self, start: usize, length: usize) {
        for sector in start / SECTOR..(start + length).div_ceil(SECTOR) {
            self.lost.remove(&sector);
        }
    }
}

impl Change {
    pub(super) fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Create(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Rename(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
            Self::Remove(name) => {
                names.remove(name);
            }
        }
    }
}

/// A number below `end`, or zero.
pub(super) fn below(random: &mut SplitMix64, end: usize) -> usize {
    (random.next_u64() % end.max(1) as u64) as usize
}
