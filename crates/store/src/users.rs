//! Users, their passwords and the login methods on record for them.

use freehold_domain::{Email, Id, Timestamp, User};

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Insert, Result, Row, Store, Tx};

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UserRecord {
    /// Its id.
    pub id: Id<User>,
    /// Its id at the authentication provider; our own are both.
    pub uid: Option<String>,
    /// The normalised address.
    pub email: String,
    /// What others see.
    pub username: Option<String>,
    /// When it was made; unknown for some brought along.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// How a row of users is selected, wherever that happens.
macro_rules! user_columns {
    () => {
        "u.id, u.uid, u.email, u.username, u.created_at, u.updated_at"
    };
}
pub(crate) use user_columns;

/// How many columns `user_columns!` has.
pub(crate) const USER_WIDTH: usize = 6;

/// Reads `user_columns!` that begin at `first`.
pub(crate) fn read_user(row: &Row<'_>, first: usize) -> Result<UserRecord> {
    Ok(UserRecord {
        id: row.get(first)?,
        uid: row.get(first + 1)?,
        email: row.get(first + 2)?,
        username: row.get(first + 3)?,
        created_at: row.get(first + 4)?,
        updated_at: row.get(first + 5)?,
    })
}

/// What a sign-in has to know about an address.
#[derive(Clone, Debug)]
pub struct Login {
    /// Whose it is.
    pub user: UserRecord,
    /// The PHC string of their password, if they have one.
    pub password: Option<String>,
    /// Whether any login method is on record.
    pub has_identity: bool,
    /// Whether an operator took one away.
    pub was_removed: bool,
}

statements! {
    LOGIN_BY_EMAIL = concat!("SELECT ", user_columns!(), ", p.hash,
            EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id),
            u.login_removed_at IS NOT NULL
       FROM users u
       LEFT JOIN passwords p ON p.user_id = u.id
      WHERE u.email = $1");
    BY_ID = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = $1");
    BY_EMAIL = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.email = $1");
    LOCK = "SELECT id FROM users WHERE id = $1", locked;
    IDENTITIES = "SELECT method FROM user_identities WHERE user_id = $1 ORDER BY created_at, method";
    RECORD_IDENTITY = "INSERT INTO user_identities
            (id, user_id, method, subject, domain, created_at, created_by_id)
     VALUES ($1, $2, $3, $4, $5, $6, $2)
         ON CONFLICT (method, subject) DO NOTHING";
    SET_PASSWORD = "INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
    FIRST_PASSWORD = "INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO NOTHING";
    HOLD_PASSWORD = "SELECT user_id FROM passwords WHERE user_id = $1 AND hash = $2", locked;
    REHASH_PASSWORD = "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2";
    PROVE_EMAIL = "UPDATE users SET email_proven_at = $2 WHERE id = $1 AND email_proven_at IS NULL";
    RENAME = "UPDATE users
        SET username = $2, updated_at = $3, updated_by_id = $1
      WHERE id = $1";
}

static USERS: Insert = Insert {
    table: "users",
    columns: &[
        "id",
        "uid",
        "email",
        "username",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&USERS];

/// Reads outside of a transaction.
impl Store {
    /// What a sign-in has to know about `email`.
    pub async fn login_by_email(&self, email: &Email) -> Result<Option<Login>> {
        self.read_one(&LOGIN_BY_EMAIL, values![email], |row| {
            Ok(Login {
                user: read_user(row, 0)?,
                password: row.get(USER_WIDTH)?,
                has_identity: row.get(USER_WIDTH + 1)?,
                was_removed: row.get(USER_WIDTH + 2)?,
            })
        })
        .await
    }

    /// The user with this id.
    pub async fn user(&self, id: Id<User>) -> Result<Option<UserRecord>> {
        self.read_one(&BY_ID, values![id], |row| read_user(row, 0))
            .await
    }

    /// The user with this address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<UserRecord>> {
        self.read_one(&BY_EMAIL, values![email], |row| read_user(row, 0))
            .await
    }

    /// The login methods on record for a user, oldest first.
    pub async fn identities(&self, user: Id<User>) -> Result<Vec<String>> {
        self.read(&IDENTITIES, values![user], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Adds an account. A second one with the same address breaks
    /// [`Rule::UserEmail`](crate::Rule::UserEmail).
    pub fn insert_user(&mut self, user: &UserRecord) {
        let UserRecord {
            id,
            uid,
            email,
            username,
            created_at,
            updated_at,
        } = user;
        self.insert(
            &USERS,
            vec![values![
                *id,
                uid.clone(),
                email.clone(),
                username.clone(),
                *created_at,
                *updated_at,
                *id
            ]],
        );
    }

    /// Holds the user's row until the end, so that decisions about what they
    /// own take turns. Answers whether there is such a user.
    pub async fn lock_user(&mut self, id: Id<User>) -> Result<bool> {
        let found = self
            .read_one(&LOCK, values![id], |row| row.get::<Id<User>>(0))
            .await?;
        Ok(found.is_some())
    }

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

    /// Sets or replaces the password.
    pub fn set_password(&mut self, user: Id<User>, hash: String, now: Timestamp) {
        self.write(&SET_PASSWORD, values![user, hash, now]);
    }

    /// Sets the password of somebody who has none. Only one of two at once is
    /// answered `true`.
    pub async fn claim_password(
        &mut self,
        user: Id<User>,
        hash: String,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self
            .claim(&FIRST_PASSWORD, values![user, hash, now])
            .await?
            == 1)
    }

    /// Whether this is still the password, and stays so until the end of the
    /// transaction.
    pub async fn hold_password(&mut self, user: Id<User>, hash: String) -> Result<bool> {
        let found = self
            .read_one(&HOLD_PASSWORD, values![user, hash], |row| {
                row.get::<Id<User>>(0)
            })
            .await?;
        Ok(found.is_some())
    }

    /// Replaces a password's hash by one of the same password with today's
    /// cost, unless it was changed meanwhile.
    pub fn rehash_password(&mut self, user: Id<User>, old: String, new: String) {
        self.write(&REHASH_PASSWORD, values![user, old, new]);
    }

    /// They read what was sent to their address, so it is theirs.
    pub fn prove_email(&mut self, user: Id<User>, now: Timestamp) {
        self.write(&PROVE_EMAIL, values![user, now]);
    }

    /// [`Tx::prove_email`] by somebody's word. Answers whether it was not known
    /// before.
    pub async fn confirm_email(&mut self, user: Id<User>, now: Timestamp) -> Result<bool> {
        Ok(self.claim(&PROVE_EMAIL, values![user, now]).await? == 1)
    }

    /// Gives a user another name. Answers whether there is such a user.
    pub async fn rename_user(
        &mut self,
        id: Id<User>,
        username: String,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.claim(&RENAME, values![id, username, now]).await? == 1)
    }
}
