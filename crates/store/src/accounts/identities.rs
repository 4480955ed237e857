//! Login methods on record for users, one row each.

use freehold_domain::{Email, Id, Identity, Timestamp, User};

use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

/// A login that is put on record.
#[derive(Clone, Debug)]
pub struct IdentityRow {
    /// Its id.
    pub id: Id<Identity>,
    /// Whose.
    pub user: Id<User>,
    /// `email:password` and the like.
    pub method: &'static str,
    /// The normalised address.
    pub subject: String,
    /// That of the address.
    pub domain: String,
    /// When.
    pub now: Timestamp,
}

/// A way of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRecord {
    /// Whose.
    pub user: Id<User>,
    /// How.
    pub method: String,
}

statements! {
    IDENTITIES = "SELECT method FROM user_identities WHERE user_id = $1 ORDER BY created_at, method";
    RECORD_IDENTITY = "INSERT INTO user_identities
            (id, user_id, method, subject, domain, created_at, created_by_id)
     VALUES ($1, $2, $3, $4, $5, $6, $2)
         ON CONFLICT (method, subject) DO NOTHING";
    DELETE_IDENTITY = "DELETE FROM user_identities WHERE id = $1";
    REMOVE_LOGIN = "UPDATE users SET login_removed_at = $2 WHERE id = $1";
}

static MANY_IDENTITIES: Insert = Insert {
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
pub(crate) static INSERTS: &[&Insert] = &[&MANY_IDENTITIES];

impl Store {
    /// The login methods on record for a user, oldest first.
    pub async fn identities(&self, user: Id<User>) -> Result<Vec<String>> {
        self.read(&IDENTITIES, values![user], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Puts a login method on record; once is enough.
    pub fn record_identity(
        &mut self,
        row: uuid::Uuid,
        user: Id<User>,
        method: &'static str,
        email: &Email,
        now: Timestamp,
    ) {
        let domain = email.domain().to_owned();
        self.write(
            &RECORD_IDENTITY,
            values![row, user, method, email, domain, now],
        );
    }

    /// Puts logins on record. One that is there breaks
    /// [`Rule::Identity`](crate::Rule::Identity).
    pub fn insert_identities(&mut self, identities: Vec<IdentityRow>) {
        let rows = identities.into_iter().map(|it| {
            values![
                it.id, it.user, it.method, it.subject, it.domain, it.now, it.user
            ]
        });
        self.insert(&MANY_IDENTITIES, rows.collect());
    }

    /// Takes a way of signing in from its user, whichever it is.
    ///
    /// From now on nobody claims the account by signing up with its address:
    /// it is not one of somebody who never had a way of signing in.
    pub fn delete_identity(&mut self, id: Id<Identity>, user: Id<User>, now: Timestamp) {
        self.write(&DELETE_IDENTITY, values![id]);
        self.write(&REMOVE_LOGIN, values![user, now]);
    }
}
