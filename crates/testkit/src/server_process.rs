//! The real program in a process of its own, as an operator runs it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use freehold_store::Database;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;

/// Builds the program with failpoints.
const BUILD_COMMAND: &str = "cargo build -p freehold-server --features failpoints";

/// A running `freehold`, which is killed when this value is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    client: Client,
    started: Instant,
}

impl ServerProcess {
    /// Starts the server on `database` with its files in `folder`, and waits
    /// until it prints its address. Its log is `freehold.log` in that folder.
    pub async fn start(database: &Database, folder: &Path, env: &[(&str, &str)]) -> Self {
        let started = Self::try_start(database, folder, env).await;
        started.unwrap_or_else(|| panic!("the server did not start: {}", read_log(folder)))
    }

    /// As [`ServerProcess::start`]; `None` if the server ends before it listens.
    pub async fn try_start(
        database: &Database,
        folder: &Path,
        env: &[(&str, &str)],
    ) -> Option<Self> {
        let mut process = Self::spawn(database, folder, env);
        let line = process.first_line().await?;
        let (_, url) = line.split_once(" on ").expect("a line with the address");
        process.client = Client::new(url.trim());
        Some(process)
    }

    /// Runs another command of the program and waits for its end.
    pub async fn run_command(
        database: &Database,
        folder: &Path,
        env: &[(&str, &str)],
        args: &[&str],
    ) -> Output {
        let mut command = Self::command(database, folder, env);
        command.args(args).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output());
        output.await.expect("the output").expect("the program")
    }

    /// Starts another command of the program without waiting.
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

    /// Starts the server without waiting.
    pub fn spawn(database: &Database, folder: &Path, env: &[(&str, &str)]) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_file(folder));
        let mut command = Self::command(database, folder, env);
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

    /// A command of the program on this database, without this process's own
    /// `FREEHOLD_…` settings. `FREEHOLD_TEST_PROGRAM` in `env` names another program
    /// of this workspace, such as the sample edition.
    fn command(database: &Database, folder: &Path, env: &[(&str, &str)]) -> Command {
        let url = match database {
            Database::Sqlite { path } => format!("sqlite:{}", path.display()),
            Database::Postgres { url, .. } => url.clone(),
        };
        let program = env
            .iter()
            .find(|(name, _)| *name == "FREEHOLD_TEST_PROGRAM");
        let program = program.map_or("freehold", |(_, program)| program);
        let mut command = Command::new(binary_path(program));
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
            // A scenario with hundreds of sign-ins is not to be limited.
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
            // The rest of the output has to be read, or the server blocks.
            std::thread::spawn(move || lines.for_each(drop));
            first?.ok()
        });
        read.await.expect("a line")
    }

    /// A client without a credential.
    pub fn anonymous(&self) -> &Client {
        &self.client
    }

    /// Waits until the server is ready; returns the time since its start.
    pub async fn wait_until_ready(&self) -> Duration {
        loop {
            let response = self.client.get("/readyz").try_send().await;
            if response.is_some_and(|response| response.status() == 200) {
                return self.started.elapsed();
            }
            assert!(
                self.started.elapsed() < Duration::from_secs(20),
                "the server does not become ready"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Kills the process (`SIGKILL`) and waits for its end.
    pub fn kill(&mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("its end");
    }

    /// Sends `SIGTERM`, as a service manager does.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("a process to stop");
    }

    /// Waits until the process ends.
    pub async fn wait_for_exit(&mut self) -> ExitStatus {
        let started_waiting = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(
                started_waiting.elapsed() < Duration::from_secs(40),
                "the process does not end"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until the process ends; returns whether it was aborted, as by a
    /// failpoint.
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

/// The program, which cargo puts into one folder with the test program.
fn binary_path(program: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test program");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("cargo's folder");
    let binary_path = folder.join(program);
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

/// The server's log so far.
fn read_log(folder: &Path) -> String {
    std::fs::read_to_string(log_file(folder)).unwrap_or_default()
}
