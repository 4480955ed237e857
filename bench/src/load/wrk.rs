//! Runs `wrk` and reads the output of its scripts. Not here: the requests, which
//! the scripts in `bench/lua/` generate.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde::{Deserialize, Serialize};

use crate::error::{BenchError, Result, io};

/// The options of one run of the load generator.
#[derive(Debug, Clone)]
pub(crate) struct Job<'a> {
    /// The script in `bench/lua/`.
    pub(crate) script: &'static str,
    /// The URL of the requests.
    pub(crate) url: String,
    /// The number of connections, each with one request at a time.
    pub(crate) connections: u32,
    /// The duration.
    pub(crate) seconds: u32,
    /// A file with one credential (or address) in each line.
    pub(crate) lines: Option<&'a Path>,
    /// A text that makes names unique among runs.
    pub(crate) tag: String,
}

/// The figures that the script printed.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Figures {
    /// Received responses.
    pub(crate) requests: u64,
    /// The duration.
    pub(crate) duration_us: u64,
    /// Received bytes.
    pub(crate) bytes: u64,
    /// Responses with a status of 400 or more.
    pub(crate) status_errors: u64,
    /// Failed connects, reads and writes.
    pub(crate) socket_errors: u64,
    /// Requests that timed out.
    pub(crate) timeouts: u64,
    /// Responses with status 200 whose body is a refusal.
    pub(crate) refused: u64,
    /// Median latency.
    pub(crate) p50_us: u64,
    /// 99th percentile of latency.
    pub(crate) p99_us: u64,
    /// The maximum latency.
    pub(crate) max_us: u64,
}

impl Figures {
    /// Responses per second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 * 1e6 / self.duration_us.max(1) as f64
    }
}

/// A running load.
pub(crate) struct Running {
    child: Child,
    name: String,
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lua")
}

impl Job<'_> {
    /// Starts the load without waiting for its end.
    pub(crate) fn start(&self) -> Result<Running> {
        let mut command = Command::new("wrk");
        command
            .args(["--threads", &self.connections.min(2).to_string()])
            .args(["--connections", &self.connections.to_string()])
            .args(["--duration", &format!("{}s", self.seconds)])
            // Password hashing queues, so a response may take seconds.
            .args(["--timeout", "60s"])
            .arg("--script")
            .arg(scripts().join(self.script))
            .arg(&self.url)
            .env("BENCH_LUA", scripts())
            .env("BENCH_TAG", &self.tag)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(lines) = self.lines {
            command.env("BENCH_TOKENS", lines);
        }
        let child = io("wrk (Debian package `wrk`)", command.spawn())?;
        Ok(Running {
            child,
            name: format!("{} {}", self.script, self.url),
        })
    }

    /// Starts the load and waits for its end.
    pub(crate) fn run(&self) -> Result<Figures> {
        self.start()?.finish()
    }
}

impl Running {
    /// Waits for the end. A load with a failed request is an error: a refusal is
    /// cheaper than the work, so the figures would be too good.
    pub(crate) fn finish(self) -> Result<Figures> {
        let finished = io("wrk", self.child.wait_with_output())?;
        let text = String::from_utf8_lossy(&finished.stdout);
        let Some(line) = text.lines().find_map(|l| l.strip_prefix("FIGURES ")) else {
            let output = format!("{text}{}", String::from_utf8_lossy(&finished.stderr));
            return Err(BenchError::Program {
                program: "wrk",
                output,
            });
        };
        let figures: Figures = serde_json::from_str(line)?;
        let failed =
            figures.status_errors + figures.socket_errors + figures.timeouts + figures.refused;
        if failed > 0 || figures.requests == 0 {
            let example = text
                .lines()
                .find_map(|l| l.strip_prefix("REFUSAL "))
                .unwrap_or_default();
            return Err(BenchError::Failures {
                scenario: self.name,
                failures: format!(
                    "of {} responses {} had an error status and {} were refusals; {} requests timed out, {} sockets failed {example}",
                    figures.requests,
                    figures.status_errors,
                    figures.refused,
                    figures.timeouts,
                    figures.socket_errors
                ),
            });
        }
        Ok(figures)
    }
}
