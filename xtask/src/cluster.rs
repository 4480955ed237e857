//! A temporary PostgreSQL cluster.
//!
//! This file chooses its folder, its user and its settings. `cluster.sh` creates,
//! runs and deletes it in a separate process, which ends after this one and so
//! cleans up however this one ends.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::{
        fs::{DirBuilderExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, ChildStdout, Command, Stdio},
};

use crate::{
    failure::Failure,
    install,
    process::{log, output_of, run},
};

/// The maximum number of starts: another program may take the port before the
/// server binds it.
const ATTEMPTS: u32 = 3;

/// Whether committed data survives a power failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Fast, without fsync: for tests. Supports TLS.
    Volatile,
    /// Commits are flushed to disk: for measurements. Without TLS, which clients
    /// would use by default and which costs time.
    Durable,
}

/// A running cluster. When it is dropped, or this process ends, the server stops
/// and its files are deleted.
pub(crate) struct Cluster {
    shell: Child,
    /// Kept open so that the shell never writes to a closed pipe.
    _stdout: BufReader<ChildStdout>,
    dir: PathBuf,
    port: u16,
    pid: u32,
}

impl Cluster {
    pub(crate) fn start(bin: &Path, durability: Durability) -> Result<Self, Failure> {
        if durability == Durability::Volatile {
            install::program("openssl", &["openssl"])?;
        }
        let owner = owner()?;
        for attempt in 1..=ATTEMPTS {
            let started = Self::attempt(bin, durability, owner, attempt)?;
            if let Some(cluster) = started {
                log(&format!(
                    "PostgreSQL (process {}) at {}",
                    cluster.pid,
                    cluster.url()
                ));
                return Ok(cluster);
            }
        }
        Err(Failure::ClusterDidNotStart { attempts: ATTEMPTS })
    }

    /// Tries to start the server. Returns `None` if it did not start; its log was
    /// printed.
    fn attempt(
        bin: &Path,
        durability: Durability,
        owner: Option<(u32, u32)>,
        attempt: u32,
    ) -> Result<Option<Self>, Failure> {
        let dir = folder(durability, owner, attempt)?;
        let port = free_port()?;
        log(&format!(
            "creating a PostgreSQL cluster in {} ({})",
            dir.display(),
            bin.display()
        ));

        let mut command = Command::new("sh");
        command.args(["-c", include_str!("cluster.sh"), "cluster.sh"]);
        command
            .arg(&dir)
            .arg(bin)
            .arg(settings(durability, &dir, port))
            .arg(match durability {
                Durability::Volatile => "--no-sync",
                Durability::Durable => "",
            });
        if let Some((user, group)) = owner {
            command.uid(user).gid(group);
        }
        // In its own process group, Ctrl-C does not reach the shell: it ends when this
        // process ends.
        command
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut shell = command.spawn().map_err(Failure::io("starting sh"))?;

        let stdout = shell.stdout.take().map(BufReader::new);
        let Some(mut stdout) = stdout else {
            return Ok(None);
        };
        let mut line = String::new();
        stdout
            .read_line(&mut line)
            .map_err(Failure::io("waiting for PostgreSQL"))?;
        let Ok(pid) = line.trim().parse() else {
            drop(shell.stdin.take());
            shell.wait().map_err(Failure::io("waiting for sh"))?;
            return Ok(None);
        };
        Ok(Some(Self {
            shell,
            _stdout: stdout,
            dir,
            port,
            pid,
        }))
    }

    /// The URL for the superuser `postgres`, without a password.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The certificate authority, for a cluster with TLS.
    pub(crate) fn certificate_authority(&self) -> PathBuf {
        self.dir.join("ca.crt")
    }

    /// The process id of the postmaster, the parent of all processes of the server.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        match self.shell.wait() {
            Ok(status) if status.success() => log("PostgreSQL stopped, its files deleted"),
            Ok(status) => eprintln!("xtask: PostgreSQL may not have stopped cleanly ({status})"),
            Err(error) => eprintln!("xtask: PostgreSQL may still be running: {error}"),
        }
    }
}

/// The numeric user and group for the server; `None` for those of this process.
fn owner() -> Result<Option<(u32, u32)>, Failure> {
    if !install::is_root() {
        return Ok(None);
    }
    if output_of("id", &["-u", "postgres"]).is_none() {
        run(Command::new("useradd").args(["--system", "--user-group", "postgres"]))?;
    }
    let number = |flag| output_of("id", &[flag, "postgres"]).and_then(|n| n.parse().ok());
    match (number("-u"), number("-g")) {
        (Some(user), Some(group)) => Ok(Some((user, group))),
        _ => Err(Failure::Missing { program: "id" }),
    }
}

/// A new folder that only the cluster's owner may enter.
fn folder(
    durability: Durability,
    owner: Option<(u32, u32)>,
    attempt: u32,
) -> Result<PathBuf, Failure> {
    // The path is short, because that of a socket has at most 107 bytes. A durable
    // cluster must not be in `/tmp`, which may be in memory.
    let parent = match durability {
        Durability::Volatile => "/tmp",
        Durability::Durable => "/var/tmp",
    };
    let dir = Path::new(parent).join(format!("freehold-pg-{}-{attempt}", process::id()));
    let doing = || format!("creating {}", dir.display());
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&dir)
        .map_err(Failure::io(doing()))?;
    if let Some((user, group)) = owner {
        chown(&dir, Some(user), Some(group)).map_err(Failure::io(doing()))?;
    }
    Ok(dir)
}

fn free_port() -> Result<u16, Failure> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Failure::io("looking for a free port"))
}

/// Lines for `postgresql.conf`.
fn settings(durability: Durability, dir: &Path, port: u16) -> String {
    let common = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\n\
         unix_socket_directories = '{}'\nmax_connections = 400\n",
        dir.display()
    );
    let own = match durability {
        Durability::Volatile => format!(
            "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n\
             ssl = on\nssl_cert_file = '{0}/server.crt'\nssl_key_file = '{0}/server.key'\n",
            dir.display()
        ),
        Durability::Durable => format!(
            "fsync = on\nfull_page_writes = on\nsynchronous_commit = on\nshared_buffers = {}\n",
            shared_buffers()
        ),
    };
    common + &own
}

/// A gigabyte if at least four are available.
fn shared_buffers() -> &'static str {
    const FOUR_GIB_IN_KIB: u64 = 4 << 20;
    let available = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("MemAvailable:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    if available.is_some_and(|kib| kib >= FOUR_GIB_IN_KIB) {
        "1GB"
    } else {
        "256MB"
    }
}
