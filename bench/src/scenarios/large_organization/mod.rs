//! An organization with ten thousand members, and a user in two thousand
//! organizations.

mod data;
mod requests;

use super::run::AppState;
use crate::error::Result;

use data::Crowd;
use requests::Questions;

impl AppState<'_> {
    pub(super) fn many_people(&mut self) -> Result<()> {
        let crowd = Crowd::arrive(self.client, &self.settings(false))?;
        let server = self.start(false)?;
        Questions::ask(self.client, &server, &crowd, &mut self.measured)?;
        server.stop()
    }
}
