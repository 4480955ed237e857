//! The real program, as an operator runs it: started, killed, asked to stop.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use freehold_store::Database;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;

/// How the program is built for tests that stop it between two statements.
const BUILD: &str = "cargo build -p freehold-server --features failpoints";

/// A running `freehold`, which is killed when this value goes away.
#[derive(Debug)]
pub struct Freehold {
    child: Child,
    client: Client,
    started: Instant,
}

impl Freehold {
    /// Starts it on `database` with its files in `folder`, and waits until it
    /// says where it listens. Its log is `freehold.log` in that folder.
    pub async fn start(database: &Database, folder: &Path, more: &[(&str, &str)]) -> Self {
        let started = Self::try_start(database, folder, more).await;
        started.unwrap_or_else(|| panic!("it did not start: {}", log(folder)))
    }

    /// As [`Freehold::start`]; nothing when it ends before it listens.
    pub async fn try_start(
        database: &Database,
        folder: &Path,
        more: &[(&str, &str)],
    ) -> Option<Self> {
        let mut spawned = Self::spawn(database, folder, more);
        let line = spawned.first_line().await?;
        let (_, url) = line.split_once(" on ").expect("where it listens");
        spawned.client = Client::new(url.trim());
        Some(spawned)
    }

    /// Runs one of its other commands to its end.
    pub async fn run(
        database: &Database,
        folder: &Path,
        more: &[(&str, &str)],
        words: &[&str],
    ) -> Output {
        let mut command = Self::command(database, folder, more);
        command.args(words).stdin(Stdio::null());
        let ended = tokio::task::spawn_blocking(move || command.output());
        ended.await.expect("its end").expect("the program")
    }

    /// Starts one of its other commands and waits for nothing.
    pub fn begin(
        database: &Database,
        folder: &Path,
        more: &[(&str, &str)],
        words: &[&str],
    ) -> Self {
        let mut command = Self::command(database, folder, more);
        command.args(words).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self {
            started: Instant::now(),
            child: command.spawn().expect("the program"),
            client: Client::new(""),
        }
    }

    /// Starts it and waits for nothing.
    pub fn spawn(database: &Database, folder: &Path, more: &[(&str, &str)]) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_file(folder));
        let mut command = Self::command(database, folder, more);
        command
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("a log file"));
        Self {
            started: Instant::now(),
            child: command.spawn().expect("the program"),
            client: Client::new(""),
        }
    }

    /// The program on this database, with nothing else of this process's settings.
    fn command(database: &Database, folder: &Path, more: &[(&str, &str)]) -> Command {
        let url = match database {
            Database::Sqlite { path } => format!("sqlite:{}", path.display()),
            Database::Postgres { url, .. } => url.clone(),
        };
        let mut command = Command::new(program());
        // Only what is said here: nothing of the environment that tests run in.
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("FREEHOLD_")) {
            command.env_remove(name);
        }
        command
            .current_dir(folder)
            .env("FREEHOLD_LISTEN", "127.0.0.1:0")
            .env("FREEHOLD_DATA_DIR", folder)
            .env("FREEHOLD_DATABASE_URL", url)
            .env("FREEHOLD_POSTGRES_READERS", "2")
            .env("FREEHOLD_POSTGRES_WRITERS", "8")
            // Attempts are counted, but a story of hundreds is none of guessing.
            .env("FREEHOLD_SIGN_IN_LIMIT_ACCOUNT", "100000")
            .env("FREEHOLD_SIGN_IN_LIMIT_ADDRESS", "100000")
            .envs(more.iter().copied());
        command
    }

    async fn first_line(&mut self) -> Option<String> {
        let stdout = self.child.stdout.take().expect("its output");
        let read = tokio::task::spawn_blocking(move || {
            let mut lines = BufReader::new(stdout).lines();
            let first = lines.next();
            // Whatever else it says must find somebody who reads.
            std::thread::spawn(move || lines.for_each(drop));
            first?.ok()
        });
        read.await.expect("a line")
    }

    /// Somebody whom the server does not know.
    pub fn stranger(&self) -> &Client {
        &self.client
    }

    /// Waits until it can answer everything; how long after its start.
    pub async fn ready(&self) -> Duration {
        loop {
            let answer = self.client.get("/readyz").try_send().await;
            if answer.is_some_and(|answer| answer.status() == 200) {
                return self.started.elapsed();
            }
            assert!(
                self.started.elapsed() < Duration::from_secs(20),
                "it does not get ready"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Ends it without any warning (`SIGKILL`).
    pub fn kill(&mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("its end");
    }

    /// Asks it to stop, as a service manager would.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("a process to ask");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let patience = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(
                patience.elapsed() < Duration::from_secs(40),
                "it does not end"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Whether it was ended by an abort, which is what a failpoint does.
    pub async fn aborted(&mut self) -> bool {
        self.ended().await.signal() == Some(Signal::ABORT.as_raw())
    }
}

impl Drop for Freehold {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beside the test program: cargo puts both into one folder.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo's folder");
    let program = folder.join("freehold");
    assert!(
        program.exists(),
        "{} is missing: run `{BUILD}`",
        program.display()
    );
    program
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("freehold.log")
}

/// What it wrote down so far.
fn log(folder: &Path) -> String {
    std::fs::read_to_string(log_file(folder)).unwrap_or_default()
}
