//! Reading, listing and counting organizations.

use freehold_domain::{Id, Organization, Timestamp, User, Workspace};

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};

row_types! {
    /// An organization.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct OrganizationRecord {
        /// Its id.
        pub id: Id<Organization> = "o.id",
        /// Its name in URLs, which does not change once it is set.
        pub slug: Option<String> = "o.slug",
        /// Its name.
        pub name: Option<String> = "o.name",
        /// Its description.
        pub description: Option<String> = "o.description",
        /// Its flags.
        pub flags: Option<serde_json::Value> = "o.flags",
        /// Tags that clients set.
        pub tags: Option<serde_json::Value> = "o.tags",
        /// Metadata that clients set.
        pub meta: Option<serde_json::Value> = "o.meta",
        /// The owner.
        pub owner: Id<User> = "o.owner_id",
        /// When it was created.
        pub created_at: Option<Timestamp> = "o.created_at",
        /// When it was last changed.
        pub updated_at: Option<Timestamp> = "o.updated_at",
        /// The user who created it.
        pub created_by: Option<Id<User>> = "o.created_by_id",
        /// The user who changed it last.
        pub updated_by: Option<Id<User>> = "o.updated_by_id",
    }

    /// An organization in the list of one of its members. A row has one of its
    /// workspaces; rows of one organization are merged after they are read.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ListedOrganization {
        /// Its id.
        pub id: Id<Organization> = "lo.id",
        /// Its name in URLs.
        pub slug: Option<String> = "lo.slug",
        /// Its name.
        pub name: Option<String> = "lo.name",
        /// Its description.
        pub description: Option<String> = "lo.description",
        /// Its flags.
        pub flags: Option<serde_json::Value> = "lo.flags",
        /// Tags that clients set.
        pub tags: Option<serde_json::Value> = "lo.tags",
        /// Metadata that clients set.
        pub meta: Option<serde_json::Value> = "lo.meta",
        /// The owner.
        pub owner: Id<User> = "lo.owner_id",
        /// The workspaces that the user is a member of.
        pub workspaces: Vec<Id<Workspace>> =
            "lw.workspace_id" => |id: Option<Id<Workspace>>| id.into_iter().collect(),
    }
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

statements! {
    rows ListedOrganization;

    // `coalesce` has no effect but hides from PostgreSQL that both users are the
    // same; otherwise its generic plan reads all workspaces of the user once for
    // each of their organizations.
    LIST = "
        SELECT {ListedOrganization}
          FROM users u
          LEFT JOIN organization_members om ON om.user_id = u.id
          LEFT JOIN organizations lo ON lo.id = om.organization_id
          LEFT JOIN workspace_members lw ON lw.user_id = coalesce(om.user_id, om.user_id)
                                        AND lw.organization_id = om.organization_id
         WHERE u.id = $1
         ORDER BY om.created_at NULLS FIRST, om.id, lw.created_at";
    COUNT_OWNED = "SELECT count(*) FROM organizations WHERE owner_id = $1";
}

impl Store {
    /// Returns the organizations of a user, oldest membership first.
    pub async fn organizations_of(&self, user: Id<User>) -> Result<Vec<ListedOrganization>> {
        let rows = self.read(&LIST, values![user], FromRow::read).await?;
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
