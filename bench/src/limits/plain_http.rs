//! The plain axum server: the cost of HTTP and JSON alone. `freehold-bench plain`
//! runs it as a separate process.
#![expect(
    clippy::disallowed_methods,
    reason = "ids of a raw limit need not be repeatable"
)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use axum::{Json, Router, extract::State, routing::get};
use serde::Serialize;

use crate::error::{BenchError, Result, io};

/// An element like those in the list of organizations, so that serializing it costs
/// the same.
#[derive(Debug, Clone, Serialize)]
struct Organization {
    id: uuid::Uuid,
    slug: Option<String>,
    name: String,
    description: Option<String>,
    flags: Flags,
    tags: Option<String>,
    meta: Option<String>,
    owner_id: uuid::Uuid,
    members: Vec<String>,
    invitations: Vec<String>,
    workspaces: Vec<uuid::Uuid>,
}

#[derive(Debug, Clone, Serialize)]
struct Flags {
    is_demo: bool,
}

fn response_of_size(bytes: usize) -> Result<Vec<Organization>> {
    let id = uuid::Uuid::now_v7();
    let mut one = vec![Organization {
        id,
        slug: None,
        name: String::new(),
        description: None,
        flags: Flags { is_demo: false },
        tags: None,
        meta: None,
        owner_id: id,
        members: vec![],
        invitations: vec![],
        workspaces: vec![id],
    }];
    let empty = serde_json::to_vec(&one)?.len();
    one[0].name = "n".repeat(bytes.saturating_sub(empty));
    Ok(one)
}

/// Serves until the process is killed. Reports the port first.
pub(crate) fn serve(bytes: usize, report_port: impl FnOnce(u16)) -> Result<()> {
    let runtime = io(
        "tokio",
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build(),
    )?;
    let response = response_of_size(bytes)?;
    runtime.block_on(async {
        let app = Router::new()
            .route(
                "/",
                get(|State(response): State<Vec<Organization>>| async move { Json(response) }),
            )
            .with_state(response);
        let listener = io("listen", tokio::net::TcpListener::bind("127.0.0.1:0").await)?;
        report_port(io("listen", listener.local_addr())?.port());
        io("serve", axum::serve(listener, app).await)
    })
}

/// The plain server as a child process.
pub(crate) struct Plain {
    child: Child,
    port: u16,
}

impl Plain {
    /// Starts this program as the plain server.
    pub(crate) fn start(bytes: usize) -> Result<Self> {
        let me = io("own path", std::env::current_exe())?;
        let mut child = io(
            "plain server",
            Command::new(me)
                .args(["plain", "--bytes", &bytes.to_string()])
                .stdout(Stdio::piped())
                .spawn(),
        )?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            io("plain server", BufReader::new(out).read_line(&mut line))?;
        }
        match line.trim().parse() {
            Ok(port) => Ok(Self { child, port }),
            Err(_) => Err(BenchError::Program {
                program: "freehold-bench plain",
                output: line,
            }),
        }
    }

    /// The process id, for measuring processor time.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The URL of the server.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::response_of_size;

    #[test]
    fn the_response_has_the_requested_size() {
        let length = response_of_size(420)
            .ok()
            .and_then(|r| serde_json::to_vec(&r).ok())
            .map(|b| b.len());
        assert_eq!(length, Some(420));
    }
}
