//! What is acknowledged in one process is seen by the next snapshot in another, whatever the writer
//! does to the files meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::gallery_support::*;
use biomatch::gallery::{Gallery, GalleryError, GalleryOptions};

const DIRECTORY: &str = "BIOMATCH_TEST_READER_DIRECTORY";

/// The child: for each line, a citizen, it answers what its next snapshot says.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let gallery = Gallery::open(directory, GalleryOptions::default()).unwrap();
    assert!(matches!(gallery.writer(), Err(GalleryError::Locked { .. })));
    for line in std::io::stdin().lines() {
        let who = citizen(line.unwrap().parse().unwrap());
        let snapshot = gallery.snapshot().unwrap();
        let view = snapshot.citizen(who).unwrap();
        let status = snapshot.status(who) == LOCKED;
        let fingers = view.map_or(0, |view| {
            view.fingers
                .iter()
                .for_each(|finger| assert_eq!(snapshot.finger(finger.location).unwrap().minutiae.len(), 6));
            view.fingers.len()
        });
        println!("\nanswer {} {fingers} {status}", snapshot.generation());
    }
}

#[test]
fn the_next_snapshot_in_another_process_sees_what_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default().flush_at(10)).unwrap();
    let writer = gallery.writer().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ask = |who: u64| {
        writeln!(questions, "{who}").unwrap();
        loop {
            let line = answers.next().expect("the child answers").unwrap();
            if let Some(answer) = line.strip_prefix("answer ") {
                return answer.to_owned();
            }
        }
    };
    for n in 0..60 {
        writer.add(citizen(n), &[finger(n), finger(n + 1)]).unwrap();
        let generation = writer.commit().unwrap().generation();
        assert_eq!(ask(n), format!("{generation} 2 false"));
        if n % 7 == 3 {
            writer.flush().unwrap();
            assert_eq!(ask(n), format!("{generation} 2 false"));
        }
        if n % 11 == 5 {
            writer.set_status(citizen(n), LOCKED).unwrap();
            let generation = writer.commit().unwrap().generation();
            assert_eq!(ask(n), format!("{generation} 2 true"));
        }
        if n % 3 == 1 {
            writer.delete(citizen(n)).unwrap();
            let generation = writer.commit().unwrap().generation();
            assert_eq!(ask(n), format!("{generation} 0 false"));
        }
        if n % 20 == 19 {
            writer.compact().unwrap();
            let left = if (n - 19) % 3 == 1 { "0" } else { "2" };
            assert_eq!(ask(n - 19).split(' ').nth(1), Some(left));
        }
    }
    // Not committed, not seen.
    writer.add(citizen(1000), &[finger(1)]).unwrap();
    assert_eq!(ask(1000).split(' ').nth(1), Some("0"));
    drop(questions);
    assert!(child.wait().unwrap().success());
}

#[test]
fn readers_never_see_a_gap_while_files_are_replaced_under_them() {
    let directory = tempfile::tempdir().unwrap();
    let gallery = Gallery::create(directory.path(), GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    writer.add(citizen(0), &[finger(0)]).unwrap();
    writer.commit().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let own = Gallery::open(directory.path(), GalleryOptions::default()).unwrap();
                let mut last = own.snapshot().unwrap().generation();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    // A fresh handle and a following one.
                    for handle in [&own, &Gallery::open(directory.path(), GalleryOptions::default()).unwrap()]
                    {
                        let snapshot = handle.snapshot().unwrap();
                        assert!(snapshot.generation() >= last, "time does not run back");
                        last = snapshot.generation();
                        assert_eq!(snapshot.finger_count() as u64, last.value(), "one a commit");
                        contents(&snapshot).unwrap();
                    }
                }
            });
        }
        for n in 1..150 {
            writer.add(citizen(n % 40), &[finger(n)]).unwrap();
            writer.commit().unwrap();
            match n % 6 {
                2 => writer.flush().unwrap(),
                5 => writer.compact().unwrap(),
                _ => {}
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
