//! What is done to a gallery, at random.

use biomatch::gallery::{ErasureState, GalleryError, NewReference, ReferenceId, RequestId, Status};

use super::expected::{CITIZENS, Expected, Request, new_reference, request_id, requested};
use super::world::World;
use crate::gallery_support::*;

impl World {
    pub(crate) fn step(&mut self) {
        let who = self.below(CITIZENS);
        let done = match self.below(40) {
            0..8 => self.enrol(who),
            8..11 => self.replace(who),
            11..14 => self.remove(who),
            14..16 => self.delete(who),
            16..19 => self.set_status(who),
            19..24 => self.commit(),
            24..26 => self.maintain(),
            26 => self.erase(who),
            27..30 => self.request(who),
            30..32 => {
                self.hold();
                Ok(())
            }
            32 => {
                self.compare_held();
                Ok(())
            }
            33 => {
                if !self.is_dying {
                    self.older = self.memory.files();
                }
                Ok(())
            }
            34 => self.reopen(),
            35 => {
                self.settle(None);
                Ok(())
            }
            36..38 => {
                self.plan_fault();
                Ok(())
            }
            _ => {
                if !self.is_faulty {
                    self.tamper();
                }
                Ok(())
            }
        };
        if let Err(attempted) = done {
            assert!(self.is_faulty, "an error without a fault");
            self.counts.faults += 1;
            self.settle(attempted);
        }
    }

    /// Lets an operation on the disk fail soon, or all from one on, or the room run out.
    fn plan_fault(&mut self) {
        if self.is_faulty {
            return;
        }
        self.is_faulty = true;
        let at = self.memory.writes() + self.random.below(30);
        match self.random.below(3) {
            0 => self.memory.fail_once(at),
            1 => {
                self.memory.fail_from(at);
                self.is_dying = true;
            }
            _ => {
                let room = self.random.below(40_000);
                self.memory.limit_space(Some(room));
            }
        }
    }

    fn enrol(&mut self, who: u64) -> Step {
        let seed = self.below(50);
        let count = self.below(4);
        let news: Vec<_> = (0..count).map(|n| new_reference(seed + n)).collect();
        let ids = unless_broken(self.writer().and_then(|writer| writer.add(citizen(who), &news)))?;
        for (id, new) in ids.iter().zip(&news) {
            self.staged.keep(who, *id, new);
        }
        self.staged.tidy();
        Ok(())
    }

    fn replace(&mut self, who: u64) -> Step {
        let (which, seed) = (self.below(4), self.below(50));
        let Some(old) = self.staged.nth(who, which) else { return Ok(()) };
        let new = new_reference(seed);
        let id = unless_broken(self.writer().and_then(|writer| writer.replace(citizen(who), old, &new)))?;
        self.staged.entry(who).1.remove(&old.value());
        self.staged.keep(who, id, &new);
        Ok(())
    }

    fn remove(&mut self, who: u64) -> Step {
        let which = self.below(4);
        match self.staged.nth(who, which) {
            Some(old) => {
                unless_broken(self.writer().and_then(|writer| writer.remove(citizen(who), old)))?;
                self.staged.entry(who).1.remove(&old.value());
                self.staged.tidy();
                Ok(())
            }
            None => {
                let nobodys = ReferenceId::from_value(1 << 40);
                match self.writer().and_then(|writer| writer.remove(citizen(who), nobodys)) {
                    Err(GalleryError::UnknownReference { .. }) => Ok(()),
                    result => unless_broken(result).map(|()| panic!("removed what is not there")),
                }
            }
        }
    }

    fn delete(&mut self, who: u64) -> Step {
        let result = self.writer().and_then(|writer| writer.delete(citizen(who)));
        if self.is_known(who, result)? {
            self.staged.delete(who);
        }
        Ok(())
    }

    fn set_status(&mut self, who: u64) -> Step {
        let status = if self.below(3) == 0 { Status::Active } else { LOCKED };
        let result = self.writer().and_then(|writer| writer.set_status(citizen(who), status));
        if self.is_known(who, result)? {
            self.staged.entry(who).0 = status;
            self.staged.tidy();
        }
        Ok(())
    }

    /// Whether a change of a citizen was staged: it is, if and only if the citizen is known.
    fn is_known(&self, who: u64, result: Result<(), GalleryError>) -> Result<bool, Option<Expected>> {
        match result {
            Err(GalleryError::UnknownCitizen { .. }) => {
                assert!(!self.staged.knows(who));
                Ok(false)
            }
            result => {
                unless_broken(result)?;
                assert!(self.staged.knows(who));
                Ok(true)
            }
        }
    }

    fn commit(&mut self) -> Step {
        let payload = match self.below(3) {
            0 => self.random.next().to_le_bytes()[..1 + self.random.below(7) as usize].to_vec(),
            _ => Vec::new(),
        };
        if !payload.is_empty() {
            self.staged.payload.clone_from(&payload);
        }
        let result = self.writer().and_then(|writer| writer.commit_with(&payload));
        let commit = self.unless_unknown(result)?;
        self.acknowledge(commit.generation().value());
        Ok(())
    }

    fn maintain(&mut self) -> Step {
        let compacts = self.below(3) == 0;
        let result =
            self.writer().and_then(|writer| if compacts { writer.compact() } else { writer.flush() });
        self.unless_unknown(result)?;
        let generation = self.gallery.snapshot().unwrap().generation().value();
        self.acknowledge(generation);
        Ok(())
    }

    fn erase(&mut self, who: u64) -> Step {
        let result = self.writer().and_then(|writer| {
            let ticket = writer.erase(citizen(who))?;
            Ok((ticket, writer.erasure(&ticket)))
        });
        if let Err(GalleryError::UnknownCitizen { .. }) = &result {
            assert!(!self.staged.knows(who));
            return Ok(());
        }
        let is_known = self.staged.knows(who);
        let mut attempted = self.staged.clone();
        attempted.delete(who);
        // What is erased of a citizen includes their requests.
        attempted.requests.retain(|_, request| request.who != who);
        self.staged = attempted;
        let (ticket, state) = self.unless_unknown(result)?;
        assert!(is_known);
        self.acknowledge(ticket.generation().value());
        let ends = matches!(state, Ok(ErasureState::Done | ErasureState::SetAside { .. }));
        assert!(ends || self.is_faulty, "{state:?}");
        Ok(())
    }

    /// A request by itself: a new one, one that is repeated, or one that is repeated with other content.
    fn request(&mut self, who: u64) -> Step {
        self.commit()?;
        let known: Vec<_> = self.committed.requests.iter().map(|(id, known)| (*id, known.clone())).collect();
        let repeats = !known.is_empty() && self.below(3) > 0;
        let (id, who, seed, conflicts) = if repeats {
            let (id, request) = known[self.below(known.len() as u64) as usize].clone();
            let conflicts = self.below(4) == 0;
            (RequestId::new(id), request.who, request.seed + u64::from(conflicts), conflicts)
        } else {
            self.requests += 1;
            (request_id(self.requests), who, self.below(50), false)
        };
        let news = requested(seed);
        let result = self.writer().and_then(|writer| {
            let ids = writer.add_request(citizen(who), &news, id)?;
            Ok((ids, writer.commit()?))
        });
        if conflicts {
            return match result {
                Err(GalleryError::RequestConflict { .. }) => {
                    self.counts.conflicts += 1;
                    Ok(())
                }
                result => unless_broken(result).map(|_| panic!("a conflict was committed")),
            };
        }
        let before = self.committed.requests.get(&id.to_bytes()).cloned();
        if let Some(before) = before {
            let (ids, commit) = unless_broken(result)?;
            let held: Vec<_> = ids.iter().map(|id| commit.reference(*id)).collect();
            assert_eq!((commit.repeated_requests(), held), (1, before.held));
            assert!(commit.generation().value() <= self.generation);
            self.counts.repeated += 1;
            return Ok(());
        }
        match result {
            Ok((ids, commit)) => {
                let held: Vec<_> =
                    ids.iter().zip(&news).map(|(id, new)| self.staged.keep(who, *id, new)).collect();
                let told: Vec<_> = ids.iter().map(|id| commit.reference(*id)).collect();
                assert_eq!((commit.repeated_requests(), &told), (0, &held));
                self.staged.requests.insert(id.to_bytes(), Request { who, seed, held });
                assert_eq!(commit.generation().value(), self.generation + 1);
                self.acknowledge(commit.generation().value());
                Ok(())
            }
            Err(error) => {
                // Whatever came of it, it can be asked again: the answer says what is there.
                check_broken(&error);
                self.settle_request((who, seed), id, &news);
                Ok(())
            }
        }
    }

    /// A request that met an error is repeated: then it is there, whatever came of it the first time.
    fn settle_request(&mut self, (who, seed): (u64, u64), id: RequestId, news: &[NewReference]) {
        assert!(self.is_faulty, "an error without a fault");
        self.counts.faults += 1;
        self.recover();
        let writer = self.writer().unwrap();
        let ids = writer.add_request(citizen(who), news, id).unwrap();
        let commit = writer.commit().unwrap();
        let held: Vec<_> = ids.iter().map(|id| commit.reference(*id)).collect();
        for (held, new) in held.iter().zip(news) {
            assert_eq!(self.staged.keep(who, *held, new), *held);
        }
        match commit.repeated_requests() {
            0 => self.counts.dropped += 1,
            _ => self.counts.kept += 1,
        }
        self.staged.requests.insert(id.to_bytes(), Request { who, seed, held });
        assert_eq!(commit.generation().value(), self.generation + 1);
        self.acknowledge(commit.generation().value());
    }

    fn reopen(&mut self) -> Step {
        self.writer = None;
        self.staged = self.committed.clone();
        unless_broken(self.writer().map(drop))
    }

    /// The outcome of something that may have committed what is staged, and failed.
    fn unless_unknown<T>(&self, result: Result<T, GalleryError>) -> Result<T, Option<Expected>> {
        result.map_err(|error| {
            check_broken(&error);
            Some(self.staged.clone())
        })
    }
}

/// Done; or it met a fault, and may have committed a state.
pub(crate) type Step = Result<(), Option<Expected>>;

/// The only errors that a fault of the disk may make.
fn check_broken(error: &GalleryError) {
    let is_broken = matches!(error, GalleryError::Storage(_) | GalleryError::Poisoned { .. });
    assert!(is_broken && error.damage().is_none(), "{error:?}");
}

fn unless_broken<T>(result: Result<T, GalleryError>) -> Result<T, Option<Expected>> {
    result.map_err(|error| {
        check_broken(&error);
        None
    })
}
