//! An organization with ten thousand members, and a user in two thousand
//! organizations.

mod data;
mod requests;

use super::run::EngineRun;
use crate::error::Result;

use data::LargeOrganization;
use requests::TimedRequests;

impl EngineRun<'_> {
    pub(super) fn measure_large_organization(&mut self) -> Result<()> {
        let data = LargeOrganization::create(self.client, &self.settings(false))?;
        let server = self.start(false)?;
        TimedRequests::run(self.client, &server, &data, &mut self.measured)?;
        server.stop()
    }
}
