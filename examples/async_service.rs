//! An async service around the engine: a bounded queue, a deadline for each claim, cancellation.
//!
//! Comparing is work for a processor, not for an async runtime: a few threads of the service take claims from
//! the queue. Where the queue is full the service says so at once, instead of letting everybody wait.
//!
//! ```text
//! cargo run --example async_service
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use biomatch::database::DatabaseError;
use biomatch::template::Reading;
use biomatch::{
    CitizenDatabase, CitizenId, Claim, DecisionRecord, Enrolment, FingerRule, FingerprintTemplate, Fmr,
    Policy, Probe,
};
use tokio::sync::oneshot;

/// A claim that waits, when its caller gives up, and where the record goes.
struct Job {
    claim: Claim,
    deadline: Instant,
    reply: oneshot::Sender<Result<DecisionRecord, DatabaseError>>,
}

/// Why a claim has no record. None of these says anything about the person.
#[derive(Debug, thiserror::Error)]
enum ServiceError {
    #[error("too many claims wait; try again later")]
    Busy,
    #[error("no decision within the deadline; try again later")]
    Late,
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

#[derive(Clone)]
struct Service {
    queue: mpsc::SyncSender<Job>,
}

impl Service {
    fn start(database: &CitizenDatabase, threads: usize, waiting: usize) -> Self {
        let (queue, jobs) = mpsc::sync_channel::<Job>(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..threads {
            let (database, jobs) = (database.clone(), Arc::clone(&jobs));
            std::thread::spawn(move || {
                loop {
                    let next = jobs.lock().map(|jobs| jobs.recv());
                    let Ok(Ok(job)) = next else { return };
                    // Nobody waits any more: no decision is made, and no audit entry.
                    if job.reply.is_closed() || job.deadline <= Instant::now() {
                        continue;
                    }
                    let _ = job.reply.send(database.authenticate(&job.claim));
                }
            });
        }
        Self { queue }
    }

    async fn authenticate(&self, claim: Claim, within: Duration) -> Result<DecisionRecord, ServiceError> {
        let (reply, record) = oneshot::channel();
        let job = Job { claim, deadline: Instant::now() + within, reply };
        self.queue.try_send(job).map_err(|_| ServiceError::Busy)?;
        match tokio::time::timeout(within, record).await {
            Ok(Ok(record)) => Ok(record?),
            Ok(Err(_)) | Err(_) => Err(ServiceError::Late),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join("biomatch-example-service");
    let database = CitizenDatabase::options().open_or_create(directory)?;
    let citizen: CitizenId = "087036077156".parse()?;
    database.enrol(citizen, Enrolment::new().finger(finger("102_0.iso")?))?;

    let service = Service::start(&database, 2, 16);
    let policy = Policy::fingers(FingerRule::one(Fmr::one_in(10_000)));
    let claim = Claim::new(citizen, Probe::new().finger(finger("102_1.iso")?), policy);
    let record = service.authenticate(claim.clone(), Duration::from_secs(5)).await?;
    println!("{}, in {:?}", record.decision, record.answered.took);

    // Forty claims at once: sixteen wait, the others are told to come back.
    let claims: Vec<_> = (0..40)
        .map(|_| {
            let (service, claim) = (service.clone(), claim.clone());
            tokio::spawn(async move { service.authenticate(claim, Duration::from_secs(5)).await })
        })
        .collect();
    let (mut decided, mut busy) = (0, 0);
    for claim in claims {
        match claim.await? {
            Ok(_) => decided += 1,
            Err(ServiceError::Busy) => busy += 1,
            Err(error) => return Err(error.into()),
        }
    }
    println!("of 40 claims at once, {decided} decided, {busy} told to come back");
    // A caller who cannot wait gets no decision, and none is made for nobody.
    let late = service.authenticate(claim, Duration::ZERO).await;
    println!("{}", late.err().map_or_else(|| "decided".to_owned(), |error| error.to_string()));
    Ok(())
}

fn finger(name: &str) -> Result<FingerprintTemplate, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/sample/fingers");
    Ok(FingerprintTemplate::read(&fs::read(folder.join(name))?, Reading::Lenient)?)
}
