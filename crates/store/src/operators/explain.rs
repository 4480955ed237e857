//! Explaining a decision: what an id refers to, and an invitation's token; the
//! rest is read by the decision itself.

use freehold_domain::{Email, Id, Invitation, Organization, Project, Workspace};
use uuid::Uuid;

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};

/// The entity that an id refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedId {
    /// An organization.
    Organization(Id<Organization>),
    /// A workspace and its organization.
    Workspace(Id<Workspace>, Id<Organization>),
    /// A project, its workspace and its organization.
    Project(Id<Project>, Id<Workspace>, Id<Organization>),
    /// An invitation, its workspace and its organization.
    Invitation(Id<Invitation>, Id<Workspace>, Id<Organization>),
}

row_types! {
    /// The data in the link of an invitation.
    #[derive(Clone, Debug)]
    pub struct InvitationTokenRecord {
        /// The hash of the link's token.
        pub token: String = "token",
        /// The email address in the link.
        pub email: String = "email",
        /// The organization.
        pub organization: Id<Organization> = "organization_id",
    }
}

impl InvitationTokenRecord {
    /// Returns the email address; none if an imported one is not normalized.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        Email::parse(&self.email).ok()
    }
}

statements! {
    rows InvitationTokenRecord;

    RESOLVE_ID = "
        SELECT 'organization', id, NULL, id FROM organizations WHERE id = $1
         UNION ALL
        SELECT 'workspace', id, id, organization_id FROM workspaces WHERE id = $1
         UNION ALL
        SELECT 'project', id, workspace_id, organization_id FROM projects WHERE id = $1
         UNION ALL
        SELECT 'invitation', id, workspace_id, organization_id
          FROM project_invitations WHERE id = $1";
    TOKEN = "SELECT {InvitationTokenRecord} FROM project_invitations WHERE id = $1";
}

impl Store {
    /// Returns the entity that this id refers to.
    pub async fn resolve_id(&self, id: Uuid) -> Result<Option<ResolvedId>> {
        let entity = self.read_one(&RESOLVE_ID, values![id], |row| {
            Ok((
                row.get::<String>(0)?,
                row.get::<Uuid>(1)?,
                row.get::<Option<Uuid>>(2)?,
                row.get::<Id<Organization>>(3)?,
            ))
        });
        Ok(entity.await?.map(|(kind, id, workspace, organization)| {
            let workspace = Id::new(workspace.unwrap_or(id));
            match kind.as_str() {
                "project" => ResolvedId::Project(Id::new(id), workspace, organization),
                "invitation" => ResolvedId::Invitation(Id::new(id), workspace, organization),
                "workspace" => ResolvedId::Workspace(workspace, organization),
                _ => ResolvedId::Organization(organization),
            }
        }))
    }

    /// Returns the data in the link of an invitation's current generation.
    pub async fn invitation_token_record(
        &self,
        id: Id<Invitation>,
    ) -> Result<Option<InvitationTokenRecord>> {
        self.read_one(&TOKEN, values![id], FromRow::read).await
    }
}
