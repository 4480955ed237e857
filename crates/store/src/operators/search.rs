//! Search for operators by prefix: users by their email address, organizations by
//! their name.
//!
//! Every search uses one index, in its order, and reads at most
//! `MAX_SCANNED_ROWS` rows: if a filter excludes most of them, the page is short
//! and has a cursor to continue. Not here: the details of one user (`details`).

use freehold_domain::{Id, Organization, Timestamp, User};

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::{FromColumn, values};
use crate::engine::{Result, Row, Sql, Store, Value};
use crate::operators::lookup::{OrganizationSummary, read_summary};

/// How many rows one page reads at most when it has to filter.
const MAX_SCANNED_ROWS: i64 = 5_000;

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSummary {
    /// The user.
    pub user: UserRecord,
    /// When the email address was verified.
    pub email_verified_at: Option<Timestamp>,
}

/// Which users to find.
#[derive(Clone, Debug, Default)]
pub struct UserSearch {
    /// The prefix of the normalized email address.
    pub email: String,
    /// Only users with this login method.
    pub method: Option<String>,
    /// Only users whose email address is verified, or is not.
    pub verified: Option<bool>,
    /// Only users created at this time or later.
    pub created_after: Option<Timestamp>,
    /// Only users created before this time.
    pub created_before: Option<Timestamp>,
    /// The maximum number of users.
    pub limit: i64,
}

impl UserSearch {
    /// Whether the prefix is the only condition.
    fn has_no_filter(&self) -> bool {
        self.method.is_none()
            && self.verified.is_none()
            && self.created_after.is_none()
            && self.created_before.is_none()
    }

    fn filters(&self) -> Vec<Value> {
        values![
            self.method.clone(),
            self.verified,
            self.created_after,
            self.created_before,
            self.limit + 1
        ]
    }

    /// Returns how many rows to read: those of the page and one more if `all`
    /// rows match.
    fn rows_to_scan(&self, all: bool) -> i64 {
        if all {
            self.limit + 1
        } else {
            MAX_SCANNED_ROWS
        }
    }
}

/// A page and the cursor after which the next one begins.
#[derive(Clone, Debug)]
pub struct RowPage<T, M> {
    /// The items in the order of the search.
    pub items: Vec<T>,
    /// The cursor; none on the last page.
    pub next: Option<M>,
}

/// The cursor of a page of organizations by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCursor {
    /// The name, as it is in the index.
    pub name: String,
    /// The id.
    pub id: Id<Organization>,
}

/// Returns a text that sorts after all texts with this prefix: both engines
/// compare bytes.
fn prefix_end(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

macro_rules! users_from {
    ($inner:expr) => {
        concat!(
            "SELECT ", user_columns!(), ", u.email_verified_at FROM (SELECT x.* FROM ", $inner, ") u
      WHERE u.email >= $1 AND u.email < $2
        AND (EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id AND i.method = $5) OR $5 IS NULL)
        AND ($6 = (u.email_verified_at IS NOT NULL) OR $6 IS NULL)
        AND (u.created_at >= $7 OR $7 IS NULL)
        AND (u.created_at < $8 OR $8 IS NULL)"
        )
    };
}

/// The email addresses from `$1` to `$2`, without the cursor.
macro_rules! by_email {
    () => {
        "users x WHERE x.email >= $1 AND x.email < $2 AND x.email <> $3 ORDER BY x.email"
    };
}

/// The members of the organization `$10` after the user `$3`.
macro_rules! by_membership {
    () => {
        "organization_members m JOIN users x ON x.id = m.user_id
          WHERE m.organization_id = $10 AND m.user_id > $3 ORDER BY m.user_id"
    };
}

// The owner's email address is a subquery: PostgreSQL does not know the length of
// a page, and with a join it would read all users. `$condition` repeats the condition
// on the prefix, without which SQLite does not use it for the index on the pair.
macro_rules! organizations {
    ($inner:expr, $order:literal) => {
        organizations!($inner, "o.id IS NOT NULL", $order)
    };
    ($inner:expr, $condition:literal, $order:literal) => {
        concat!(
            "SELECT o.id, o.slug, o.name, o.owner_id,
                (SELECT u.email FROM users u WHERE u.id = o.owner_id), o.created_at,
                (SELECT count(*) FROM organization_members m WHERE m.organization_id = o.id)
           FROM (SELECT x.* FROM organizations x WHERE ",
            $inner,
            ") o WHERE ",
            $condition,
            " ORDER BY ",
            $order
        )
    };
}

statements! {
    USERS_BY_EMAIL = concat!(users_from!(concat!(by_email!(), " LIMIT $4")), " ORDER BY u.email LIMIT $9");
    LAST_BY_EMAIL = concat!("SELECT x.email FROM ", by_email!(), " LIMIT 1 OFFSET $4");
    USERS_OF_ORGANIZATION = concat!(users_from!(concat!(by_membership!(), " LIMIT $4")),
        " ORDER BY u.id LIMIT $9");
    LAST_OF_ORGANIZATION = "SELECT m.user_id FROM organization_members m
      WHERE m.organization_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT 1 OFFSET $3";
    ORGANIZATIONS_BY_NAME = organizations!(
        "lower(x.name) >= $1 AND lower(x.name) < $2
             AND (lower(x.name), x.id) > ($1, $3) ORDER BY lower(x.name), x.id LIMIT $4",
        "lower(o.name), o.id"),
        postgres = organizations!(
        "lower(x.name COLLATE \"C\") COLLATE \"C\" < $2
             AND (lower(x.name COLLATE \"C\") COLLATE \"C\", x.id) > ($1, $3)
           ORDER BY lower(x.name COLLATE \"C\") COLLATE \"C\", x.id LIMIT $4",
        "lower(o.name COLLATE \"C\") COLLATE \"C\", o.id");
    ORGANIZATIONS_OF_OWNER = organizations!(
        "x.owner_id = $1 AND x.id > $2 ORDER BY x.id LIMIT $3",
        "$4 = '' OR (lower(o.name) >= $4 AND lower(o.name) < $5)",
        "o.id LIMIT $6"),
        postgres = organizations!(
        "x.owner_id = $1 AND x.id > $2 ORDER BY x.id LIMIT $3",
        "$4 = '' OR (lower(o.name COLLATE \"C\") COLLATE \"C\" >= $4
                     AND lower(o.name COLLATE \"C\") COLLATE \"C\" < $5)",
        "o.id LIMIT $6");
    LAST_OF_OWNER = "SELECT x.id FROM organizations x
      WHERE x.owner_id = $1 AND x.id > $2 ORDER BY x.id LIMIT 1 OFFSET $3";
}

fn read_user_summary(row: &Row<'_>) -> Result<UserSummary> {
    Ok(UserSummary {
        user: read_user(row, 0)?,
        email_verified_at: row.get(USER_WIDTH)?,
    })
}

impl Store {
    /// Returns users by the prefix of their email address, in its order, after `after`.
    pub async fn users_by_email(
        &self,
        search: &UserSearch,
        after: Option<String>,
    ) -> Result<RowPage<UserSummary, String>> {
        let end = prefix_end(&search.email);
        let after = after.unwrap_or_default();
        let from = search.email.clone().max(after.clone());
        let rows_to_scan = search.rows_to_scan(search.has_no_filter());
        let mut values = values![from.clone(), end.clone(), after.clone(), rows_to_scan];
        values.extend(search.filters());
        let items = self
            .read(&USERS_BY_EMAIL, values, read_user_summary)
            .await?;
        let last = |user: &UserSummary| user.user.email.clone();
        let rest = (&LAST_BY_EMAIL, values![from, end, after, rows_to_scan - 1]);
        self.page_of(search, items, last, rest).await
    }

    /// Returns the members of an organization, in the order of their ids, after `after`.
    pub async fn users_of_organization(
        &self,
        organization: Id<Organization>,
        search: &UserSearch,
        after: Option<Id<User>>,
    ) -> Result<RowPage<UserSummary, Id<User>>> {
        let after = after.unwrap_or(Id::new(uuid::Uuid::nil()));
        let rows_to_scan = search.rows_to_scan(search.has_no_filter() && search.email.is_empty());
        let (from, end) = (search.email.clone(), prefix_end(&search.email));
        let mut values = values![from, end, after, rows_to_scan];
        values.extend(search.filters());
        values.push(organization.into());
        let items = self.read(&USERS_OF_ORGANIZATION, values, read_user_summary);
        let items = items.await?;
        let last = |user: &UserSummary| user.user.id;
        let rest = values![organization, after, rows_to_scan - 1];
        self.page_of(search, items, last, (&LAST_OF_ORGANIZATION, rest))
            .await
    }

    /// Truncates rows to a page. The cursor is its last item; on a short page
    /// it is the last row that was read, if the maximum was read.
    async fn page_of<M: FromColumn + Send>(
        &self,
        search: &UserSearch,
        mut items: Vec<UserSummary>,
        last: impl Fn(&UserSummary) -> M,
        (sql, values): (&'static Sql, Vec<Value>),
    ) -> Result<RowPage<UserSummary, M>> {
        let page = usize::try_from(search.limit).unwrap_or(usize::MAX);
        let next = if items.len() > page {
            items.truncate(page);
            items.last().map(last)
        } else {
            self.read_one(sql, values, |row| row.get(0)).await?
        };
        Ok(RowPage { items, next })
    }

    /// Returns organizations by the prefix of their name, ignoring case, in the
    /// order of their names.
    pub async fn organizations_by_name(
        &self,
        prefix: &str,
        after: Option<NameCursor>,
        limit: i64,
    ) -> Result<Vec<OrganizationSummary>> {
        let end = prefix_end(prefix);
        let (from, id) = match after {
            Some(NameCursor { name, id }) if name.as_str() >= prefix => (name, id),
            _ => (prefix.to_owned(), Id::new(uuid::Uuid::nil())),
        };
        self.read(
            &ORGANIZATIONS_BY_NAME,
            values![from, end, id, limit],
            read_summary,
        )
        .await
    }

    /// Returns the organizations that a user owns, oldest first, after `after`;
    /// only those whose name begins with the prefix.
    pub async fn organizations_of_owner(
        &self,
        owner: Id<User>,
        prefix: &str,
        after: Option<Id<Organization>>,
        limit: i64,
    ) -> Result<RowPage<OrganizationSummary, Id<Organization>>> {
        let after = after.map_or(uuid::Uuid::nil(), Id::uuid);
        let rows_to_scan = if prefix.is_empty() {
            limit + 1
        } else {
            MAX_SCANNED_ROWS
        };
        let (from, end) = (prefix.to_owned(), prefix_end(prefix));
        let values = values![owner, after, rows_to_scan, from, end, limit + 1];
        let items = self.read(&ORGANIZATIONS_OF_OWNER, values, read_summary);
        let mut items = items.await?;
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let next = if items.len() > page {
            items.truncate(page);
            items.last().map(|organization| organization.id)
        } else {
            let rest = values![owner, after, rows_to_scan - 1];
            self.read_one(&LAST_OF_OWNER, rest, |row| row.get(0))
                .await?
        };
        Ok(RowPage { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_end_sorts_after_every_match() {
        let end = prefix_end("a_%");
        for inside in ["a_%", "a_%\u{10fffe}", "a_%zz@x.test"] {
            assert!(inside < end.as_str() && inside >= "a_%", "{inside}");
        }
        for outside in ["a_", "a_&", "ab"] {
            assert!(outside < "a_%" || outside >= end.as_str(), "{outside}");
        }
    }
}
