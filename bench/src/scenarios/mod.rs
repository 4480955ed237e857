//! What is measured on one database, and in which order. Not here: what counts
//! as enough (`report::targets`).

mod large_organization;
mod limits;
mod operators;
mod round_trips;
mod run;
mod test_users;
mod users;

use std::{thread, time::Duration};

use crate::{
    error::Result,
    load::client::Client,
    plan::{Bench, Engine, Part},
    results::Measured,
    system::{
        data_folder,
        postgres::Cluster,
        process::{peak_kib, rss_kib},
    },
};

use run::AppState;
use test_users::People;

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
    let mut house = AppState::new(bench, engine, cluster, client, path);
    house.part(Part::RawInserts, AppState::raw_inserts);
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
        house.part(Part::Plain, |house| house.plain(limits::TYPICAL_LIST_BYTES));
    }
    if house.measured.argon.is_none() {
        house.part(Part::Argon2, AppState::argon2);
    }
    Ok(house.measured)
}

impl AppState<'_> {
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
}
