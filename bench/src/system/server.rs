//! Starts and stops the measured server: the release binary, as an operator runs
//! it.

use std::{
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use url::Url;

use crate::{
    error::{BenchError, Result, io},
    load::client::Client,
};

/// The admin key.
const ADMIN_KEY: &str = "4f1d7b0a9c2e8d635b7a90f1e2c3d4a5";

/// The `Authorization` header of operators.
pub(crate) fn operator() -> String {
    format!("Access {ADMIN_KEY}")
}

/// The options of a start.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The server binary.
    pub(crate) binary: PathBuf,
    /// The data folder. With PostgreSQL it contains only the admin key.
    pub(crate) folder: PathBuf,
    /// The PostgreSQL database; `None` for SQLite in the data folder.
    pub(crate) database: Option<Url>,
    /// Whether new projects get their initial content.
    pub(crate) seeds: bool,
    /// Whether attempts and invitations are limited, as by default. Loads exceed the
    /// limits.
    pub(crate) limits: bool,
    /// Whether to run under `valgrind`, which counts instructions.
    pub(crate) callgrind: bool,
}

impl Settings {
    fn executable(&self) -> Command {
        if !self.callgrind {
            return Command::new(&self.binary);
        }
        let mut command = Command::new("valgrind");
        let mut file = OsString::from("--callgrind-out-file=");
        file.push(self.folder.join("callgrind.out"));
        command
            .args(["--tool=callgrind", "--quiet"])
            .arg(file)
            .arg(&self.binary);
        command
    }

    /// Returns the command for the binary with these settings only.
    pub(crate) fn program(&self) -> Command {
        let mut command = self.executable();
        // The server refuses unknown names in the environment, and this program's
        // own are unknown to it.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if ["FREEHOLD_", "AGENTA_", "POSTGRES_", "SUPERTOKENS_"]
                .iter()
                .any(|p| name.starts_with(p))
            {
                command.env_remove(&*name);
            }
        }
        command
            .env("FREEHOLD_DATA_DIR", &self.folder)
            .env("FREEHOLD_SEEDS", if self.seeds { "on" } else { "off" })
            .env("FREEHOLD_LOG", "warn");
        if let Some(url) = &self.database {
            command.env("FREEHOLD_DATABASE_URL", url.as_str());
        }
        command
    }
}

/// A server that runs until it is stopped or dropped.
pub(crate) struct Server {
    child: Child,
    base: String,
    /// The time from process start to the first 200 of `/readyz`.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts the server and waits until it is ready.
    pub(crate) fn start(settings: &Settings, client: &Client) -> Result<Self> {
        if !settings.binary.exists() {
            return Err(BenchError::NoServer(settings.binary.clone()));
        }
        let address = free_address()?;
        let log = settings.folder.join("server.log");
        let out = io("server log", File::create(&log))?;
        let mut command = settings.program();
        command
            .env("FREEHOLD_LISTEN", &address)
            .env("FREEHOLD_ADMIN_KEY", ADMIN_KEY)
            .stdin(Stdio::null())
            .stderr(io("server log", out.try_clone())?)
            .stdout(out);
        if !settings.limits {
            command
                .env("FREEHOLD_SIGN_IN_LIMIT_ADDRESS", "0")
                .env("FREEHOLD_SIGN_IN_LIMIT_ACCOUNT", "0")
                .env("FREEHOLD_INVITATION_LIMIT", "0");
        }
        let started = Instant::now();
        let child = io("start the server", command.spawn())?;
        let mut server = Self {
            child,
            base: format!("http://{address}"),
            ready_after: Duration::ZERO,
        };
        server.wait_until_ready(client, started, &log)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, client: &Client, started: Instant, log: &Path) -> Result<()> {
        let url = self.url("/readyz");
        while started.elapsed() < Duration::from_secs(60) {
            if client
                .send(Method::GET, &url, None, None)
                .is_ok_and(|r| r.status == 200)
            {
                self.ready_after = started.elapsed();
                return Ok(());
            }
            if io("server", self.child.try_wait())?.is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let output = std::fs::read_to_string(log).unwrap_or_default();
        Err(BenchError::Program {
            program: "freehold",
            output: format!("did not become ready: {output}"),
        })
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends SIGTERM and waits. A server that does not stop is an error.
    pub(crate) fn stop(mut self) -> Result<()> {
        io(
            "stop the server",
            kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(Into::into),
        )?;
        let limit = Instant::now() + Duration::from_secs(20);
        while Instant::now() < limit {
            if io("stop the server", self.child.try_wait())?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(BenchError::Program {
            program: "freehold",
            output: "did not stop within 20 s of SIGTERM".into(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn free_address() -> Result<String> {
    let listener = io("find a port", std::net::TcpListener::bind("127.0.0.1:0"))?;
    Ok(io("find a port", listener.local_addr())?.to_string())
}
