//! Group commit: entries of several threads are kept by one write and one synchronisation.

use parking_lot::{Condvar, Mutex};

/// Work of several threads, done together by one of them. A failure is given to every thread whose work it
/// concerns.
pub(super) struct Group<W, E> {
    queue: Mutex<Queue<W, E>>,
    done: Condvar,
    /// The failure of a batch whose leader ended without a result: it panicked.
    lost: fn() -> E,
}

struct Queue<W, E> {
    /// What waits for the next batch, oldest first.
    waiting: Vec<W>,
    /// The number of the batch that waits.
    next: u64,
    /// A thread does a batch now.
    is_busy: bool,
    /// Every batch before this one has ended.
    ended: u64,
    /// Results that some thread has yet to fetch.
    results: Vec<Ended<E>>,
}

struct Ended<E> {
    batch: u64,
    result: Result<(), E>,
    /// How many threads have yet to fetch it.
    left: usize,
}

impl<W, E: Clone> Group<W, E> {
    pub(super) fn new(lost: fn() -> E) -> Self {
        let queue = Queue { waiting: Vec::new(), next: 0, is_busy: false, ended: 0, results: Vec::new() };
        Self { queue: Mutex::new(queue), done: Condvar::new(), lost }
    }

    /// Adds work, and returns once it is done: by this thread together with all that waits, or by another.
    pub(super) fn submit(&self, work: W, run: impl FnOnce(Vec<W>) -> Result<(), E>) -> Result<(), E> {
        let mut queue = self.queue.lock();
        queue.waiting.push(work);
        let batch = queue.next;
        while queue.is_busy {
            self.done.wait(&mut queue);
            if queue.ended > batch {
                return queue.fetch(batch).unwrap_or_else(|| Err((self.lost)()));
            }
        }
        // Nobody works, and this thread's work waits: it leads.
        queue.is_busy = true;
        queue.next += 1;
        let all = std::mem::take(&mut queue.waiting);
        drop(queue);
        let others = all.len() - 1;
        let _ending = Ending(self);
        let result = run(all);
        if others > 0 {
            self.queue.lock().results.push(Ended { batch, result: result.clone(), left: others });
        }
        result
    }
}

impl<W, E: Clone> Queue<W, E> {
    /// The result of a batch, for one of its threads.
    fn fetch(&mut self, batch: u64) -> Option<Result<(), E>> {
        let at = self.results.iter().position(|ended| ended.batch == batch)?;
        let ended = self.results.get_mut(at)?;
        ended.left -= 1;
        let result = ended.result.clone();
        if ended.left == 0 {
            self.results.swap_remove(at);
        }
        Some(result)
    }
}

/// Ends a batch, also if its work panicked: nobody waits for ever.
struct Ending<'a, W, E>(&'a Group<W, E>);

impl<W, E> Drop for Ending<'_, W, E> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        queue.is_busy = false;
        queue.ended = queue.next;
        drop(queue);
        self.0.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_thread_gets_the_result_of_its_own_batch() {
        let group: Group<u32, u32> = Group::new(|| 0);
        let (batches, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for thread in 1..=16_u32 {
                let (group, batches, done) = (&group, &batches, &done);
                scope.spawn(move || {
                    for round in 0..200 {
                        let number = thread * 1_000 + round;
                        let result = group.submit(number, |all| {
                            assert!(all.contains(&number));
                            batches.fetch_add(1, Ordering::Relaxed);
                            done.fetch_add(all.len(), Ordering::Relaxed);
                            thread::yield_now();
                            // A batch with a number that ends in 7 fails for all of it.
                            match all.iter().find(|one| **one % 10 == 7) {
                                Some(bad) => Err(*bad),
                                None => Ok(()),
                            }
                        });
                        assert!(result.is_err() || number % 10 != 7);
                    }
                });
            }
        });
        assert_eq!(done.load(Ordering::Relaxed), 16 * 200, "each once");
        assert!(batches.load(Ordering::Relaxed) <= 16 * 200);
        assert!(group.queue.lock().results.is_empty());
    }

    #[test]
    fn a_leader_that_panics_fails_its_batch_and_no_other() {
        let group: Group<u32, &str> = Group::new(|| "lost");
        let started = Barrier::new(2);
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                group.submit(1, |_| {
                    started.wait();
                    // The others come while this batch is done.
                    while group.queue.lock().waiting.len() < 2 {
                        thread::sleep(Duration::from_millis(1));
                    }
                    Ok(())
                })
            });
            started.wait();
            let others: Vec<_> = (2..4)
                .map(|number| {
                    let group = &group;
                    scope.spawn(move || group.submit(number, |_| panic!("the disk's driver")))
                })
                .collect();
            assert_eq!(first.join().unwrap(), Ok(()));
            let results: Vec<_> = others.into_iter().map(|thread| thread.join()).collect();
            assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1, "one led");
            assert_eq!(results.into_iter().filter_map(Result::ok).collect::<Vec<_>>(), [Err("lost")]);
        });
        assert_eq!(group.submit(5, |all| if all == [5] { Ok(()) } else { Err("more") }), Ok(()));
    }
}
