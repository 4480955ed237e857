//! What a question about a decision has to read beyond what the decision
//! itself reads: what an id names, and what an invitation's link holds.

use freehold_domain::{Email, Id, Invitation, Organization, Project, Workspace};
use uuid::Uuid;

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedId {
    /// An organization.
    Organization(Id<Organization>),
    /// A workspace, and the organization around it.
    Workspace(Id<Workspace>, Id<Organization>),
    /// A project, and what is around it.
    Project(Id<Project>, Id<Workspace>, Id<Organization>),
    /// An invitation, and where it leads.
    Invitation(Id<Invitation>, Id<Workspace>, Id<Organization>),
}

/// What whoever has the link of an invitation shows.
#[derive(Clone, Debug)]
pub struct InvitationTokenRecord {
    /// The hash of what the link holds.
    pub token: String,
    /// For whom the link says that it is.
    pub email: String,
    /// Where it leads.
    pub organization: Id<Organization>,
}

impl InvitationTokenRecord {
    /// The address; nothing for one brought along in no normal form.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        Email::parse(&self.email).ok()
    }
}

statements! {
    RESOLVE_ID = "SELECT 'organization', id, NULL, id FROM organizations WHERE id = $1
      UNION ALL SELECT 'workspace', id, id, organization_id FROM workspaces WHERE id = $1
      UNION ALL SELECT 'project', id, workspace_id, organization_id FROM projects WHERE id = $1
      UNION ALL SELECT 'invitation', id, workspace_id, organization_id FROM project_invitations WHERE id = $1";
    TOKEN = "SELECT token, email, organization_id FROM project_invitations WHERE id = $1";
}

impl Store {
    /// What this id names.
    pub async fn resolve_id(&self, id: Uuid) -> Result<Option<ResolvedId>> {
        let found = self.read_one(&RESOLVE_ID, values![id], |row| {
            Ok((
                row.get::<String>(0)?,
                row.get::<Uuid>(1)?,
                row.get::<Option<Uuid>>(2)?,
                row.get::<Id<Organization>>(3)?,
            ))
        });
        Ok(found.await?.map(|(kind, id, workspace, organization)| {
            let workspace = Id::new(workspace.unwrap_or(id));
            match kind.as_str() {
                "project" => ResolvedId::Project(Id::new(id), workspace, organization),
                "invitation" => ResolvedId::Invitation(Id::new(id), workspace, organization),
                "workspace" => ResolvedId::Workspace(workspace, organization),
                _ => ResolvedId::Organization(organization),
            }
        }))
    }

    /// What the link of an invitation shows, of the generation that is good.
    pub async fn invitation_token_record(
        &self,
        id: Id<Invitation>,
    ) -> Result<Option<InvitationTokenRecord>> {
        self.read_one(&TOKEN, values![id], |row| {
            Ok(InvitationTokenRecord {
                token: row.get(0)?,
                email: row.get(1)?,
                organization: row.get(2)?,
            })
        })
        .await
    }
}
