//! A gateway process with its data folder. When it ends, everything that it left behind is searched for planted values.

use parking_lot::Mutex;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

use crate::client::{Answer, Exchange, call};
use crate::planted::planted_in;
use crate::upstream::Upstream;

const BINARY: &str = env!("CARGO_BIN_EXE_vestibule");

/// How a gateway is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Whether apps get in without a key.
    pub(crate) open: bool,
    /// Level; at least `info`, for the addresses are read from the log.
    pub(crate) log: &'static str,
    /// Text of a policy, where it isn't the built-in one.
    pub(crate) policy: Option<String>,
    /// Further keys of the listener for apps.
    pub(crate) server: String,
    /// Further tables of the configuration.
    pub(crate) more: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            open: true,
            log: "trace",
            policy: None,
            server: String::new(),
            more: String::new(),
        }
    }
}

/// The folder of a gateway, over several lives of it.
#[derive(Debug, Clone)]
pub(crate) struct Home(Arc<TempDir>);

impl Home {
    pub(crate) fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn config(&self) -> PathBuf {
        self.0.path().join("vestibule.toml")
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("stderr")
    }

    /// Writes the configuration, for commands before the gateway starts.
    pub(crate) fn configure(&self, upstream: &Upstream, setup: &Setup) {
        fs::write(self.config(), configuration(self, upstream, setup)).unwrap();
    }

    /// Runs the command line beside the gateway.
    pub(crate) fn run(&self, args: &[&str]) -> std::process::Output {
        Command::new(BINARY)
            .arg("--config")
            .arg(self.config())
            .args(args)
            .env_clear()
            .output()
            .unwrap()
    }

    /// As [`Home::run`], with no file to grow at all.
    pub(crate) fn run_without_room(&self, args: &[&str]) -> std::process::Output {
        Command::new("/bin/sh")
            .args(["-c", "ulimit -f 0; exec \"$0\" --config \"$@\"", BINARY])
            .arg(self.config())
            .args(args)
            .env_clear()
            .output()
            .unwrap()
    }

    /// Every entry of the audit log.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let listed = self.run(&["audit", "list", "--json", "--limit", "0"]);
        let errors = String::from_utf8_lossy(&listed.stderr).into_owned();
        assert!(listed.status.success(), "{errors}");
        let lines = std::str::from_utf8(&listed.stdout).unwrap().lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The entries of one request.
    pub(crate) fn audit_of(&self, request_id: &str) -> Vec<Value> {
        let mut entries = self.audit();
        entries.retain(|entry| entry["request_id"] == request_id);
        entries
    }

    /// Checks the log.
    pub(crate) fn verify(&self) {
        let report = self.run(&["audit", "verify"]);
        let said = String::from_utf8_lossy(&report.stdout).into_owned();
        assert_eq!(report.status.code(), Some(0), "{said}");
    }

    /// Fails where a file of the data folder or the log holds a planted value. The key file holds none by nature.
    pub(crate) fn hunt(&self) {
        let mut files = vec![self.log()];
        files_below(&self.data(), &mut files);
        for file in files.iter().filter(|file| !file.ends_with("kek")) {
            // A file that went away meanwhile was searched under its next name.
            let bytes = fs::read(file).unwrap_or_default();
            hunt(&bytes, &file.display().to_string());
        }
    }
}

/// Fails where these bytes hold a planted value.
pub(crate) fn hunt(bytes: &[u8], place: &str) {
    if let Some(value) = planted_in(bytes) {
        panic!("{place} holds {value}");
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else if path.is_file() && path.extension().is_none_or(|ending| ending != "gguf") {
            files.push(path);
        }
    }
}

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) home: Home,
    pub(crate) data: SocketAddr,
    pub(crate) admin: SocketAddr,
    process: Child,
}

impl Gateway {
    /// Starts one in a folder of its own and waits until it is ready.
    pub(crate) fn start(upstream: &Upstream, setup: &Setup) -> Self {
        Self::start_in(&Home::new(), upstream, setup)
    }

    /// Starts one in this folder.
    pub(crate) fn start_in(home: &Home, upstream: &Upstream, setup: &Setup) -> Self {
        home.configure(upstream, setup);
        let log = fs::File::create(home.log()).unwrap();
        let process = Command::new(BINARY)
            .args(["serve", "--config"])
            .arg(home.config())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut gateway = Self {
            home: home.clone(),
            data: nowhere,
            admin: nowhere,
            process,
        };
        gateway.wait_open();
        gateway
    }

    fn wait_open(&mut self) {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.home.log()).unwrap();
            let open = log
                .lines()
                .find(|line| line.contains("the gateway is open"));
            if let Some(line) = open {
                (self.data, self.admin) = (address(line, "data="), address(line, "admin="));
                return;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none(), "it did not start: {log}");
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it never started: {log}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends a chat request.
    pub(crate) fn chat(&self, body: &[u8]) -> Answer {
        self.post(&[], body)
    }

    /// Sends a chat request with these headers.
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        call(self.data, "POST", "/v1/chat/completions", headers, body)
    }

    /// Sends a chat request and leaves its reply to be read.
    pub(crate) fn begin(&self, body: &[u8]) -> Exchange {
        Exchange::begin(self.data, "POST", "/v1/chat/completions", &[], body).unwrap()
    }

    /// Asks the listener for those who watch.
    pub(crate) fn ask(&self, path: &str) -> Answer {
        call(self.admin, "GET", path, &[], b"")
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.home.log()).unwrap()).into_owned()
    }

    /// Tells it to stop.
    pub(crate) fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Stops it as an operator would, and searches what it left.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.terminate();
        let status = self.wait();
        self.home.hunt();
        status
    }

    /// Lets no file of the gateway be written beyond so many bytes; `None` lifts it.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let limit = rustix::process::Rlimit {
            current: bytes,
            maximum: None,
        };
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::prlimit(Some(pid), rustix::process::Resource::Fsize, limit).unwrap();
    }

    /// Sends SIGKILL.
    pub(crate) fn kill_now(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.wait();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.terminate();
            self.wait();
            if !std::thread::panicking() {
                self.home.hunt();
            }
        }
    }
}

fn configuration(home: &Home, upstream: &Upstream, setup: &Setup) -> String {
    let policy = setup.policy.as_ref().map(|text| {
        let path = home.0.path().join("policy.yaml");
        fs::write(&path, text).unwrap();
        format!("[policy]\nfile = \"{}\"\n", path.display())
    });
    let Setup {
        open,
        log,
        server,
        more,
        ..
    } = setup;
    format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nopen = {open}\n{server}\n[admin]\nlisten = \"127.0.0.1:0\"\n\
         [data]\nfolder = \"{}\"\n[log]\nlevel = \"{log}\"\n\
         [destinations.deepseek]\nkind = \"deepseek\"\nbase_url = \"http://{}\"\napi_key = \"no-real-key\"\n\
         {}{more}",
        home.data().display(),
        upstream.address,
        policy.unwrap_or_default(),
    )
}

fn address(line: &str, name: &str) -> SocketAddr {
    let rest = line.split(name).nth(1).unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

/// A gateway under the built-in policy with its destination, as most tests need it.
#[derive(Debug)]
pub(crate) struct Shared(Gateway);

impl std::ops::Deref for Shared {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.0
    }
}

/// The destination of all tests.
pub(crate) static UPSTREAM: LazyLock<Upstream> = LazyLock::new(Upstream::start);

/// The gateway that is there for tests running at the same time; the last one that lets go of it stops it.
pub(crate) fn shared() -> Arc<Shared> {
    static RUNNING: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock();
    running.upgrade().unwrap_or_else(|| {
        let gateway = Arc::new(Shared(Gateway::start(&UPSTREAM, &Setup::default())));
        *running = Arc::downgrade(&gateway);
        gateway
    })
}
