//! What people are in one workspace, read inside the transaction that is about
//! to change something there.
//!
//! Not here: what their roles allow (`freehold-app`).

use freehold_domain::{Id, Organization, Project, User, Workspace};
use uuid::Uuid;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Row, Tx};
use crate::users::{USER_WIDTH, UserRecord, read_user, user_columns};

/// Somebody, and what they are in a workspace. Roles as they are stored; none
/// where there is no membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingRecord {
    /// Who.
    pub user: UserRecord,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// Its organization.
    pub organization: Id<Organization>,
    /// Who owns that.
    pub owner: Id<User>,
    /// The workspace's default project, if it has one.
    pub project: Option<Id<Project>>,
    /// In the organization.
    pub in_organization: Option<String>,
    /// In the workspace.
    pub in_workspace: Option<String>,
    /// In the default project.
    pub in_project: Option<String>,
}

statements! {
    HOLD_ORGANIZATION = "SELECT id FROM organizations WHERE id = $1", locked;
    HOLD_ORGANIZATION_OF = "SELECT id FROM organizations
      WHERE id = (SELECT organization_id FROM workspaces WHERE id = $1)", locked;
    STANDINGS = concat!("SELECT ", user_columns!(), ", w.id, w.organization_id, o.owner_id, p.id,
            om.role, wm.role, pm.role
       FROM workspaces w
       JOIN organizations o ON o.id = w.organization_id
       LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
       JOIN users u ON u.id IN ($2, $3) OR u.email = $4
       LEFT JOIN organization_members om ON om.organization_id = o.id AND om.user_id = u.id
       LEFT JOIN workspace_members wm ON wm.workspace_id = w.id AND wm.user_id = u.id
       LEFT JOIN project_members pm ON pm.project_id = p.id AND pm.user_id = u.id
      WHERE w.id = $1");
}

fn read_standing(row: &Row<'_>) -> Result<StandingRecord> {
    Ok(StandingRecord {
        user: read_user(row, 0)?,
        workspace: row.get(USER_WIDTH)?,
        organization: row.get(USER_WIDTH + 1)?,
        owner: row.get(USER_WIDTH + 2)?,
        project: row.get(USER_WIDTH + 3)?,
        in_organization: row.get(USER_WIDTH + 4)?,
        in_workspace: row.get(USER_WIDTH + 5)?,
        in_project: row.get(USER_WIDTH + 6)?,
    })
}

/// The one that something is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// Nobody.
    None,
    /// Whoever has this id.
    User(Id<User>),
    /// Whoever has this normalised address.
    Email(&'a str),
}

impl Tx {
    /// Holds an organization until the end: whoever changes who is in it, or
    /// what there is to be in, holds it first. Costs no trip of its own.
    pub fn hold_organization(&mut self, id: Id<Organization>) {
        self.hold(&HOLD_ORGANIZATION, values![id]);
    }

    /// [`Tx::hold_organization`] for the one that this workspace is part of.
    pub fn hold_organization_of(&mut self, workspace: Id<Workspace>) {
        self.hold(&HOLD_ORGANIZATION_OF, values![workspace]);
    }

    /// What somebody is in a workspace, and what somebody else is there.
    /// Neither, without such a workspace.
    pub async fn standings(
        &mut self,
        workspace: Id<Workspace>,
        user: Id<User>,
        target: Target<'_>,
    ) -> Result<(Option<StandingRecord>, Option<StandingRecord>)> {
        let (id, email): (Option<Uuid>, Option<String>) = match target {
            Target::None => (None, None),
            Target::User(id) => (Some(id.uuid()), None),
            Target::Email(email) => (None, Some(email.to_owned())),
        };
        let values = values![workspace, user, id, email];
        let found = self.read(&STANDINGS, values, read_standing).await?;
        let own = found.iter().find(|it| it.user.id == user).cloned();
        let other = found.into_iter().find(|it| match target {
            Target::None => false,
            Target::User(id) => it.user.id == id,
            Target::Email(email) => it.user.email == email,
        });
        Ok((own, other))
    }
}
