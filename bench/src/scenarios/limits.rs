//! Measures the limits in the same run as the loads.

use super::run::EngineRun;
use crate::{
    error::{Result, io},
    limits::{argon2, plain_http::Plain, raw_postgres, raw_sqlite},
    load::wrk::Job,
    plan::Part,
    report,
};

/// The approximate size of a list of one organization, for runs without a server
/// that would return the real one.
pub(super) const TYPICAL_LIST_BYTES: usize = 330;

impl EngineRun<'_> {
    pub(super) fn raw_inserts(&mut self) -> Result<()> {
        if let Some(cluster) = self.cluster {
            let raw = raw_postgres::measure(cluster, self.client, &self.folder, self.seconds())?;
            report::raw_postgres(&raw);
            self.measured.raw_postgres = Some(raw);
        } else {
            let raw = raw_sqlite::measure(&self.folder, f64::from(self.seconds()))?;
            report::raw_sqlite(&raw);
            self.measured.raw_sqlite = Some(raw);
        }
        Ok(())
    }

    pub(super) fn argon2(&mut self) -> Result<()> {
        let argon = argon2::measure(f64::from(self.seconds()))?;
        report::argon(self.measured.engine, argon);
        self.measured.argon = Some(argon);
        Ok(())
    }

    pub(super) fn plain(&mut self, bytes: usize) -> Result<()> {
        let plain = Plain::start(bytes)?;
        let job = self.job("get.lua", plain.url(), None);
        // The plain server ignores the credential, but receives one of usual length.
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
        self.record(Part::Plain, load);
        Ok(())
    }
}
