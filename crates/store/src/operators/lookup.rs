//! The directory for operators: pages of organizations, one by id or slug, and
//! memberships. These reads cross organizations, so only operators may use
//! them.

use freehold_domain::{Id, Organization, OrganizationSlug, Timestamp, User};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store};

/// A summary of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationSummary {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name in URLs.
    pub slug: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The owner.
    pub owner: Id<User>,
    /// The owner's email address.
    pub owner_email: String,
    /// How many members it has.
    pub members: i64,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// A member of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationMember {
    /// The user.
    pub user: Id<User>,
    /// The email address.
    pub email: String,
    /// The display name.
    pub username: Option<String>,
    /// The role, as stored.
    pub role: String,
}

/// A user's membership of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationMembership {
    /// The organization.
    pub organization: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// The user's role, as stored.
    pub role: String,
}

macro_rules! summaries {
    () => {
        "SELECT o.id, o.slug, o.name, o.owner_id, u.email, o.created_at,
                (SELECT count(*) FROM organization_members m WHERE m.organization_id = o.id)
           FROM organizations o
           JOIN users u ON u.id = o.owner_id"
    };
}

statements! {
    PAGE = concat!(summaries!(), " WHERE o.id > $1 ORDER BY o.id LIMIT $2");
    BY_ID = concat!(summaries!(), " WHERE o.id = $1");
    BY_SLUG = concat!(summaries!(), " WHERE o.slug = $1");
    MEMBERS = "SELECT u.id, u.email, u.username, m.role
       FROM organization_members m
       JOIN users u ON u.id = m.user_id
      WHERE m.organization_id = $1
      ORDER BY m.created_at NULLS FIRST, m.id
      LIMIT $2";
    MEMBERSHIPS = "SELECT o.id, o.name, m.role
       FROM organization_members m
       JOIN organizations o ON o.id = m.organization_id
      WHERE m.user_id = $1
      ORDER BY m.created_at NULLS FIRST, m.id
      LIMIT $2";
}

pub(crate) fn read_summary(row: &Row<'_>) -> Result<OrganizationSummary> {
    Ok(OrganizationSummary {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        owner: row.get(3)?,
        owner_email: row.get(4)?,
        created_at: row.get(5)?,
        members: row.get(6)?,
    })
}

impl Store {
    /// Returns up to `limit` organizations after `after`, in the order of their
    /// ids, which is that of their creation.
    pub async fn organizations_after(
        &self,
        after: Option<Id<Organization>>,
        limit: i64,
    ) -> Result<Vec<OrganizationSummary>> {
        let after = after.map_or(uuid::Uuid::nil(), Id::uuid);
        self.read(&PAGE, values![after, limit], read_summary).await
    }

    /// Returns the organization with this id.
    pub async fn organization_summary(
        &self,
        id: Id<Organization>,
    ) -> Result<Option<OrganizationSummary>> {
        self.read_one(&BY_ID, values![id], read_summary).await
    }

    /// Returns the organization with this slug.
    pub async fn organization_summary_by_slug(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<OrganizationSummary>> {
        let slug = slug.as_str().to_owned();
        self.read_one(&BY_SLUG, values![slug], read_summary).await
    }

    /// Returns up to `limit` members of an organization, oldest membership first.
    pub async fn organization_members(
        &self,
        id: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<OrganizationMember>> {
        self.read(&MEMBERS, values![id, limit], |row| {
            Ok(OrganizationMember {
                user: row.get(0)?,
                email: row.get(1)?,
                username: row.get(2)?,
                role: row.get(3)?,
            })
        })
        .await
    }

    /// Returns up to `limit` organizations of a user, oldest membership first.
    pub async fn memberships_of(
        &self,
        user: Id<User>,
        limit: i64,
    ) -> Result<Vec<OrganizationMembership>> {
        self.read(&MEMBERSHIPS, values![user, limit], |row| {
            Ok(OrganizationMembership {
                organization: row.get(0)?,
                name: row.get(1)?,
                role: row.get(2)?,
            })
        })
        .await
    }
}
