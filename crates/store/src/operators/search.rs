//! Search for operators by prefix: users by their email address, organizations by
//! their name.
//!
//! Every search uses one index, in its order, and reads at most
//! `MAX_SCANNED_ROWS` rows: if a filter excludes most of them, the page is short
//! and has a cursor to continue. Not here: the details of one user (`details`).

use freehold_domain::{Id, Organization, Timestamp, User};

use crate::accounts::users::UserRecord;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::{FromColumn, values};
use crate::engine::{Result, Sql, Store, Value};
use crate::operators::lookup::OrganizationSummary;

/// How many rows one page reads at most when it has to filter.
const MAX_SCANNED_ROWS: i64 = 5_000;

row_types! {
    /// A user in a list.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserSummary {
        /// The user.
        pub user: UserRecord,
        /// When the email address was verified.
        pub email_verified_at: Option<Timestamp> = "u.email_verified_at",
    }
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

statements! {
    rows UserSummary, OrganizationSummary;

    {MATCHES} = "
        u.email >= $1 AND u.email < $2
            AND (EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id AND i.method = $5)
                 OR $5 IS NULL)
            AND ($6 = (u.email_verified_at IS NOT NULL) OR $6 IS NULL)
            AND (u.created_at >= $7 OR $7 IS NULL)
            AND (u.created_at < $8 OR $8 IS NULL)";

    // The email addresses from `$1` to `$2`, without the cursor.
    USERS_BY_EMAIL = "
        SELECT {UserSummary}
          FROM (SELECT x.* FROM users x WHERE x.email >= $1 AND x.email < $2 AND x.email <> $3
                 ORDER BY x.email LIMIT $4) u
         WHERE {MATCHES}
         ORDER BY u.email LIMIT $9";
    LAST_BY_EMAIL = "
        SELECT x.email FROM users x WHERE x.email >= $1 AND x.email < $2 AND x.email <> $3
         ORDER BY x.email LIMIT 1 OFFSET $4";
    // The members of the organization `$10` after the user `$3`.
    USERS_OF_ORGANIZATION = "
        SELECT {UserSummary}
          FROM (SELECT x.* FROM organization_members m JOIN users x ON x.id = m.user_id
                 WHERE m.organization_id = $10 AND m.user_id > $3
                 ORDER BY m.user_id LIMIT $4) u
         WHERE {MATCHES}
         ORDER BY u.id LIMIT $9";
    LAST_OF_ORGANIZATION = "
        SELECT m.user_id FROM organization_members m
         WHERE m.organization_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT 1 OFFSET $3";
    // SQLite does not search the index by the pair, only by the conditions before it.
    ORGANIZATIONS_BY_NAME = "
        SELECT {OrganizationSummary}
          FROM (SELECT x.* FROM organizations x
                 WHERE {lower x.name} >= $1 AND {lower x.name} < $2
                   AND ({lower x.name}, x.id) > ($1, $3)
                 ORDER BY {lower x.name}, x.id LIMIT $4) o
         ORDER BY {lower o.name}, o.id";
    ORGANIZATIONS_OF_OWNER = "
        SELECT {OrganizationSummary}
          FROM (SELECT x.* FROM organizations x
                 WHERE x.owner_id = $1 AND x.id > $2
                 ORDER BY x.id LIMIT $3) o
         WHERE $4 = '' OR ({lower o.name} >= $4 AND {lower o.name} < $5)
         ORDER BY o.id LIMIT $6";
    LAST_OF_OWNER = "
        SELECT x.id FROM organizations x
         WHERE x.owner_id = $1 AND x.id > $2 ORDER BY x.id LIMIT 1 OFFSET $3";
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
        let items = self.read(&USERS_BY_EMAIL, values, FromRow::read).await?;
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
        let items = self.read(&USERS_OF_ORGANIZATION, values, FromRow::read);
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
            FromRow::read,
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
        let items = self.read(&ORGANIZATIONS_OF_OWNER, values, OrganizationSummary::read);
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
