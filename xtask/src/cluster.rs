//! A PostgreSQL cluster for the occasion: made, run, and taken away again.
//!
//! Here: where it goes, as whom it runs, and how it is tuned. The steps
//! themselves are in `cluster.sh`, a process that outlives us by a moment so
//! that it can clear up whichever way we end.

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

/// Another program may take the port between our choosing it and the server's
/// binding it.
const ATTEMPTS: u32 = 3;

/// What the cluster promises about data it has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Fast, and gone after a power cut: for tests. Speaks TLS too.
    Volatile,
    /// Everything acknowledged is on the disk: for measurements. No TLS, which
    /// clients would choose by themselves and pay for.
    Durable,
}

/// A running cluster. Dropping it, or dying with it, stops the server and
/// removes its files.
pub(crate) struct Cluster {
    shell: Child,
    /// Held so that the keeper never writes into a closed pipe.
    _printed: BufReader<ChildStdout>,
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

    /// `None` if the server did not come up; its log has been shown by then.
    fn attempt(
        bin: &Path,
        durability: Durability,
        owner: Option<(u32, u32)>,
        attempt: u32,
    ) -> Result<Option<Self>, Failure> {
        let dir = folder(durability, owner, attempt)?;
        let port = free_port()?;
        log(&format!(
            "making a PostgreSQL cluster in {} ({})",
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
        // A process group of its own: Ctrl-C ends us, and our end tells it.
        command
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut shell = command.spawn().map_err(Failure::io("starting sh"))?;

        let printed = shell.stdout.take().map(BufReader::new);
        let Some(mut printed) = printed else {
            return Ok(None);
        };
        let mut line = String::new();
        printed
            .read_line(&mut line)
            .map_err(Failure::io("waiting for PostgreSQL"))?;
        let Ok(pid) = line.trim().parse() else {
            drop(shell.stdin.take());
            shell.wait().map_err(Failure::io("waiting for sh"))?;
            return Ok(None);
        };
        Ok(Some(Self {
            shell,
            _printed: printed,
            dir,
            port,
            pid,
        }))
    }

    /// For the superuser `postgres`, without a password.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The certificate to trust, for a cluster that speaks TLS.
    pub(crate) fn certificate_authority(&self) -> PathBuf {
        self.dir.join("ca.crt")
    }

    /// The postmaster, parent of every other process of the server.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        match self.shell.wait() {
            Ok(status) if status.success() => log("PostgreSQL stopped, its files removed"),
            Ok(status) => eprintln!("xtask: PostgreSQL may not have stopped cleanly ({status})"),
            Err(error) => eprintln!("xtask: PostgreSQL may be running still: {error}"),
        }
    }
}

/// The user and group to become, as numbers. `None`: we may stay who we are.
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
    // Short, for a socket's path has at most 107 bytes. And a temporary folder
    // in memory is what a durable cluster must not have.
    let parent = match durability {
        Durability::Volatile => "/tmp",
        Durability::Durable => "/var/tmp",
    };
    let dir = Path::new(parent).join(format!("freehold-pg-{}-{attempt}", process::id()));
    let doing = || format!("making {}", dir.display());
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

/// A gigabyte where it is not missed.
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
