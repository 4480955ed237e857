//! The measurements on one database, and their order. Not here: targets
//! (`report::targets`).

pub(crate) mod growth;
mod large_organization;
mod limits;
mod operators;
pub(crate) mod round_trips;
mod run;
pub(crate) mod test_users;
mod users;

use std::{thread, time::Duration};

use crate::{
    costs,
    error::Result,
    load::client::Client,
    plan::{Bench, Engine, Part},
    report,
    results::Measured,
    system::{
        data_folder,
        postgres::Cluster,
        process::{peak_kib, rss_kib},
    },
};

use run::EngineRun;
use test_users::TestUsers;

/// Measures one engine in a fresh database.
pub(crate) fn run(
    bench: &Bench,
    engine: Engine,
    cluster: Option<&Cluster>,
    client: &Client,
) -> Result<Measured> {
    let folder = data_folder::disk_folder()?;
    if let Some(cluster) = cluster {
        cluster.fresh_database(client)?;
    }
    let path = folder.path().to_owned();
    let mut engine_run = EngineRun::new(bench, engine, cluster, client, path);
    engine_run.part(Part::Costs, EngineRun::costs);
    engine_run.part(Part::RawInserts, EngineRun::raw_inserts);
    if bench.wants_users()
        && let Err(error) = engine_run.server_parts()
    {
        engine_run.problem("server", &error);
    }
    // In a separate database, because the cost is compared between sizes.
    if bench.wants_operator_parts()
        && let Err(error) = engine_run.operators()
    {
        engine_run.problem("operators", &error);
    }
    engine_run.part(Part::Members, EngineRun::growth);
    // Limits are measured next to the parts that are compared with them, or here
    // if those were not requested or failed.
    if !engine_run.measured.loads.contains_key(Part::Plain.name()) {
        engine_run.part(Part::Plain, |engine_run| {
            engine_run.plain(limits::TYPICAL_LIST_BYTES)
        });
    }
    if engine_run.measured.argon.is_none() {
        engine_run.part(Part::Argon2, EngineRun::argon2);
    }
    Ok(engine_run.measured)
}

impl EngineRun<'_> {
    /// Measures the costs of commands, in databases of their own.
    fn costs(&mut self) -> Result<()> {
        let options = costs::Options {
            binary: self.bench.binary.clone(),
            instructions: true,
        };
        let engine = self.measured.engine;
        self.measured.costs = costs::measure(&options, engine, self.cluster, self.client)?;
        report::costs(engine, &self.measured.costs);
        if let Some(cluster) = self.cluster {
            cluster.fresh_database(self.client)?;
        }
        Ok(())
    }

    /// Measures all parts that need the server. It is restarted between groups, so
    /// that memory for password hashing is not counted for reads and creations.
    fn server_parts(&mut self) -> Result<()> {
        let server = self.start(false)?;
        let users = TestUsers::create(self.client, &server, &self.folder)?;
        server.stop()?;

        let server = self.start(false)?;
        thread::sleep(Duration::from_millis(500));
        self.measured.idle_kib = Some(rss_kib(server.pid())?);
        self.reads(&server, &users)?;
        self.part(Part::Create, |engine_run| {
            engine_run.create(&server, &users, Part::Create)
        });
        if self.bench.wants(Part::Create) || self.bench.wants(Part::ListKey) {
            self.measured.loaded_kib = Some(peak_kib(server.pid())?);
        }
        server.stop()?;

        if self.bench.wants(Part::CreateSeeded) {
            let server = self.start(true)?;
            self.part(Part::CreateSeeded, |engine_run| {
                engine_run.create(&server, &users, Part::CreateSeeded)
            });
            server.stop()?;
        }
        if self.bench.wants(Part::SignUp)
            || self.bench.wants(Part::SignIn)
            || self.bench.wants(Part::BusyReads)
        {
            let server = self.start(false)?;
            self.part(Part::Argon2, Self::argon2);
            self.part(Part::SignUp, |engine_run| engine_run.sign_up(&server));
            self.part(Part::SignIn, |engine_run| {
                engine_run.sign_in(&server, &users)
            });
            self.part(Part::BusyReads, |engine_run| {
                engine_run.busy_reads(&server, &users)
            });
            server.stop()?;
        }
        // Last, because it changes the database.
        self.part(Part::LargeOrganization, Self::measure_large_organization);
        Ok(())
    }
}
