//! The same commands in databases of 1,000, 100,000 and 1,000,000 organizations.
//!
//! `members` is the first of these sizes alone: what it costs to invite, accept and
//! leave. `fill` adds the organizations, `users` has the requests.

mod fill;
mod users;

use std::{collections::BTreeMap, fs};

use serde::Serialize;

use super::run::EngineRun;
use crate::{
    error::{BenchError, Result, io},
    load::client::Request,
    plan::Part,
    report,
    system::{
        process::{CpuScope, cpu_us, threads_cpu_us, wait_until_idle},
        server::Server,
        write_ahead_log::WriteAheadLog,
    },
};

use users::{USERS_PER_GROUP, Users};

/// The numbers of organizations, of which `--organizations` is the largest.
pub(crate) const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
/// The size at which creations are also measured as a load.
pub(crate) const LOADED_SIZE: u32 = SIZES[1];
/// Connections of each group of requests.
const CONNECTIONS: usize = 16;
/// Requests that are sent one after the other, to measure bytes and to warm up.
const SINGLE_REQUESTS: usize = 64;
/// Threads of the server with this prefix only hash passwords.
const HASHING_THREADS: &str = "hash-";

/// What one command costs at one size, per request.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Growth {
    /// Processor time of server and database, without password hashing.
    pub(crate) cpu_us: f64,
    /// Bytes in the write-ahead log, of requests that commit alone.
    pub(crate) bytes: f64,
}

/// Costs by size and by name.
pub(crate) type GrowthBySize = BTreeMap<u32, BTreeMap<&'static str, Growth>>;

impl EngineRun<'_> {
    /// Measures all sizes in a database of their own.
    pub(super) fn growth(&mut self) -> Result<()> {
        let folder = self.folder.join("growth");
        io("a folder", fs::create_dir(&folder))?;
        let outer = std::mem::replace(&mut self.folder, folder);
        let result = self.all_sizes();
        self.folder = outer;
        result
    }

    fn all_sizes(&mut self) -> Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.fresh_database(self.client)?;
        }
        // The first start creates the schema.
        self.start(false)?.stop()?;
        let mut filled = 0;
        for size in SIZES {
            let wanted = size == SIZES[0]
                || self.bench.wants(Part::Growth) && size <= self.bench.organizations;
            if !wanted {
                continue;
            }
            fill::fill(self.client, &self.settings(false), filled..size)?;
            filled = size;
            let server = self.start(false)?;
            self.one_size(&server, size)?;
            server.stop()?;
        }
        Ok(())
    }

    fn one_size(&mut self, server: &Server, size: u32) -> Result<()> {
        let users = Users::create(self.client, server, size)?;
        // Five seconds are the default length of a load.
        let count = |per_second: u32| (per_second * self.bench.seconds) as usize;
        let many = |count: usize, request: &dyn Fn(usize) -> Request| -> Vec<Request> {
            (0..SINGLE_REQUESTS + count).map(request).collect()
        };
        let creations = many(count(400), &|n| users.create_organization(n));
        self.group(server, size, "create", &creations)?;
        let lists = many(count(1_000), &|n| users.list(n));
        self.group(server, size, "list", &lists)?;
        // A guest can be invited once by each host.
        let memberships = count(400).min(USERS_PER_GROUP * (USERS_PER_GROUP - 1) - SINGLE_REQUESTS);
        let invitations = many(memberships, &|n| users.invite(n));
        let invited = self.group(server, size, "invite", &invitations)?;
        let accepts: Vec<Request> = invited
            .iter()
            .enumerate()
            .map(|(n, invited)| users.accept(n, invited))
            .collect::<Result<_>>()?;
        self.group(server, size, "accept", &accepts)?;
        let leaves = many(memberships, &|n| users.leave(n));
        self.group(server, size, "leave", &leaves)?;
        let sign_ins = many(count(60), &|n| users.sign_in(n));
        let signed_in = self.group(server, size, "sign-in", &sign_ins)?;
        // A refusal has status 200 too, and is cheaper.
        if let Some(refusal) = signed_in
            .into_iter()
            .find(|reply| !reply.contains(r#""status":"OK""#))
        {
            return Err(BenchError::Response {
                request: "POST /auth/signin".into(),
                status: 200,
                body: refusal,
            });
        }
        let accounts = many(count(300), &|n| users.create_account(n));
        self.group(server, size, "admin-single", &accounts)?;
        if size == LOADED_SIZE {
            self.creations_under_load(server, &users)?;
        }
        Ok(())
    }

    /// Sends the requests of one command and records what they cost. Returns the
    /// responses.
    fn group(
        &mut self,
        server: &Server,
        size: u32,
        name: &'static str,
        requests: &[Request],
    ) -> Result<Vec<String>> {
        let (single, rest) = requests.split_at(SINGLE_REQUESTS.min(requests.len()));
        let log = WriteAheadLog::start(self.client, &self.settings(false))?;
        let mut replies = self.client.send_all(single, 1)?;
        let bytes = log.bytes(self.client)? as f64 / single.len().max(1) as f64;

        wait_until_idle(CpuScope::Process(server.pid()))?;
        let before = self.cpu_without_hashing(server)?;
        replies.extend(self.client.send_all(rest, CONNECTIONS)?);
        let used = self.cpu_without_hashing(server)?.saturating_sub(before);
        let cost = Growth {
            cpu_us: used as f64 / rest.len().max(1) as f64,
            bytes,
        };
        let text = format!(
            "{name} among {size}: {:.0} µs, {:.0} bytes",
            cost.cpu_us, cost.bytes
        );
        report::line(self.measured.engine, Part::Growth.name(), &text);
        let costs = self.measured.growth.entry(size).or_default();
        costs.insert(name, cost);
        Ok(replies)
    }

    fn cpu_without_hashing(&self, server: &Server) -> Result<u64> {
        let all = cpu_us(CpuScope::Process(server.pid()))?;
        let hashing = threads_cpu_us(server.pid(), HASHING_THREADS)?;
        let database = self.cluster.map_or(Ok(0), |c| cpu_us(c.processes()?))?;
        Ok(all.saturating_sub(hashing) + database)
    }

    /// Measures creations as the part `create` does, and the bytes of each.
    fn creations_under_load(&mut self, server: &Server, users: &Users<'_>) -> Result<()> {
        let keys = self.folder.join("host-keys");
        let lines: Vec<&str> = users.hosts.iter().map(|h| h.user.key.as_str()).collect();
        io("credentials", fs::write(&keys, lines.join("\n")))?;
        let job = self.job("create.lua", server.url("/organizations/"), Some(&keys));
        let load = self.load(server.pid(), &job, true, true)?;
        self.measured.loads.insert(Part::Growth.name(), load);
        report::load(Part::Growth, &self.measured);

        // Separately, because SQLite's log is not reused meanwhile, which costs time.
        let job = self.job("create.lua", server.url("/organizations/"), Some(&keys));
        let log = WriteAheadLog::start(self.client, &self.settings(false))?;
        let figures = job.run()?;
        let bytes = log.bytes(self.client)? as f64 / figures.requests as f64;
        let text = format!("create among {LOADED_SIZE} under load: {bytes:.0} bytes");
        report::line(self.measured.engine, Part::Growth.name(), &text);
        self.measured.bytes_per_creation = Some(bytes);
        Ok(())
    }
}
