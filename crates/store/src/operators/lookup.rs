//! The directory for operators: pages of organizations, one by id or slug, and
//! memberships. These reads cross organizations, so only operators may use
//! them.

use freehold_domain::{Id, Organization, OrganizationSlug, Timestamp, User};

use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};

row_types! {
    /// A summary of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OrganizationSummary {
        /// Its id.
        pub id: Id<Organization> = "o.id",
        /// Its name in URLs.
        pub slug: Option<String> = "o.slug",
        /// Its name.
        pub name: Option<String> = "o.name",
        /// The owner.
        pub owner: Id<User> = "o.owner_id",
        // A subquery: PostgreSQL does not know the length of a page, and with a
        // join it would read all users.
        /// The owner's email address.
        pub owner_email: String = "(SELECT u.email FROM users u WHERE u.id = o.owner_id)",
        /// How many members it has.
        pub members: i64 =
            "(SELECT count(*) FROM organization_members m WHERE m.organization_id = o.id)",
        /// When it was created.
        pub created_at: Option<Timestamp> = "o.created_at",
    }

    /// A member of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OrganizationMember {
        /// The user.
        pub user: Id<User> = "u.id",
        /// The email address.
        pub email: String = "u.email",
        /// The display name.
        pub username: Option<String> = "u.username",
        /// The role, as stored.
        pub role: String = "m.role",
    }

    /// A user's membership of an organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OrganizationMembership {
        /// The organization.
        pub organization: Id<Organization> = "o.id",
        /// Its name.
        pub name: Option<String> = "o.name",
        /// The user's role, as stored.
        pub role: String = "m.role",
    }
}

statements! {
    rows OrganizationSummary, OrganizationMember, OrganizationMembership;

    PAGE = "
        SELECT {OrganizationSummary} FROM organizations o WHERE o.id > $1 ORDER BY o.id LIMIT $2";
    BY_ID = "SELECT {OrganizationSummary} FROM organizations o WHERE o.id = $1";
    BY_SLUG = "SELECT {OrganizationSummary} FROM organizations o WHERE o.slug = $1";
    MEMBERS = "
        SELECT {OrganizationMember}
          FROM organization_members m
          JOIN users u ON u.id = m.user_id
         WHERE m.organization_id = $1
         ORDER BY m.created_at NULLS FIRST, m.id
         LIMIT $2";
    MEMBERSHIPS = "
        SELECT {OrganizationMembership}
          FROM organization_members m
          JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = $1
         ORDER BY m.created_at NULLS FIRST, m.id
         LIMIT $2";
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
        self.read(&PAGE, values![after, limit], FromRow::read).await
    }

    /// Returns the organization with this id.
    pub async fn organization_summary(
        &self,
        id: Id<Organization>,
    ) -> Result<Option<OrganizationSummary>> {
        self.read_one(&BY_ID, values![id], FromRow::read).await
    }

    /// Returns the organization with this slug.
    pub async fn organization_summary_by_slug(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<OrganizationSummary>> {
        let slug = slug.as_str().to_owned();
        self.read_one(&BY_SLUG, values![slug], FromRow::read).await
    }

    /// Returns up to `limit` members of an organization, oldest membership first.
    pub async fn organization_members(
        &self,
        id: Id<Organization>,
        limit: i64,
    ) -> Result<Vec<OrganizationMember>> {
        self.read(&MEMBERS, values![id, limit], FromRow::read).await
    }

    /// Returns up to `limit` organizations of a user, oldest membership first.
    pub async fn memberships_of(
        &self,
        user: Id<User>,
        limit: i64,
    ) -> Result<Vec<OrganizationMembership>> {
        self.read(&MEMBERSHIPS, values![user, limit], FromRow::read)
            .await
    }
}
