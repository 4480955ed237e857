//! Reading, listing and counting organizations.

use freehold_domain::{Id, Organization, Timestamp, User, Workspace};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store, Tx};

/// An organization.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OrganizationRecord {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name in URLs, which does not change once it is set.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its flags.
    pub flags: Option<serde_json::Value>,
    /// Tags that clients set.
    pub tags: Option<serde_json::Value>,
    /// Metadata that clients set.
    pub meta: Option<serde_json::Value>,
    /// The owner.
    pub owner: Id<User>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// The user who created it.
    pub created_by: Option<Id<User>>,
    /// The user who changed it last.
    pub updated_by: Option<Id<User>>,
}

/// An organization in the list of one of its members.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedOrganization {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its flags.
    pub flags: Option<serde_json::Value>,
    /// Tags that clients set.
    pub tags: Option<serde_json::Value>,
    /// Metadata that clients set.
    pub meta: Option<serde_json::Value>,
    /// The owner.
    pub owner: Id<User>,
    /// The workspaces that the user is a member of.
    pub workspaces: Vec<Id<Workspace>>,
}

/// The columns of an organization in a list, with one of its workspaces.
macro_rules! listed_columns {
    () => {
        "lo.id, lo.slug, lo.name, lo.description, lo.flags, lo.tags, lo.meta, lo.owner_id, lw.workspace_id"
    };
}

/// Joins a user's id with the tables of `listed_columns!`.
///
/// `coalesce` has no effect but hides from PostgreSQL that both users are the
/// same; otherwise its generic plan reads all workspaces of the user once for
/// each of their organizations.
macro_rules! listed_joins {
    ($user:literal) => {
        concat!(
            "
           LEFT JOIN organization_members om ON om.user_id = ",
            $user,
            "
           LEFT JOIN organizations lo ON lo.id = om.organization_id
           LEFT JOIN workspace_members lw ON lw.user_id = coalesce(om.user_id, om.user_id)
                                         AND lw.organization_id = om.organization_id"
        )
    };
}

pub(crate) use {listed_columns, listed_joins};

/// One row of a list: an organization with one of its workspaces, or none.
pub(crate) fn read_listed(row: &Row<'_>, first: usize) -> Result<Option<ListedOrganization>> {
    let Some(id) = row.get(first)? else {
        return Ok(None);
    };
    Ok(Some(ListedOrganization {
        id,
        slug: row.get(first + 1)?,
        name: row.get(first + 2)?,
        description: row.get(first + 3)?,
        flags: row.get(first + 4)?,
        tags: row.get(first + 5)?,
        meta: row.get(first + 6)?,
        owner: row.get(first + 7)?,
        workspaces: row
            .get::<Option<Id<Workspace>>>(first + 8)?
            .into_iter()
            .collect(),
    }))
}

impl ListedOrganization {
    /// Merges adjacent rows of the same organization.
    pub(crate) fn from_rows(rows: Vec<Option<Self>>) -> Vec<Self> {
        let mut out: Vec<Self> = Vec::with_capacity(rows.len());
        for mut listed in rows.into_iter().flatten() {
            match out.last_mut() {
                Some(last) if last.id == listed.id => {
                    last.workspaces.append(&mut listed.workspaces);
                }
                _ => out.push(listed),
            }
        }
        out
    }
}

macro_rules! organization_columns {
    () => {
        "o.id, o.slug, o.name, o.description, o.flags, o.tags, o.meta, o.owner_id, o.created_at,
         o.updated_at, o.created_by_id, o.updated_by_id"
    };
}

pub(crate) use organization_columns;

/// How many columns `organization_columns!` has.
pub(crate) const ORGANIZATION_WIDTH: usize = 12;

/// Reads the columns of `organization_columns!`.
pub(crate) fn read_organization(row: &Row<'_>) -> Result<OrganizationRecord> {
    Ok(OrganizationRecord {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        flags: row.get(4)?,
        tags: row.get(5)?,
        meta: row.get(6)?,
        owner: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        created_by: row.get(10)?,
        updated_by: row.get(11)?,
    })
}

statements! {
    LIST = concat!("SELECT ", listed_columns!(), " FROM users u", listed_joins!("u.id"), "
      WHERE u.id = $1
      ORDER BY om.created_at NULLS FIRST, om.id, lw.created_at");
    COUNT_OWNED = "SELECT count(*) FROM organizations WHERE owner_id = $1";
}

impl Store {
    /// Returns the organizations of a user, oldest membership first.
    pub async fn organizations_of(&self, user: Id<User>) -> Result<Vec<ListedOrganization>> {
        let rows = self
            .read(&LIST, values![user], |row| read_listed(row, 0))
            .await?;
        Ok(ListedOrganization::from_rows(rows))
    }
}

impl Tx {
    /// Counts the organizations that a user owns. Exact only while the user is
    /// locked, see [`Tx::lock_user`].
    pub async fn count_owned_organizations(&mut self, owner: Id<User>) -> Result<i64> {
        Ok(self
            .read_one(&COUNT_OWNED, values![owner], |row| row.get(0))
            .await?
            .unwrap_or(0))
    }
}
