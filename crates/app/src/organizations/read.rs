//! Reading an organization.

use freehold_domain::{Id, Organization, Refusal};
use freehold_store::OrganizationRecord;

use super::WorkspaceDetails;
use crate::access::Caller;
use crate::command::Outcome;
use crate::runtime::App;

/// An organization as its members see it.
#[derive(Clone, Debug)]
pub struct OrganizationDetails {
    /// The organization.
    pub organization: OrganizationRecord,
    /// The default workspace. An organization that an operator created may have
    /// none.
    pub workspace: Option<WorkspaceDetails>,
}

impl App {
    /// Returns an organization that the caller is a member of.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also if the organization does not exist.
    pub async fn organization(
        &self,
        caller: &Caller,
        id: Id<Organization>,
    ) -> Outcome<OrganizationDetails> {
        let found = self.store().organization_for_member(id, caller.user.id);
        let (organization, workspace) = found.await?.ok_or(Refusal::NotOrganizationMember)?;
        let workspace = match workspace {
            Some(workspace) => Some(self.with_members(workspace).await?),
            None => None,
        };
        Ok(OrganizationDetails {
            organization,
            workspace,
        })
    }
}
