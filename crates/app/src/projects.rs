//! Projects, as far as somebody is in them. Reads only.

use freehold_domain::{Id, Project, Refusal};
use freehold_store::ProjectRecord;

use crate::app::App;
use crate::caller::Caller;
use crate::failure::Outcome;

impl App {
    /// All projects the caller is in, in all organizations.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn list_projects(&self, caller: &Caller) -> Outcome<Vec<ProjectRecord>> {
        Ok(self.store().projects_of(caller.user.id).await?)
    }

    /// One project that the caller is in.
    ///
    /// # Errors
    /// [`Refusal::ProjectNotFound`], also for projects of others.
    pub async fn project(&self, caller: &Caller, id: Id<Project>) -> Outcome<ProjectRecord> {
        let found = self.store().project_for_member(caller.user.id, id).await?;
        Ok(found.ok_or(Refusal::ProjectNotFound)?)
    }

    /// The project that the caller works in.
    ///
    /// # Errors
    /// [`Refusal::NoScope`] for somebody without any; then as [`App::project`].
    pub async fn current_project(&self, caller: &Caller) -> Outcome<ProjectRecord> {
        let scope = caller.scope.as_ref().ok_or(Refusal::NoScope)?;
        self.project(caller, scope.record().project).await
    }
}
