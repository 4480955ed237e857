//! Single rows that an operator takes away: a membership of any level, a login,
//! an API key. Each is found by its own id, whatever it is part of.

use freehold_domain::{
    ApiKey, Id, Identity, Level, Membership, Organization, Project, Timestamp, User, Workspace,
};

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Row, Sql, Tx};

/// Somebody's place somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRecord {
    /// Whose.
    pub user: Id<User>,
    /// Their normalised address.
    pub email: String,
    /// As what, as stored.
    pub role: String,
    /// The organization that it is in.
    pub organization: Id<Organization>,
    /// Who owns that.
    pub owner: Id<User>,
    /// The workspace, below the organization's level.
    pub workspace: Option<Id<Workspace>>,
    /// The project, at its level.
    pub project: Option<Id<Project>>,
}

/// A way of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRecord {
    /// Whose.
    pub user: Id<User>,
    /// How.
    pub method: String,
}

/// An API key, and where it opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedKey {
    /// The part that may be shown.
    pub prefix: String,
    /// In whose name.
    pub user: Id<User>,
    /// For which project.
    pub project: Id<Project>,
    /// In which organization.
    pub organization: Id<Organization>,
}

statements! {
    HOLD_AROUND_ORGANIZATION_MEMBER = "SELECT id FROM organizations
      WHERE id = (SELECT organization_id FROM organization_members WHERE id = $1)", locked;
    HOLD_AROUND_WORKSPACE_MEMBER = "SELECT id FROM organizations
      WHERE id = (SELECT organization_id FROM workspace_members WHERE id = $1)", locked;
    HOLD_AROUND_PROJECT_MEMBER = "SELECT id FROM organizations
      WHERE id = (SELECT p.organization_id FROM project_members m
                    JOIN projects p ON p.id = m.project_id WHERE m.id = $1)", locked;
    ORGANIZATION_MEMBERSHIP = "SELECT m.user_id, u.email, m.role, o.id, o.owner_id, NULL, NULL
       FROM organization_members m
       JOIN users u ON u.id = m.user_id
       JOIN organizations o ON o.id = m.organization_id
      WHERE m.id = $1";
    WORKSPACE_MEMBERSHIP = "SELECT m.user_id, u.email, m.role, o.id, o.owner_id, m.workspace_id, NULL
       FROM workspace_members m
       JOIN users u ON u.id = m.user_id
       JOIN organizations o ON o.id = m.organization_id
      WHERE m.id = $1";
    PROJECT_MEMBERSHIP = "SELECT m.user_id, u.email, m.role, o.id, o.owner_id, p.workspace_id, p.id
       FROM project_members m
       JOIN users u ON u.id = m.user_id
       JOIN projects p ON p.id = m.project_id
       JOIN organizations o ON o.id = p.organization_id
      WHERE m.id = $1";
    DELETE_ORGANIZATION_MEMBERSHIP = "DELETE FROM organization_members WHERE id = $1";
    DELETE_WORKSPACE_MEMBERSHIP = "DELETE FROM workspace_members WHERE id = $1";
    DELETE_PROJECT_MEMBERSHIP = "DELETE FROM project_members WHERE id = $1";
    HOLD_OWNER_OF_IDENTITY = "SELECT id FROM users
      WHERE id = (SELECT user_id FROM user_identities WHERE id = $1)", locked;
    IDENTITY = "SELECT user_id, method FROM user_identities WHERE id = $1";
    DELETE_IDENTITY = "DELETE FROM user_identities WHERE id = $1";
    REMOVE_LOGIN = "UPDATE users SET login_removed_at = $2 WHERE id = $1";
    DELETE_PASSWORD = "DELETE FROM passwords WHERE user_id = $1";
    DELETE_KEY = "DELETE FROM api_keys WHERE id = $1 RETURNING prefix, created_by_id, project_id,
            (SELECT p.organization_id FROM projects p WHERE p.id = api_keys.project_id)";
}

/// To hold what is around a membership of a level, to find it, and to end it.
const fn of_memberships(level: Level) -> [&'static Sql; 3] {
    match level {
        Level::Organization => [
            &HOLD_AROUND_ORGANIZATION_MEMBER,
            &ORGANIZATION_MEMBERSHIP,
            &DELETE_ORGANIZATION_MEMBERSHIP,
        ],
        Level::Workspace => [
            &HOLD_AROUND_WORKSPACE_MEMBER,
            &WORKSPACE_MEMBERSHIP,
            &DELETE_WORKSPACE_MEMBERSHIP,
        ],
        Level::Project => [
            &HOLD_AROUND_PROJECT_MEMBER,
            &PROJECT_MEMBERSHIP,
            &DELETE_PROJECT_MEMBERSHIP,
        ],
    }
}

fn read_membership(row: &Row<'_>) -> Result<MembershipRecord> {
    Ok(MembershipRecord {
        user: row.get(0)?,
        email: row.get(1)?,
        role: row.get(2)?,
        organization: row.get(3)?,
        owner: row.get(4)?,
        workspace: row.get(5)?,
        project: row.get(6)?,
    })
}

impl Tx {
    /// A membership, whose organization is held until the end.
    pub async fn held_membership(
        &mut self,
        level: Level,
        id: Id<Membership>,
    ) -> Result<Option<MembershipRecord>> {
        let [hold, find, _] = of_memberships(level);
        self.hold(hold, values![id]);
        self.read_one(find, values![id], read_membership).await
    }

    /// Ends a membership, with all that hangs on it.
    pub fn delete_membership(&mut self, level: Level, id: Id<Membership>) {
        let [_, _, delete] = of_memberships(level);
        self.write(delete, values![id]);
    }

    /// A way of signing in, whose person is held until the end.
    pub async fn held_identity(&mut self, id: Id<Identity>) -> Result<Option<IdentityRecord>> {
        self.hold(&HOLD_OWNER_OF_IDENTITY, values![id]);
        self.read_one(&IDENTITY, values![id], |row| {
            Ok(IdentityRecord {
                user: row.get(0)?,
                method: row.get(1)?,
            })
        })
        .await
    }

    /// Takes a way of signing in from its user, whichever it is.
    ///
    /// From now on nobody claims the account by signing up with its address:
    /// it is not one of somebody who never had a way of signing in.
    pub fn delete_identity(&mut self, id: Id<Identity>, user: Id<User>, now: Timestamp) {
        self.write(&DELETE_IDENTITY, values![id]);
        self.write(&REMOVE_LOGIN, values![user, now]);
    }

    /// Leaves somebody without a password.
    pub fn delete_password(&mut self, user: Id<User>) {
        self.write(&DELETE_PASSWORD, values![user]);
    }

    /// Takes an API key back, and says what it was. Only one of two at once is
    /// answered.
    pub async fn take_key(&mut self, id: Id<ApiKey>) -> Result<Option<PlacedKey>> {
        self.read_one(&DELETE_KEY, values![id], |row| {
            Ok(PlacedKey {
                prefix: row.get(0)?,
                user: row.get(1)?,
                project: row.get(2)?,
                organization: row.get(3)?,
            })
        })
        .await
    }
}
