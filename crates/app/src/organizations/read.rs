//! An organization, for its members.

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
    /// The workspace that stands for it. An operator may have left it without.
    pub workspace: Option<WorkspaceDetails>,
}

impl App {
    /// An organization, for its members.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also when there is none.
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
