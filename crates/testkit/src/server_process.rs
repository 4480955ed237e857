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
const BUILD_COMMAND: &str = "cargo build -p freehold-server --features failpoints";

/// A running `freehold`, which is killed when this value goes away.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    client: Client,
    started: Instant,
}

impl ServerProcess {
    /// Starts it on `database` with its files in `folder`, and waits until it
    /// says where it listens. Its log is `freehold.log` in that folder.
    pub async fn start(database: &Database, folder: &Path, env: &[(&str, &str)]) -> Self {
        let started = Self::try_start(database, folder, env).await;
        started.unwrap_or_else(|| panic!("it did not start: {}", read_log(folder)))
    }

    /// As [`ServerProcess::start`]; nothing when it ends before it listens.
    pub async fn try_start(
        database: &Database,
        folder: &Path,
        env: &[(&str, &str)],
    ) -> Option<Self> {
        let mut process = Self::spawn(database, folder, env);
        let line = process.first_line().await?;
        let (_, url) = line.split_once(" on ").expect("where it listens");
        process.client = Client::new(url.trim());
        Some(process)
    }

    /// Runs one of its other commands to its end.
    pub async fn run_command(
        database: &Database,
        folder: &Path,
        env: &[(&str, &str)],
        args: &[&str],
    ) -> Output {
        let mut command = Self::command(database, folder, env);
        command.args(args).stdin(Stdio::null());
        let ended = tokio::task::spawn_blocking(move || command.output());
        ended.await.expect("its end").expect("the program")
    }

    /// Starts one of its other commands and waits for nothing.
    pub fn spawn_command(
        database: &Database,
        folder: &Path,
        env: &[(&str, &str)],
        args: &[&str],
    ) -> Self {
        let mut command = Self::command(database, folder, env);
        command.args(args).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self {
            started: Instant::now(),
            child: command.spawn().expect("the program"),
            client: Client::new(""),
        }
    }

    /// Starts it and waits for nothing.
    pub fn spawn(database: &Database, folder: &Path, env: &[(&str, &str)]) -> Self {
        let read_log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_file(folder));
        let mut command = Self::command(database, folder, env);
        command
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(read_log.expect("a log file"));
        Self {
            started: Instant::now(),
            child: command.spawn().expect("the program"),
            client: Client::new(""),
        }
    }

    /// The program on this database, with nothing else of this process's settings.
    fn command(database: &Database, folder: &Path, env: &[(&str, &str)]) -> Command {
        let url = match database {
            Database::Sqlite { path } => format!("sqlite:{}", path.display()),
            Database::Postgres { url, .. } => url.clone(),
        };
        let mut command = Command::new(binary_path());
        // Only what is said here: nothing of the environment that tests run in.
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| name.to_string_lossy().starts_with("FREEHOLD_")) {
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
            .envs(env.iter().copied());
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
    pub fn anonymous(&self) -> &Client {
        &self.client
    }

    /// Waits until it can answer everything; how long after its start.
    pub async fn wait_until_ready(&self) -> Duration {
        loop {
            let response = self.client.get("/readyz").try_send().await;
            if response.is_some_and(|response| response.status() == 200) {
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
    pub async fn wait_for_exit(&mut self) -> ExitStatus {
        let started_waiting = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(
                started_waiting.elapsed() < Duration::from_secs(40),
                "it does not end"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Whether it was ended by an abort, which is what a failpoint does.
    pub async fn was_aborted(&mut self) -> bool {
        self.wait_for_exit().await.signal() == Some(Signal::ABORT.as_raw())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beside the test program: cargo puts both into one folder.
fn binary_path() -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo's folder");
    let binary_path = folder.join("freehold");
    assert!(
        binary_path.exists(),
        "{} is missing: run `{BUILD_COMMAND}`",
        binary_path.display()
    );
    binary_path
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("freehold.log")
}

/// What it wrote down so far.
fn read_log(folder: &Path) -> String {
    std::fs::read_to_string(log_file(folder)).unwrap_or_default()
}
