//! Login methods of users, one row each.

use freehold_domain::{Id, Identity, Timestamp, User};

use crate::engine::row::row_types;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx, Value};

/// A login method to insert.
#[derive(Clone, Debug)]
pub struct IdentityRow {
    /// Its id.
    pub id: Id<Identity>,
    /// The user.
    pub user: Id<User>,
    /// The method, for example `email:password`.
    pub method: &'static str,
    /// The user at the method; for a password the normalized email address.
    pub subject: String,
    /// The domain of the email address.
    pub domain: String,
    /// When it is created.
    pub now: Timestamp,
}

impl IdentityRow {
    /// Returns the values in the order of the columns of `USER_IDENTITIES`.
    fn into_values(self) -> Vec<Value> {
        values![
            self.id,
            self.user,
            self.method,
            self.subject,
            self.domain,
            self.now,
            self.user
        ]
    }
}

row_types! {
    /// A login method.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct IdentityRecord {
        /// The user.
        pub user: Id<User> = "user_id",
        /// The method, for example `email:password`.
        pub method: String = "method",
    }
}

statements! {
    IDENTITIES = "SELECT method FROM user_identities WHERE user_id = $1 ORDER BY created_at, method";
    INSERT_IDENTITY_IF_ABSENT = "
        INSERT INTO user_identities
               (id, user_id, method, subject, domain, created_at, created_by_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (method, subject) DO NOTHING";
    DELETE_IDENTITY = "DELETE FROM user_identities WHERE id = $1";
    REMOVE_LOGIN = "UPDATE users SET login_removed_at = $2 WHERE id = $1";
}

static USER_IDENTITIES: Insert = Insert {
    table: "user_identities",
    columns: &[
        "id",
        "user_id",
        "method",
        "subject",
        "domain",
        "created_at",
        "created_by_id",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&USER_IDENTITIES];

impl Store {
    /// Returns the login methods of a user, oldest first.
    pub async fn identities(&self, user: Id<User>) -> Result<Vec<String>> {
        self.read(&IDENTITIES, values![user], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Inserts a login method, unless one with its method and subject exists.
    pub fn insert_identity_if_absent(&mut self, identity: IdentityRow) {
        self.write(&INSERT_IDENTITY_IF_ABSENT, identity.into_values());
    }

    /// Inserts login methods. One that exists violates
    /// [`Rule::Identity`](crate::Rule::Identity).
    pub fn insert_identities(&mut self, identities: Vec<IdentityRow>) {
        let rows = identities.into_iter().map(IdentityRow::into_values);
        self.insert(&USER_IDENTITIES, rows.collect());
    }

    /// Deletes a login method of a user.
    ///
    /// From then on signing up with the email address does not claim the
    /// account, as it does for a user who never had a login method.
    pub fn delete_identity(&mut self, id: Id<Identity>, user: Id<User>, now: Timestamp) {
        self.write(&DELETE_IDENTITY, values![id]);
        self.write(&REMOVE_LOGIN, values![user, now]);
    }
}
