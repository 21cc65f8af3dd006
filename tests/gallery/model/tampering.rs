//! What somebody else does to the files, and what may come of it: an error, or a state that was acknowledged.

use std::collections::BTreeMap;

use biomatch::gallery::GalleryError;
use biomatch::storage::Backend;

use super::world::World;
use crate::gallery_support::*;

impl World {
    /// Changes one file, or puts all of an older moment in place; looks; and puts everything back.
    pub(crate) fn tamper(&mut self) {
        let whole = self.memory.files();
        let names: Vec<_> = whole.keys().cloned().collect();
        let name = names[self.below(names.len() as u64) as usize].clone();
        let bytes = whole[&name].clone();
        let half = self.below(bytes.len().max(1) as u64) as usize;
        let replaces = self.below(2) == 0;
        // Whether the name stands for another file, and whether a file that stayed has another length.
        let (mut is_another, mut is_cut) = (true, false);
        match self.below(6) {
            0 => self.memory.take_away(&name),
            1 => self.memory.put(&name, &bytes),
            2 if replaces => self.memory.put(&name, &bytes[..half]),
            2 => {
                self.memory.overwrite(&name, &bytes[..half]);
                (is_another, is_cut) = (false, !bytes.is_empty());
            }
            3 if !bytes.is_empty() => {
                let mut flipped = bytes.clone();
                flipped[half] ^= 1 << self.below(8);
                self.memory.overwrite(&name, &flipped);
                is_another = false;
            }
            4 => match self.older.get(&name).cloned() {
                Some(older) if replaces => self.memory.put(&name, &older),
                Some(older) => {
                    self.memory.overwrite(&name, &older);
                    (is_another, is_cut) = (false, older.len() != bytes.len());
                }
                None => self.memory.take_away(&name),
            },
            _ => {
                names.iter().for_each(|name| self.memory.take_away(name));
                self.older.clone().iter().for_each(|(name, bytes)| self.memory.put(name, bytes));
            }
        }
        self.counts.tampered += 1;
        let told = self.look_around();
        self.counts.told += u64::from(told);
        let now = self.memory.files();
        let is_whole = name == "CURRENT" && now.get(&name) != Some(&bytes);
        let watches_length = name.starts_with("wal-") || name == "WITNESS";
        let must_stop = is_another && !name.starts_with("aside-") || is_whole || is_cut && watches_length;
        if let Some(writer) = self.writer.take()
            && must_stop
        {
            let error = writer.add(citizen(1), &[finger(70)]).and_then(|_| writer.commit()).expect_err(&name);
            assert!(matches!(error, GalleryError::Displaced { .. } | GalleryError::Storage(_)), "{error:?}");
            assert_eq!(self.memory.files(), now, "nothing is written into what somebody changed");
        }
        self.put_back(&whole);
        self.settle(None);
    }

    /// Whoever looks gets an error or a state that was acknowledged. Whether anybody got an error.
    fn look_around(&mut self) -> bool {
        let fresh = self.fresh_reader();
        let told = fresh.is_err();
        if let Ok(snapshot) = fresh
            && let Ok(seen) = contents(&snapshot)
        {
            let known = self.history.get(&snapshot.generation().value());
            assert_eq!(known, Some(&seen), "a state that was never acknowledged");
        }
        // Who has seen the newest state sees no other one.
        if let Ok(snapshot) = self.follower.snapshot() {
            assert_eq!(snapshot.generation().value(), self.generation);
            if let Ok(seen) = contents(&snapshot) {
                assert_eq!(seen, self.committed.contents());
            }
        }
        told
    }

    fn put_back(&mut self, whole: &BTreeMap<String, Vec<u8>>) {
        let now = self.memory.files();
        now.keys().filter(|name| !whole.contains_key(*name)).for_each(|name| self.memory.take_away(name));
        for (name, bytes) in whole.iter().filter(|(name, bytes)| now.get(*name) != Some(bytes)) {
            self.memory.put(name, bytes);
        }
        self.memory.sync().unwrap();
    }
}
