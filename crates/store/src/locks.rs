//! Holding many users and organizations until the end of a transaction, each
//! kind in the order of its ids, so that two of those who do it never wait
//! crosswise.
//!
//! Whoever changes both holds users first. One organization at a time is held
//! in `members::context` and `organizations::read`.

use freehold_domain::{Id, Organization, Project, User, Workspace};

use crate::engine::json_list::{ids, listed, texts};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Tx};

/// A person who is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldUser {
    /// Who.
    pub id: Id<User>,
    /// Their normalised address.
    pub email: String,
}

/// An organization that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldOrganization {
    /// Which.
    pub id: Id<Organization>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Who owns it.
    pub owner: Id<User>,
}

/// Which organizations are to be held: all that any of these lead to.
#[derive(Clone, Debug, Default)]
pub struct OrganizationsOf {
    /// These.
    pub ids: Vec<Id<Organization>>,
    /// Those with these slugs.
    pub slugs: Vec<String>,
    /// Those that these people own.
    pub owners: Vec<Id<User>>,
    /// Those that these people are in.
    pub members: Vec<Id<User>>,
    /// Those around these workspaces.
    pub workspaces: Vec<Id<Workspace>>,
    /// Those around these projects.
    pub projects: Vec<Id<Project>>,
}

// On PostgreSQL the ids are known before the rows are looked for, whatever the
// planner believes of lists.
macro_rules! among {
    (sqlite, $ids:expr) => {
        concat!(" IN (", $ids, ") ORDER BY 1")
    };
    (postgres, $ids:expr) => {
        concat!(" = ANY (ARRAY(", $ids, ")) ORDER BY 1 FOR UPDATE")
    };
}

macro_rules! hold_users {
    ($engine:ident) => {
        concat!(
            "SELECT u.id, u.email FROM users u WHERE u.id",
            among!(
                $engine,
                concat!(
                    "SELECT * FROM ",
                    listed!($engine, ids "$1"),
                    " AS a UNION SELECT x.id FROM users x WHERE x.email IN ",
                    listed!($engine, texts "$2")
                )
            )
        )
    };
}

// One union instead of many conditions: each part goes by an index of its own.
macro_rules! hold_organizations {
    ($engine:ident) => {
        concat!(
            "SELECT o.id, o.slug, o.name, o.owner_id FROM organizations o WHERE o.id",
            among!(
                $engine,
                concat!(
                    "SELECT * FROM ",
                    listed!($engine, ids "$1"),
                    " AS a UNION SELECT s.id FROM organizations s WHERE s.slug IN ",
                    listed!($engine, texts "$2"),
                    " UNION SELECT p.id FROM organizations p WHERE p.owner_id IN ",
                    listed!($engine, ids "$3"),
                    " UNION SELECT m.organization_id FROM organization_members m WHERE m.user_id IN ",
                    listed!($engine, ids "$4"),
                    " UNION SELECT w.organization_id FROM workspaces w WHERE w.id IN ",
                    listed!($engine, ids "$5"),
                    " UNION SELECT j.organization_id FROM projects j WHERE j.id IN ",
                    listed!($engine, ids "$6")
                )
            )
        )
    };
}

statements! {
    HOLD_USERS = hold_users!(sqlite), postgres = hold_users!(postgres);
    HOLD_ORGANIZATIONS = hold_organizations!(sqlite), postgres = hold_organizations!(postgres);
}

fn read_user(row: &Row<'_>) -> Result<HeldUser> {
    Ok(HeldUser {
        id: row.get(0)?,
        email: row.get(1)?,
    })
}

fn read_organization(row: &Row<'_>) -> Result<HeldOrganization> {
    Ok(HeldOrganization {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        owner: row.get(3)?,
    })
}

impl Tx {
    /// The users among these, by id or normalised address, held until the end
    /// and in the order of their ids. Nobody joins or is given an organization
    /// meanwhile.
    pub async fn held_users<T: AsRef<str>>(
        &mut self,
        users: &[Id<User>],
        emails: &[T],
    ) -> Result<Vec<HeldUser>> {
        self.read(&HOLD_USERS, values![ids(users), texts(emails)], read_user)
            .await
    }

    /// The organizations that these lead to, held until the end and in the
    /// order of their ids.
    pub async fn held_organizations(
        &mut self,
        wanted: &OrganizationsOf,
    ) -> Result<Vec<HeldOrganization>> {
        let values = values![
            ids(&wanted.ids),
            texts(&wanted.slugs),
            ids(&wanted.owners),
            ids(&wanted.members),
            ids(&wanted.workspaces),
            ids(&wanted.projects)
        ];
        self.read(&HOLD_ORGANIZATIONS, values, read_organization)
            .await
    }
}
