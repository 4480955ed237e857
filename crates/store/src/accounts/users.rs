//! Users: finding, inserting and renaming them, and whether their email address is
//! verified.
//!
//! Not here: their login methods (`identities`, `passwords`).

use freehold_domain::{Email, Id, Timestamp, User};
use serde_json::Value as Json;

use crate::engine::json_list::ids;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

row_types! {
    /// A user.
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct UserRecord {
        /// Its id.
        pub id: Id<User> = "u.id",
        /// The id at the authentication provider; for our own users the same id.
        pub uid: Option<String> = "u.uid",
        /// The normalized email address.
        pub email: String = "u.email",
        /// The display name.
        pub username: Option<String> = "u.username",
        /// When the user was created; unknown for some imported users.
        pub created_at: Option<Timestamp> = "u.created_at",
        /// When the user was last changed.
        pub updated_at: Option<Timestamp> = "u.updated_at",
    }
}

/// A user to insert.
#[derive(Clone, Copy, Debug)]
pub struct UserRow<'a> {
    /// The user.
    pub record: &'a UserRecord,
    /// Whether the email address counts as verified from the start.
    pub is_email_verified: bool,
}

statements! {
    rows UserRecord;

    BY_ID = "SELECT {UserRecord} FROM users u WHERE u.id = $1";
    BY_EMAIL = "SELECT {UserRecord} FROM users u WHERE u.email = $1";
    VERIFY_EMAIL = "
        UPDATE users SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL";
    RENAME = "UPDATE users SET username = $2, updated_at = $3, updated_by_id = $1 WHERE id = $1";
    EMAIL_VERIFIED_AT = "SELECT email_verified_at FROM users WHERE id = $1";
    // `$1` is a list of ids as text.
    SET_MISSING_UIDS = "
        UPDATE users SET uid = a.value
          FROM {list $1} a
         WHERE users.id = {id replace(a.value, '-', '')} AND users.uid IS NULL";
    VERIFY_EMAILS = "
        UPDATE users SET email_verified_at = $2
          FROM {list $1} a
         WHERE users.id = {id a.value} AND users.email_verified_at IS NULL";
}

static USERS: Insert = Insert {
    table: "users",
    columns: &[
        "id",
        "uid",
        "email",
        "username",
        "email_verified_at",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&USERS];

impl Store {
    /// Returns the user with this id.
    pub async fn user(&self, id: Id<User>) -> Result<Option<UserRecord>> {
        self.read_one(&BY_ID, values![id], UserRecord::read).await
    }

    /// Returns the user with this normalized email address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<UserRecord>> {
        self.read_one(&BY_EMAIL, values![email], UserRecord::read)
            .await
    }

    /// Whether a user's email address is verified.
    pub async fn is_email_verified(&self, user: Id<User>) -> Result<bool> {
        let verified_at = self.read_one(&EMAIL_VERIFIED_AT, values![user], |row| {
            row.get::<Option<Timestamp>>(0)
        });
        Ok(verified_at.await?.flatten().is_some())
    }
}

impl Tx {
    /// Inserts users. An email address that is in use breaks
    /// [`Rule::UserEmail`](crate::Rule::UserEmail).
    pub fn insert_users<'a>(&mut self, users: impl IntoIterator<Item = UserRow<'a>>) {
        let rows = users.into_iter().map(|row| {
            let UserRecord {
                id,
                uid,
                email,
                username,
                created_at,
                updated_at,
            } = row.record.clone();
            let email_verified_at = created_at.filter(|_| row.is_email_verified);
            values![
                id,
                uid,
                email,
                username,
                email_verified_at,
                created_at,
                updated_at,
                id
            ]
        });
        self.insert(&USERS, rows.collect());
    }

    /// Sets `uid` to the user's id, for those of these users who have none.
    pub fn set_missing_uids(&mut self, users: &[Id<User>]) {
        if !users.is_empty() {
            let uids: Json = users.iter().map(ToString::to_string).collect();
            self.write(&SET_MISSING_UIDS, values![uids]);
        }
    }

    /// Marks a user's email address as verified.
    pub fn verify_email(&mut self, user: Id<User>, now: Timestamp) {
        self.write(&VERIFY_EMAIL, values![user, now]);
    }

    /// [`Tx::verify_email`], at once. Returns whether the address was unverified
    /// before.
    pub async fn mark_email_verified(&mut self, user: Id<User>, now: Timestamp) -> Result<bool> {
        Ok(self.claim(&VERIFY_EMAIL, values![user, now]).await? == 1)
    }

    /// Marks the email addresses of these users as verified.
    pub fn verify_emails(&mut self, users: &[Id<User>], now: Timestamp) {
        if !users.is_empty() {
            self.write(&VERIFY_EMAILS, values![ids(users), now]);
        }
    }

    /// Changes a user's display name. Returns whether the user exists.
    pub async fn rename_user(
        &mut self,
        id: Id<User>,
        username: String,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.claim(&RENAME, values![id, username, now]).await? == 1)
    }
}
