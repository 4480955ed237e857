//! Memberships of organizations, workspaces and projects: who is where, and as
//! what. Coming in is in `joining`, going out in `removal`.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Row, Store, Tx};

/// Somebody in a workspace, or on the way into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRecord {
    /// Who; not everybody who is invited has an account.
    pub user: Option<Id<User>>,
    /// Their address.
    pub email: String,
    /// What others see.
    pub username: Option<String>,
    /// Since when there is the account, or the invitation.
    pub created_at: Option<Timestamp>,
    /// As what, as it is stored.
    pub role: String,
    /// Which of the two.
    pub belonging: Belonging,
}

/// How far somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belonging {
    /// All the way.
    Member,
    /// Invited, and for how long.
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
        belonging: if invited {
            Belonging::Invited(row.get(6)?)
        } else {
            Belonging::Member
        },
    })
}

statements! {
    // Both halves by an index; in order of the invitation, then of the membership.
    PEOPLE = "SELECT 0, u.id, i.email, u.username, i.created_at, i.role, i.expiration_date, i.created_at, i.id
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
      WHERE organization_id = $1 AND user_id = $2";
    SET_ORGANIZATION_ROLE = "UPDATE organization_members
        SET role = $3, updated_at = $4, updated_by_id = $5
      WHERE organization_id = $1 AND user_id = $2";
    EXCHANGE_WORKSPACE_ROLES = "UPDATE workspace_members
        SET role = x.role, updated_at = $4, updated_by_id = $2
       FROM (SELECT a.id, b.role
               FROM workspace_members a
               JOIN workspace_members b ON b.workspace_id = a.workspace_id AND b.user_id <> a.user_id
              WHERE a.organization_id = $1 AND a.user_id IN ($2, $3) AND b.user_id IN ($2, $3)) AS x
      WHERE workspace_members.id = x.id";
    EXCHANGE_PROJECT_ROLES = "UPDATE project_members
        SET role = x.role, updated_at = $4, updated_by_id = $2
       FROM (SELECT a.id, b.role
               FROM projects p
               JOIN project_members a ON a.project_id = p.id AND a.user_id IN ($2, $3)
               JOIN project_members b ON b.project_id = p.id AND b.user_id IN ($2, $3)
                                     AND b.user_id <> a.user_id
              WHERE p.organization_id = $1) AS x
      WHERE project_members.id = x.id";
    OWN_WORKSPACES = "UPDATE workspace_members
        SET role = 'owner', updated_at = $3, updated_by_id = $4
      WHERE organization_id = $1 AND user_id = $2 AND role <> 'owner'";
    OWN_PROJECTS = "UPDATE project_members
        SET role = 'owner', updated_at = $3, updated_by_id = $4
      WHERE user_id = $2 AND role <> 'owner'
        AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)";
    DISOWN_WORKSPACES = "UPDATE workspace_members
        SET role = $3, updated_at = $4, updated_by_id = $2
      WHERE organization_id = $1 AND user_id = $2 AND role = 'owner'";
    SET_WORKSPACE_ROLE = "UPDATE workspace_members
        SET role = $3, updated_at = $4, updated_by_id = $5
      WHERE workspace_id = $1 AND user_id = $2";
    SET_PROJECT_ROLES = "UPDATE project_members
        SET role = $3, updated_at = $4, updated_by_id = $5
      WHERE workspace_id = $1 AND user_id = $2";
    DISOWN_PROJECTS = "UPDATE project_members
        SET role = $3, updated_at = $4, updated_by_id = $2
      WHERE user_id = $2 AND role = 'owner'
        AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)";
}

impl Store {
    /// Everybody in a workspace: open invitations first, then the members of
    /// its default project, each in the order in which they came.
    pub async fn people(
        &self,
        workspace: Id<Workspace>,
        default_project: Option<Id<Project>>,
    ) -> Result<Vec<MemberRecord>> {
        self.read(&PEOPLE, values![workspace, default_project], read_member)
            .await
    }
}

impl Tx {
    /// A user's role in an organization, as stored.
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

    /// Gives a member another role in a workspace and in all of its projects.
    /// Two statements, queued; for somebody who is no member, nothing happens.
    pub fn set_workspace_role(
        &mut self,
        workspace: Id<Workspace>,
        user: Id<User>,
        role: &str,
        now: Timestamp,
        by: Id<User>,
    ) {
        for sql in [&SET_WORKSPACE_ROLE, &SET_PROJECT_ROLES] {
            self.write(sql, values![workspace, user, role.to_owned(), now, by]);
        }
    }

    /// Makes `to` the owner in the place of `from`, on all three levels: roles
    /// are exchanged where both are members, `to` ends as `owner` wherever
    /// they are, and `from` is `owner` nowhere. `former` is the role that `to`
    /// had in the organization; `fallback` replaces an `owner` that nobody
    /// exchanged.
    pub fn exchange_roles(&mut self, swap: &RoleExchange) {
        let RoleExchange {
            organization,
            from,
            to,
            former,
            fallback,
            now,
        } = swap.clone();
        let role = |user, role: String| values![organization, user, role, now, from];
        // First down, then up: there is never more than one owner.
        self.write(&SET_ORGANIZATION_ROLE, role(from, former));
        self.write(&SET_ORGANIZATION_ROLE, role(to, "owner".to_owned()));
        self.write(
            &EXCHANGE_WORKSPACE_ROLES,
            values![organization, from, to, now],
        );
        self.write(
            &EXCHANGE_PROJECT_ROLES,
            values![organization, from, to, now],
        );
        self.write(&OWN_WORKSPACES, values![organization, to, now, from]);
        self.write(&OWN_PROJECTS, values![organization, to, now, from]);
        self.write(
            &DISOWN_WORKSPACES,
            values![organization, from, fallback.clone(), now],
        );
        self.write(&DISOWN_PROJECTS, values![organization, from, fallback, now]);
    }
}

/// Who takes whose place, see [`Tx::exchange_roles`].
#[derive(Clone, Debug)]
pub struct RoleExchange {
    /// Where.
    pub organization: Id<Organization>,
    /// The owner so far.
    pub from: Id<User>,
    /// The owner from now on.
    pub to: Id<User>,
    /// The role that the new owner had in the organization.
    pub former: String,
    /// What the old owner becomes where there is nothing to exchange.
    pub fallback: String,
    /// When.
    pub now: Timestamp,
}
