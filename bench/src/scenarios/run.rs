//! The run on one database engine: starts the server, runs loads, and measures
//! their processor time and memory.

use std::path::{Path, PathBuf};

use crate::{
    error::{BenchError, Result},
    load::{client::Client, wrk::Job},
    plan::{Bench, Engine, Part},
    report,
    results::{Load, Measured},
    system::{
        postgres::Cluster,
        process::{CpuScope, RssSampler, cpu_us, peak_kib, rss_kib, wait_until_idle},
        server::{Server, Settings},
    },
};

/// The run on one engine.
pub(super) struct EngineRun<'b> {
    pub(super) bench: &'b Bench,
    pub(super) client: &'b Client,
    pub(super) cluster: Option<&'b Cluster>,
    pub(super) folder: PathBuf,
    pub(super) measured: Measured,
    loads: u32,
}

impl<'b> EngineRun<'b> {
    pub(super) fn new(
        bench: &'b Bench,
        engine: Engine,
        cluster: Option<&'b Cluster>,
        client: &'b Client,
        folder: PathBuf,
    ) -> Self {
        Self {
            bench,
            client,
            cluster,
            folder,
            measured: Measured::new(engine),
            loads: 0,
        }
    }

    pub(super) fn part(&mut self, part: Part, measure: impl FnOnce(&mut Self) -> Result<()>) {
        if self.bench.wants(part)
            && let Err(error) = measure(self)
        {
            self.problem(part.name(), &error);
        }
    }

    pub(super) fn problem(&mut self, what: &str, error: &BenchError) {
        let text = format!("{what}: {error}");
        report::line(self.measured.engine, "not measured", &text);
        self.measured.problems.push(text);
    }

    pub(super) fn seconds(&self) -> u32 {
        self.bench.seconds
    }

    pub(super) fn settings(&self, seeds: bool) -> Settings {
        Settings {
            binary: self.bench.binary.clone(),
            folder: self.folder.clone(),
            database: self.cluster.map(|c| c.database.clone()),
            seeds,
            limits: false,
            callgrind: false,
        }
    }

    pub(super) fn start(&mut self, seeds: bool) -> Result<Server> {
        let server = Server::start(&self.settings(seeds), self.client)?;
        self.measured
            .ready_ms
            .push(server.ready_after.as_secs_f64() * 1e3);
        Ok(server)
    }

    pub(super) fn job<'a>(
        &mut self,
        script: &'static str,
        url: String,
        lines: Option<&'a Path>,
    ) -> Job<'a> {
        self.loads += 1;
        Job {
            script,
            url,
            connections: self.bench.connections,
            seconds: self.bench.seconds,
            lines,
            tag: format!("load{}", self.loads),
        }
    }

    /// Runs a load and measures its cost, after a second of warming up if `warm`.
    pub(super) fn load(
        &self,
        pid: u32,
        job: &Job<'_>,
        warm: bool,
        with_database: bool,
    ) -> Result<Load> {
        let server = CpuScope::Process(pid);
        let database = self
            .cluster
            .filter(|_| with_database)
            .map(Cluster::processes)
            .transpose()?;
        let database_cpu = || database.map_or(Ok(0), cpu_us);
        if warm {
            Job {
                seconds: 1,
                tag: format!("{}w", job.tag),
                ..job.clone()
            }
            .run()?;
            wait_until_idle(server)?;
        }
        let rss_before_kib = rss_kib(pid)?;
        let watch = RssSampler::start(pid);
        let (server_before, database_before) = (cpu_us(server)?, database_cpu()?);
        let figures = job.run()?;
        let (server_after, database_after) = (cpu_us(server)?, database_cpu()?);
        let rss_max_kib = watch.max_kib();
        // Hashes of requests that were abandoned at the end must not be counted in
        // the next load.
        wait_until_idle(server)?;
        let per_request = |used: u64| used as f64 / figures.requests as f64;
        Ok(Load {
            server_us: per_request(server_after.saturating_sub(server_before)),
            database_us: per_request(database_after.saturating_sub(database_before)),
            rss_before_kib,
            rss_max_kib,
            hwm_kib: peak_kib(pid)?,
            figures,
        })
    }

    pub(super) fn record(&mut self, part: Part, load: Load) {
        self.measured.loads.insert(part.name(), load);
        report::load(part, &self.measured);
    }
}
