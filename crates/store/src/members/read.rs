//! Reading memberships of organizations, workspaces and projects. Not here:
//! joining (`join`), leaving (`remove`), transferring ownership
//! (`organizations::transfer`).

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store, Tx};

/// A member or an invitee of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRecord {
    /// The user; none for an invitee without an account.
    pub user: Option<Id<User>>,
    /// The email address.
    pub email: String,
    /// The display name.
    pub username: Option<String>,
    /// When the user, or the invitation, was created.
    pub created_at: Option<Timestamp>,
    /// The role, as stored.
    pub role: String,
    /// Whether it is a member or an invitee.
    pub state: MembershipState,
}

/// Whether a user is a member or invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipState {
    /// A member.
    Member,
    /// An invitee, and when the invitation expires.
    Invited(Option<Timestamp>),
}

fn read_member(row: &Row<'_>) -> Result<MemberRecord> {
    let invited = row.get::<i64>(0)? == 0;
    Ok(MemberRecord {
        user: row.get(1)?,
        email: row.get(2)?,
        username: row.get(3)?,
        created_at: row.get(4)?,
        role: row.get(5)?,
        state: if invited {
            MembershipState::Invited(row.get(6)?)
        } else {
            MembershipState::Member
        },
    })
}

statements! {
    // Both parts use an index; invitations first, then memberships, oldest first.
    MEMBERS_AND_INVITEES = "SELECT 0, u.id, i.email, u.username, i.created_at, i.role, i.expiration_date, i.created_at, i.id
       FROM project_invitations i
       LEFT JOIN users u ON u.email = i.email
      WHERE i.workspace_id = $1 AND i.status = 'pending'
      UNION ALL
     SELECT 1, u.id, u.email, u.username, u.created_at, m.role, NULL, m.created_at, m.id
       FROM project_members m
       JOIN users u ON u.id = m.user_id
      WHERE m.project_id = $2
      ORDER BY 1, 8 NULLS FIRST, 9";
    ORGANIZATION_ROLE = "SELECT role FROM organization_members
      WHERE organization_id = $1 AND user_id = $2 AND role <> 'none'";
    IS_IN_ORGANIZATION = "SELECT 1 FROM organization_members
      WHERE organization_id = $1 AND user_id = $2";
    COUNT_OTHER_SHARED_ORGANIZATIONS = "SELECT count(*) FROM organization_members m
      WHERE m.user_id = $2 AND m.organization_id <> $1
        AND EXISTS (SELECT 1 FROM organization_members o
                     WHERE o.organization_id = m.organization_id AND o.user_id <> $2)
        AND (m.role <> 'viewer'
             OR NOT EXISTS (SELECT 1 FROM project_members pm
                              JOIN projects p ON p.id = pm.project_id
                             WHERE pm.user_id = $2 AND p.organization_id = m.organization_id
                               AND pm.is_demo)
             OR EXISTS (SELECT 1 FROM project_members pm
                          JOIN projects p ON p.id = pm.project_id
                         WHERE pm.user_id = $2 AND p.organization_id = m.organization_id
                           AND pm.is_demo IS NOT TRUE))";
}

impl Store {
    /// Returns the invitees and members of a workspace: open invitations first,
    /// then the members of its default project, each from oldest to newest.
    pub async fn members_and_invitees(
        &self,
        workspace: Id<Workspace>,
        default_project: Option<Id<Project>>,
    ) -> Result<Vec<MemberRecord>> {
        self.read(
            &MEMBERS_AND_INVITEES,
            values![workspace, default_project],
            read_member,
        )
        .await
    }

    /// As [`Tx::organization_role`], outside of a transaction.
    pub async fn organization_role(
        &self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<Option<String>> {
        self.read_one(&ORGANIZATION_ROLE, values![organization, user], |row| {
            row.get(0)
        })
        .await
    }
}

impl Tx {
    /// Whether a user is a member of an organization, or of a workspace or project in it.
    pub async fn is_in_organization(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<bool> {
        let row = self.read_one(&IS_IN_ORGANIZATION, values![organization, user], |row| {
            row.get::<i64>(0)
        });
        Ok(row.await?.is_some())
    }

    /// Returns a user's role in an organization, as stored. A user who is only a member of
    /// a workspace or project in it may have none.
    pub async fn organization_role(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<Option<String>> {
        self.read_one(&ORGANIZATION_ROLE, values![organization, user], |row| {
            row.get(0)
        })
        .await
    }

    /// Counts the organizations besides this one that a user shares with other
    /// members. Demo organizations, which every user can view, do not count.
    pub async fn count_other_shared_organizations(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<i64> {
        let count = self
            .read_one(
                &COUNT_OTHER_SHARED_ORGANIZATIONS,
                values![organization, user],
                |row| row.get(0),
            )
            .await?;
        Ok(count.unwrap_or(0))
    }
}
