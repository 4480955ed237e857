//! What is measured on one engine, and in which order. Not here: how a load is
//! made (`wrk`), what counts as enough (`report`).

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use reqwest::Method;
use serde_json::json;

use crate::{
    Bench, Engine, Part,
    client::Client,
    crowd::Crowd,
    crowd_figures::Questions,
    error::{BenchError, Result, io},
    measure::{RssWatch, Whose, cpu_us, peak_kib, rss_kib, settle},
    password,
    people::People,
    plain::Plain,
    raw_postgres::Cluster,
    raw_sqlite, report,
    results::{Load, Measured},
    round_trips,
    server::{Server, Settings},
    wrk::Job,
};

/// Roughly what a list of one organization takes; used when there is no server
/// to ask for the true size.
const TYPICAL_LIST_BYTES: usize = 330;

/// One engine under measurement.
pub(crate) struct House<'b> {
    pub(crate) bench: &'b Bench,
    pub(crate) client: &'b Client,
    pub(crate) cluster: Option<&'b Cluster>,
    pub(crate) folder: PathBuf,
    pub(crate) measured: Measured,
    loads: u32,
}

/// Measures one engine in a fresh database.
pub(crate) fn run(
    bench: &Bench,
    engine: Engine,
    cluster: Option<&Cluster>,
    client: &Client,
) -> Result<Measured> {
    let folder = raw_sqlite::disk_folder()?;
    if let Some(cluster) = cluster {
        cluster.fresh_database(client)?;
    }
    let mut house = House {
        bench,
        client,
        cluster,
        folder: folder.path().to_owned(),
        measured: Measured::nothing_yet(engine),
        loads: 0,
    };
    house.part(Part::RawInserts, House::raw_inserts);
    if bench.wants_people()
        && let Err(error) = house.server_parts()
    {
        house.problem("server", &error);
    }
    // In a database of their own: what they cost is compared between sizes.
    if bench.wants_operators()
        && let Err(error) = house.operators()
    {
        house.problem("operators", &error);
    }
    // Beside a server the limits are measured next to what they limit; they
    // stand on their own when it is missing or not asked for.
    if !house.measured.loads.contains_key(Part::Plain.name()) {
        house.part(Part::Plain, |house| house.plain(TYPICAL_LIST_BYTES));
    }
    if house.measured.argon.is_none() {
        house.part(Part::Argon2, House::argon2);
    }
    Ok(house.measured)
}

impl House<'_> {
    pub(crate) fn part(&mut self, part: Part, measure: impl FnOnce(&mut Self) -> Result<()>) {
        if self.bench.wants(part)
            && let Err(error) = measure(self)
        {
            self.problem(part.name(), &error);
        }
    }

    fn problem(&mut self, what: &str, error: &BenchError) {
        let text = format!("{what}: {error}");
        report::line(self.measured.engine, "not measured", &text);
        self.measured.problems.push(text);
    }

    fn seconds(&self) -> u32 {
        self.bench.seconds
    }

    fn raw_inserts(&mut self) -> Result<()> {
        if let Some(cluster) = self.cluster {
            let raw = cluster.measure(self.client, &self.folder, self.seconds())?;
            report::raw_postgres(&raw);
            self.measured.raw_postgres = Some(raw);
        } else {
            let raw = raw_sqlite::measure(&self.folder, f64::from(self.seconds()))?;
            report::raw_sqlite(&raw);
            self.measured.raw_sqlite = Some(raw);
        }
        Ok(())
    }

    fn argon2(&mut self) -> Result<()> {
        let argon = password::measure(f64::from(self.seconds()))?;
        report::argon(self.measured.engine, argon);
        self.measured.argon = Some(argon);
        Ok(())
    }

    fn plain(&mut self, bytes: usize) -> Result<()> {
        let plain = Plain::start(bytes)?;
        let job = self.job("get.lua", plain.url(), None);
        // The plain server reads no credential, but is sent one of usual length.
        let lines = self.folder.join("no-keys");
        io(
            "credentials",
            std::fs::write(&lines, format!("ApiKey {}", "x".repeat(73))),
        )?;
        let job = Job {
            lines: Some(&lines),
            ..job
        };
        let load = self.load(plain.pid(), &job, true, false)?;
        self.keep(Part::Plain, load);
        Ok(())
    }

    pub(crate) fn settings(&self, seeds: bool) -> Settings {
        Settings {
            binary: self.bench.binary.clone(),
            folder: self.folder.clone(),
            database: self.cluster.map(|c| c.database.clone()),
            seeds,
        }
    }

    pub(crate) fn start(&mut self, seeds: bool) -> Result<Server> {
        let server = Server::start(&self.settings(seeds), self.client)?;
        self.measured
            .ready_ms
            .push(server.ready_after.as_secs_f64() * 1e3);
        Ok(server)
    }

    /// All parts that need the server. It is started anew between groups, so
    /// that memory taken by hashing is not charged to reads and creations.
    fn server_parts(&mut self) -> Result<()> {
        let server = self.start(false)?;
        let people = People::arrive(self.client, &server, &self.folder)?;
        server.stop()?;

        let server = self.start(false)?;
        thread::sleep(Duration::from_millis(500));
        self.measured.idle_kib = Some(rss_kib(server.pid())?);
        self.reads(&server, &people)?;
        self.part(Part::Create, |house| {
            house.create(&server, &people, Part::Create)
        });
        if self.bench.wants(Part::Create) || self.bench.wants(Part::ListKey) {
            self.measured.loaded_kib = Some(peak_kib(server.pid())?);
        }
        server.stop()?;

        if self.bench.wants(Part::CreateSeeded) {
            let server = self.start(true)?;
            self.part(Part::CreateSeeded, |house| {
                house.create(&server, &people, Part::CreateSeeded)
            });
            server.stop()?;
        }
        if self.bench.wants(Part::SignUp)
            || self.bench.wants(Part::SignIn)
            || self.bench.wants(Part::BusyReads)
        {
            let server = self.start(false)?;
            self.part(Part::Argon2, Self::argon2);
            self.part(Part::SignUp, |house| house.sign_up(&server));
            self.part(Part::SignIn, |house| house.sign_in(&server, &people));
            self.part(Part::BusyReads, |house| house.busy_reads(&server, &people));
            server.stop()?;
        }
        // Last, for nothing is as it was after it.
        self.part(Part::People, Self::many_people);
        Ok(())
    }

    fn reads(&mut self, server: &Server, people: &People) -> Result<()> {
        let list = server.url("/organizations/");
        let roles = server.url("/access/roles");
        let ask = |url: &str, who: &str| self.client.expect(200, Method::GET, url, Some(who), None);
        // One request by hand each: `wrk` sees statuses only, and an empty
        // list would be quick.
        let reply = ask(&list, &people.reader)?;
        let organizations: Vec<serde_json::Value> = serde_json::from_str(&reply.body)?;
        if organizations.len() != 1 {
            return Err(BenchError::Answer {
                request: format!("GET {list}"),
                status: 200,
                body: reply.body,
            });
        }
        ask(&list, &people.session)?;
        ask(&roles, &people.reader)?;

        self.part(Part::RoundTrips, |house| house.round_trips(server, people));
        self.part(Part::Plain, |house| house.plain(reply.body.len()));
        for (part, url, lines) in [
            (Part::ListKey, &list, &people.reader_keys),
            (Part::ListSession, &list, &people.reader_sessions),
            (Part::VerifyKey, &roles, &people.reader_keys),
        ] {
            self.part(part, |house| {
                let job = house.job("get.lua", url.clone(), Some(lines));
                let load = house.load(server.pid(), &job, true, true)?;
                house.keep(part, load);
                Ok(())
            });
        }
        Ok(())
    }

    fn create(&mut self, server: &Server, people: &People, part: Part) -> Result<()> {
        let job = self.job(
            "create.lua",
            server.url("/organizations/"),
            Some(&people.creator_keys),
        );
        let load = self.load(server.pid(), &job, true, true)?;
        self.keep(part, load);
        Ok(())
    }

    fn sign_up(&mut self, server: &Server) -> Result<()> {
        let job = self.job("signup.lua", server.url("/auth/signup"), None);
        let job = Job {
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, false, true)?;
        self.keep(Part::SignUp, load);
        Ok(())
    }

    fn sign_in(&mut self, server: &Server, people: &People) -> Result<()> {
        let job = self.job(
            "signin.lua",
            server.url("/auth/signin"),
            Some(&people.reader_emails),
        );
        let job = Job {
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, false, true)?;
        self.keep(Part::SignIn, load);
        Ok(())
    }

    /// Reads alone, then the same reads while sixty-four people sign up.
    fn busy_reads(&mut self, server: &Server, people: &People) -> Result<()> {
        let reads = self.job(
            "get.lua",
            server.url("/organizations/"),
            Some(&people.reader_keys),
        );
        let calm = self.load(server.pid(), &reads, true, true)?;
        let sign_ups = self.job("signup.lua", server.url("/auth/signup"), None);
        let sign_ups = Job {
            connections: 64,
            seconds: reads.seconds + 3,
            ..sign_ups
        }
        .start()?;
        thread::sleep(Duration::from_secs(1));
        let busy = reads.run();
        let sign_ups = sign_ups.finish()?;
        let busy = busy?;
        report::busy(self.measured.engine, &calm.figures, &busy, &sign_ups);
        self.measured.calm_p99_us = Some(calm.figures.p99_us);
        self.measured.busy_p99_us = Some(busy.p99_us);
        settle(Whose::Process(server.pid()))
    }

    fn round_trips(&mut self, server: &Server, people: &People) -> Result<()> {
        if self.cluster.is_none() {
            return Ok(());
        }
        let url = server.url("/organizations/");
        let body = json!({"name": "round trips", "description": "d"});
        let create = round_trips::per_request(self.client, server, || {
            self.client
                .expect(201, Method::POST, &url, Some(&people.creator), Some(&body))
                .map(drop)
        })?;
        let read = round_trips::per_request(self.client, server, || {
            self.client
                .expect(200, Method::GET, &url, Some(&people.reader), None)
                .map(drop)
        })?;
        let text = format!("create organization {create:.2}, list by key {read:.2}");
        report::line(self.measured.engine, Part::RoundTrips.name(), &text);
        (self.measured.trips_create, self.measured.trips_read) = (Some(create), Some(read));
        Ok(())
    }

    fn many_people(&mut self) -> Result<()> {
        let crowd = Crowd::arrive(self.client, &self.settings(false))?;
        let server = self.start(false)?;
        Questions::ask(self.client, &server, &crowd, &mut self.measured)?;
        server.stop()
    }

    pub(crate) fn job<'a>(
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

    /// Runs a load and accounts for it; warms up for a second if asked.
    pub(crate) fn load(
        &self,
        pid: u32,
        job: &Job<'_>,
        warm: bool,
        with_database: bool,
    ) -> Result<Load> {
        let server = Whose::Process(pid);
        let database = self
            .cluster
            .filter(|_| with_database)
            .map(|c| Whose::Family(c.pid));
        let database_cpu = || database.map_or(Ok(0), cpu_us);
        if warm {
            Job {
                seconds: 1,
                tag: format!("{}w", job.tag),
                ..job.clone()
            }
            .run()?;
            settle(server)?;
        }
        let rss_before_kib = rss_kib(pid)?;
        let watch = RssWatch::start(pid);
        let (server_before, database_before) = (cpu_us(server)?, database_cpu()?);
        let figures = job.run()?;
        let (server_after, database_after) = (cpu_us(server)?, database_cpu()?);
        let rss_most_kib = watch.most_kib();
        // Hashes of requests that were abandoned at the end must not be
        // charged to the next load.
        settle(server)?;
        let per_request = |used: u64| used as f64 / figures.requests as f64;
        Ok(Load {
            server_us: per_request(server_after.saturating_sub(server_before)),
            database_us: per_request(database_after.saturating_sub(database_before)),
            rss_before_kib,
            rss_most_kib,
            hwm_kib: peak_kib(pid)?,
            figures,
        })
    }

    pub(crate) fn keep(&mut self, part: Part, load: Load) {
        self.measured.loads.insert(part.name(), load);
        report::load(part, &self.measured);
    }
}
