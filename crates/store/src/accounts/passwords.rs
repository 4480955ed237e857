//! Password hashes: setting and replacing them, one or many at a time, and what a
//! replaced password ends.

use freehold_domain::{Id, Timestamp, User};

use crate::engine::json_list::{ids, texts};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

statements! {
    SET_PASSWORD = "
        INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
            ON CONFLICT (user_id)
            DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
    SET_FIRST_PASSWORD = "
        INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
            ON CONFLICT (user_id) DO NOTHING";
    REHASH_PASSWORD = "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2";
    DELETE_PASSWORD = "DELETE FROM passwords WHERE user_id = $1";
    EMAILS_WITH_PASSWORD = "
        SELECT u.email FROM users u JOIN passwords p ON p.user_id = u.id
         WHERE u.email IN {texts $1}";
    USERS_WITH_PASSWORD = "SELECT user_id FROM passwords WHERE user_id IN {ids $1}";
    // `$1` is a list of texts: 32 digits of a user's id, then the hash.
    REPLACE_PASSWORDS = "
        UPDATE passwords SET hash = x.hash, changed_at = $2
          FROM (SELECT {id substr(value, 1, 32)} AS user_id, substr(value, 33) AS hash
                  FROM {list $1}) AS x
         WHERE passwords.user_id = x.user_id";
    END_SESSIONS = "DELETE FROM sessions WHERE user_id IN {ids $1}";
    DELETE_RESETS = "DELETE FROM password_resets WHERE user_id IN {ids $1}";
}

static PASSWORDS: Insert = Insert {
    table: "passwords",
    columns: &["user_id", "hash", "changed_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&PASSWORDS];

impl Store {
    /// Returns those of these normalized email addresses whose users have a password.
    pub async fn emails_with_password(&self, emails: &[String]) -> Result<Vec<String>> {
        let emails = texts(emails);
        self.read(&EMAILS_WITH_PASSWORD, values![emails], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Sets or replaces a user's password.
    pub fn set_password(&mut self, user: Id<User>, hash: String, now: Timestamp) {
        self.write(&SET_PASSWORD, values![user, hash, now]);
    }

    /// Sets the password of a user who has none. Of two at once, only one
    /// returns `true`.
    pub async fn set_first_password(
        &mut self,
        user: Id<User>,
        hash: String,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self
            .claim(&SET_FIRST_PASSWORD, values![user, hash, now])
            .await?
            == 1)
    }

    /// Replaces a password's hash by a hash of the same password with the
    /// current parameters, unless it was changed meanwhile.
    pub fn rehash_password(&mut self, user: Id<User>, old: String, new: String) {
        self.write(&REHASH_PASSWORD, values![user, old, new]);
    }

    /// Deletes a user's password.
    pub fn delete_password(&mut self, user: Id<User>) {
        self.write(&DELETE_PASSWORD, values![user]);
    }

    /// Inserts password hashes of users who have none.
    pub fn insert_passwords(&mut self, hashes: Vec<(Id<User>, String)>, now: Timestamp) {
        let rows = hashes
            .into_iter()
            .map(|(user, hash)| values![user, hash, now]);
        self.insert(&PASSWORDS, rows.collect());
    }

    /// Returns those of these users who have a password.
    pub async fn users_with_password(&mut self, users: &[Id<User>]) -> Result<Vec<Id<User>>> {
        self.read(&USERS_WITH_PASSWORD, values![ids(users)], |row| row.get(0))
            .await
    }

    /// Replaces the passwords of users who have one, ends all their sessions
    /// and deletes their reset links. Queues three statements.
    pub fn replace_passwords(&mut self, hashes: &[(Id<User>, String)], now: Timestamp) {
        let pairs: Vec<String> = hashes
            .iter()
            .map(|(user, hash)| format!("{}{hash}", user.uuid().simple()))
            .collect();
        self.write(&REPLACE_PASSWORDS, values![texts(&pairs), now]);
        let users: Vec<Id<User>> = hashes.iter().map(|(user, _)| *user).collect();
        self.write(&END_SESSIONS, values![ids(&users)]);
        self.write(&DELETE_RESETS, values![ids(&users)]);
    }
}
