//! Keeps a worker running: starts it, waits for its health, starts it again when it dies, stops it when nobody needs it.

use super::Status;
use super::launch::{Launcher, Loadable, SocketFolder, Worker, launch};
use super::model_file::{Fault, ModelFile};
use super::settings::Settings;
use crate::base::{Clock, Timestamp};
use crate::infer::{BackendError, DownReason, Health};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// Pause before the first restart; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause before a restart.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A worker that has run this long has earned the first pause again.
const PROVEN_AFTER: Duration = Duration::from_mins(1);
/// How long a worker whose connection broke is given to be found dead before it gets another request.
const SUSPICION: Duration = Duration::from_millis(200);
/// A request waits for a restart only if it comes within this time.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub(super) enum Phase {
    Asleep,
    Starting,
    Up {
        client: reqwest::Client,
        number: u64,
        pid: Option<u32>,
    },
    Down {
        fault: Fault,
        since: Timestamp,
        again: Instant,
    },
    Over {
        since: Timestamp,
        fault: Fault,
    },
}

#[derive(Debug)]
struct Shared {
    phase: watch::Sender<Phase>,
    in_flight: AtomicUsize,
    /// The number of a worker whose connection broke; 0 for none.
    suspect: AtomicU64,
    last_used: Mutex<Instant>,
    wanted: Notify,
    stop: watch::Sender<bool>,
    clock: Clock,
}

/// Supervises one worker.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
    start_timeout: Duration,
}

/// A request under way: as long as one is held, the worker isn't stopped for idleness.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Shared>);

impl InFlight {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl InFlight {
    /// The connection to worker `number` broke: it is probably dead, and its death not yet known.
    pub(super) fn suspect(&self, number: u64) {
        self.0.suspect.store(number, Ordering::SeqCst);
    }
}

impl Shared {
    /// Whether to look twice at worker `number`; true once for each suspicion.
    fn is_suspect(&self, number: u64) -> bool {
        self.suspect
            .compare_exchange(number, 0, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        *self.0.last_used.lock() = Instant::now();
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A worker to send to.
#[derive(Debug)]
pub(super) struct Ready {
    pub client: reqwest::Client,
    /// Which start of the worker this is.
    pub number: u64,
    pub in_flight: InFlight,
}

impl Supervisor {
    /// Starts supervising, and the worker; must be called in a runtime.
    pub(super) fn start(
        launcher: Launcher,
        model: ModelFile,
        settings: Settings,
        clock: Clock,
    ) -> Self {
        let shared = Arc::new(Shared {
            phase: watch::Sender::new(Phase::Starting),
            in_flight: AtomicUsize::new(0),
            suspect: AtomicU64::new(0),
            last_used: Mutex::new(Instant::now()),
            wanted: Notify::new(),
            stop: watch::Sender::new(false),
            clock,
        });
        let start_timeout = settings.start_timeout;
        let task = tokio::spawn(supervise(Arc::clone(&shared), launcher, model, settings));
        Self {
            shared,
            task: Mutex::new(Some(task)),
            start_timeout,
        }
    }

    /// What is known without asking; a worker that is asleep counts as up, since the next request wakes it.
    pub(super) fn health(&self) -> Health {
        match &*self.shared.phase.borrow() {
            Phase::Asleep | Phase::Up { .. } => Health::Up,
            Phase::Starting => Health::Starting,
            Phase::Down { fault, since, .. } | Phase::Over { fault, since } => Health::Down {
                since: *since,
                reason: fault.reason,
            },
        }
    }

    /// The same in words.
    pub(super) fn status(&self) -> Status {
        match &*self.shared.phase.borrow() {
            Phase::Asleep => Status::Asleep,
            Phase::Starting => Status::Starting,
            Phase::Up { .. } => Status::Up,
            Phase::Down { fault, .. } | Phase::Over { fault, .. } => {
                Status::Down(fault.why.clone())
            }
        }
    }

    /// The worker's process, while it answers.
    pub(super) fn pid(&self) -> Option<u32> {
        match &*self.shared.phase.borrow() {
            Phase::Up { pid, .. } => *pid,
            _ => None,
        }
    }

    /// A worker that answers, waiting for it to start where that is a matter of time.
    pub(super) async fn ready(&self) -> Result<Ready, BackendError> {
        let in_flight = InFlight::new(&self.shared);
        let mut phases = self.shared.phase.subscribe();
        let deadline = Instant::now() + self.start_timeout;
        loop {
            let phase = phases.borrow_and_update().clone();
            match phase {
                Phase::Up { client, number, .. } => {
                    if !self.shared.is_suspect(number) {
                        return Ok(Ready {
                            client,
                            number,
                            in_flight,
                        });
                    }
                    self.gone(number, SUSPICION).await;
                    continue;
                }
                Phase::Asleep => self.shared.wanted.notify_one(),
                Phase::Starting => {}
                Phase::Down { fault, again, .. } => {
                    let pause = again.saturating_duration_since(Instant::now());
                    if pause > PATIENCE || fault.reason == DownReason::NoModel {
                        return Err(down(&fault, pause));
                    }
                }
                Phase::Over { fault, .. } => return Err(down(&fault, LONGEST_PAUSE)),
            }
            match timeout_at(deadline, phases.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(BackendError::Unreachable),
                Err(_) => return Err(BackendError::Timeout),
            }
        }
    }

    /// The worker takes no connection: waits a moment until its end has been noticed.
    pub(super) async fn lost(&self, number: u64) {
        if !self.gone(number, PATIENCE).await {
            tracing::warn!("the local worker runs and takes no connection");
        }
    }

    /// Waits until another worker than `number`, or none, is up; false where that takes longer than `limit`.
    async fn gone(&self, number: u64, limit: Duration) -> bool {
        let mut phases = self.shared.phase.subscribe();
        let gone = |phase: &Phase| !matches!(phase, Phase::Up { number: n, .. } if *n == number);
        tokio::time::timeout(limit, phases.wait_for(gone))
            .await
            .is_ok()
    }

    /// Stops the worker and waits for its end.
    pub(super) async fn stop(&self) {
        self.shared.stop.send_replace(true);
        let task = self.task.lock().take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the supervisor of the local worker failed");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The task ends with its worker, also where nobody waits for it.
        self.shared.stop.send_replace(true);
    }
}

fn down(fault: &Fault, pause: Duration) -> BackendError {
    let retry_after_s = u32::try_from(pause.as_secs()).unwrap_or(u32::MAX).max(1);
    BackendError::Down {
        reason: fault.reason,
        retry_after_s,
    }
}

/// Why a worker's run ended.
enum End {
    Died(Fault),
    Idle,
    Stop,
}

async fn supervise(shared: Arc<Shared>, launcher: Launcher, model: ModelFile, settings: Settings) {
    let mut stop = shared.stop.subscribe();
    let mut pause = FIRST_PAUSE;
    let mut number = 0;
    let folder = match SocketFolder::make() {
        Ok(folder) => folder,
        Err(error) => {
            let why = format!("no folder for the socket: {error}");
            return over(&shared, Fault::new(DownReason::Stopped, why));
        }
    };
    loop {
        number += 1;
        shared.phase.send_replace(Phase::Starting);
        let begun = Instant::now();
        let start = start(&launcher, &folder, number, &model, &settings);
        let started = tokio::select! {
            started = start => started,
            () = told_to_stop(&mut stop) => return over(&shared, stopped()),
        };
        let end = match started {
            Ok(worker) => run(&shared, worker, number, &settings, &mut stop).await,
            Err(fault) => End::Died(fault),
        };
        let again = match end {
            End::Stop => return over(&shared, stopped()),
            End::Idle => {
                pause = FIRST_PAUSE;
                shared.wanted.notified().await_or(&mut stop).await
            }
            End::Died(fault) => {
                if begun.elapsed() >= PROVEN_AFTER {
                    pause = FIRST_PAUSE;
                }
                tracing::warn!(
                    why = fault.why,
                    pause_ms = pause.as_millis(),
                    "the local worker is down"
                );
                let again = Instant::now() + pause;
                shared.phase.send_replace(Phase::Down {
                    fault,
                    since: shared.clock.now(),
                    again,
                });
                pause = (pause * 2).min(LONGEST_PAUSE);
                sleep_until(again).await_or(&mut stop).await
            }
        };
        if !again {
            return over(&shared, stopped());
        }
    }
}

/// Resolves with the order to stop, or when nobody is left to give it.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

fn stopped() -> Fault {
    Fault::new(DownReason::Stopped, "the local model was stopped")
}

/// Waiting for something, or for the order to stop.
trait AwaitOr: Future + Sized {
    /// False where the order to stop came first.
    async fn await_or(self, stop: &mut watch::Receiver<bool>) -> bool {
        tokio::select! {
            _ = self => true,
            () = told_to_stop(stop) => false,
        }
    }
}

impl<F: Future> AwaitOr for F {}

fn over(shared: &Shared, fault: Fault) {
    shared.phase.send_replace(Phase::Over {
        since: shared.clock.now(),
        fault,
    });
}

async fn start(
    launcher: &Launcher,
    folder: &SocketFolder,
    number: u64,
    model: &ModelFile,
    settings: &Settings,
) -> Result<Worker, Fault> {
    let file = model.clone();
    let checked = tokio::task::spawn_blocking(move || file.usable()).await;
    let path = checked.map_err(|_| Fault::new(DownReason::NoModel, "the check failed"))??;
    // The catalogue's figure is for a context of this length.
    let usual = settings.context_tokens.is_none_or(|tokens| tokens <= 8192);
    let memory_mib = model.memory_mib().filter(|_| usual).map(|mib| mib * 2);
    let model = Loadable {
        name: model.name(),
        path,
        memory_mib,
    };
    launch(launcher, folder, number, model, settings).await
}

/// From the worker's first answer to its end.
async fn run(
    shared: &Shared,
    mut worker: Worker,
    number: u64,
    settings: &Settings,
    stop: &mut watch::Receiver<bool>,
) -> End {
    *shared.last_used.lock() = Instant::now();
    let up = Phase::Up {
        client: worker.client.clone(),
        number,
        pid: worker.pid(),
    };
    shared.phase.send_replace(up.clone());
    tracing::info!(number, "the local model is ready");
    loop {
        tokio::select! {
            fault = worker.end() => return End::Died(fault),
            () = told_to_stop(stop) => {
                worker.stop().await;
                return End::Stop;
            }
            () = idle(shared, settings.idle_stop) => {
                // First closed, then looked again: a request that came meanwhile either saw `Asleep` or is counted.
                shared.phase.send_replace(Phase::Asleep);
                if shared.in_flight.load(Ordering::SeqCst) == 0 {
                    worker.stop().await;
                    return End::Idle;
                }
                shared.phase.send_replace(up.clone());
            }
        }
    }
}

/// Resolves when no request has been under way for `limit`.
async fn idle(shared: &Shared, limit: Option<Duration>) {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        let since = *shared.last_used.lock();
        let busy = shared.in_flight.load(Ordering::SeqCst) > 0;
        match limit.checked_sub(since.elapsed()) {
            _ if busy => sleep(limit).await,
            Some(left) if !left.is_zero() => sleep(left).await,
            _ => return,
        }
    }
}
