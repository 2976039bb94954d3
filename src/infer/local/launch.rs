//! Starting one worker process and waiting until it answers.

use super::WorkerOptions;
use super::model_file::Fault;
use super::settings::Settings;
use crate::infer::DownReason;
use parking_lot::Mutex;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// Begins a line of the worker's standard error that is for people.
pub const WORKER_PREFIX: &str = "vestibule worker: ";

/// Longest path of a Unix socket on Linux (unix(7): `sun_path` has 108 bytes with the final zero).
const MAX_SOCKET_PATH: usize = 107;
/// How often a starting worker is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long the last line of a worker that has ended may be on its way.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);
/// How long a worker that was told to stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Makes the command that is a worker.
pub(super) type Launcher = Arc<dyn Fn(&WorkerOptions) -> Command + Send + Sync>;

/// The program itself again, with the subcommand `worker`.
pub(super) fn itself() -> Launcher {
    Arc::new(|options| {
        // The very file that runs now, even if it has been replaced since.
        let own = Path::new("/proc/self/exe");
        let program = if own.exists() {
            Ok(own.to_owned())
        } else {
            env::current_exe()
        };
        let mut command = bare(&program.unwrap_or_else(|_| "vestibule".into()));
        command.arg("worker").args(options.to_arguments());
        command
    })
}

/// A command without the gateway's environment: none of its keys is the worker's business.
pub(super) fn bare(program: &Path) -> Command {
    let kept = ["PATH", "LD_LIBRARY_PATH", "TZ", "RUST_LOG"];
    let mut command = Command::new(program);
    command.env_clear().envs(
        kept.into_iter()
            .filter_map(|name| Some((name, env::var_os(name)?))),
    );
    // ggml would start a debugger to print where it failed.
    command.env("GGML_NO_BACKTRACE", "1");
    command
}

/// A folder of our own for sockets; removed when dropped.
#[derive(Debug)]
pub(super) struct SocketFolder {
    path: PathBuf,
}

impl SocketFolder {
    /// Makes it, for this user only, in `XDG_RUNTIME_DIR` or else the folder for temporary files.
    pub(super) fn make() -> io::Result<Self> {
        let parent = env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|path| path.is_dir())
            .unwrap_or_else(env::temp_dir);
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!("vestibule-{}", data_encoding::HEXLOWER.encode(&random));
        let path = parent.join(name);
        // Fails where the path exists already, whatever it is.
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path })
    }

    /// The path of worker number `number`; a new one each time, so that a dead worker's socket is never in the way.
    fn socket(&self, number: u64) -> Result<PathBuf, Fault> {
        let path = self.path.join(format!("{number}.sock"));
        if path.as_os_str().len() > MAX_SOCKET_PATH {
            let why = format!("the path `{}` is too long for a socket", path.display());
            return Err(Fault::new(DownReason::Stopped, why));
        }
        Ok(path)
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::debug!(%error, "the socket folder stays");
        }
    }
}

/// A worker that answers.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    /// Closing it tells the worker to end.
    stdin: Option<ChildStdin>,
    last_words: Arc<Mutex<String>>,
    /// Ends when its standard error does.
    listener: Option<JoinHandle<()>>,
    /// Speaks to it.
    pub client: reqwest::Client,
}

/// A model file that may be loaded.
#[derive(Debug)]
pub(super) struct Loadable {
    pub name: String,
    pub path: PathBuf,
    /// What the worker may use where the configuration sets no limit.
    pub memory_mib: Option<u64>,
}

/// Starts a worker and waits until it has loaded its model.
pub(super) async fn launch(
    launcher: &Launcher,
    folder: &SocketFolder,
    number: u64,
    model: Loadable,
    settings: &Settings,
) -> Result<Worker, Fault> {
    let socket = folder.socket(number)?;
    let options = WorkerOptions {
        model: model.path,
        name: model.name,
        socket: socket.clone(),
        threads: settings.threads,
        context_tokens: settings.context_tokens,
        parallel: settings.parallel,
        queue: settings.queue,
        max_tokens: settings.max_tokens,
        memory_mib: settings.memory_mib.or(model.memory_mib),
    };
    let mut worker = spawn(launcher(&options), &socket)?;
    let deadline = Instant::now() + settings.start_timeout;
    while !worker.answers().await {
        if let Some(fault) = worker.ended().await {
            return Err(fault);
        }
        if Instant::now() >= deadline {
            worker.stop().await;
            let seconds = settings.start_timeout.as_secs();
            let why =
                format!("loading the model took more than {seconds} s; raise `start_timeout_s`");
            return Err(Fault::new(DownReason::Unreachable, why));
        }
        sleep(ASK_EVERY).await;
    }
    Ok(worker)
}

fn spawn(mut command: Command, socket: &Path) -> Result<Worker, Fault> {
    let fault = |why: String| Fault::new(DownReason::Stopped, why);
    // Its own process group: Ctrl-C in a terminal is for the gateway, which lets requests end before it stops the worker.
    command.process_group(0).kill_on_drop(true);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| fault(format!("the worker can't be started: {error}")))?;
    let last_words = Arc::new(Mutex::new(String::new()));
    let stderr = child.stderr.take();
    let listener = stderr.map(|stderr| tokio::spawn(listen(stderr, Arc::clone(&last_words))));
    let client = reqwest::Client::builder()
        .unix_socket(socket)
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|_| fault("no HTTP client for the worker".to_owned()))?;
    let stdin = child.stdin.take();
    Ok(Worker {
        child,
        stdin,
        last_words,
        listener,
        client,
    })
}

/// Keeps the last line for people that the worker wrote; everything goes to the debug log.
async fn listen(stderr: ChildStderr, last_words: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(words) = line.strip_prefix(WORKER_PREFIX) {
            words.clone_into(&mut last_words.lock());
        }
        tracing::debug!(target: "vestibule::worker", "{line}");
    }
}

impl Worker {
    /// Whether it answers `GET /health` with 200 now.
    async fn answers(&self) -> bool {
        let asked = self
            .client
            .get("http://worker/health")
            .timeout(Duration::from_secs(2))
            .send();
        asked.await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Why it ended, if it has.
    async fn ended(&mut self) -> Option<Fault> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(self.fault(status).await)
    }

    /// Its process id while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it ends by itself and says why.
    pub(super) async fn end(&mut self) -> Fault {
        match self.child.wait().await {
            Ok(status) => self.fault(status).await,
            Err(error) => Fault::new(DownReason::Stopped, format!("the worker is lost: {error}")),
        }
    }

    async fn fault(&mut self, status: std::process::ExitStatus) -> Fault {
        if let Some(listener) = self.listener.take()
            && timeout(LAST_WORDS_WITHIN, listener).await.is_err()
        {
            tracing::debug!("somebody else holds the worker's standard error");
        }
        let words = self.last_words.lock().clone();
        if words.is_empty() {
            return Fault::new(DownReason::Stopped, format!("the worker ended ({status})"));
        }
        let reason = if words.contains("model") {
            DownReason::NoModel
        } else {
            DownReason::Stopped
        };
        Fault::new(reason, words)
    }

    /// Tells it to end and, if it doesn't, ends it.
    pub(super) async fn stop(&mut self) {
        self.stdin = None;
        if timeout(STOP_WITHIN, self.child.wait()).await.is_ok() {
            return;
        }
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the worker can't be ended");
        }
    }
}
