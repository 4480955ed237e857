//! Passwords, kept as hashes: setting and replacing them, one by one or many by
//! one statement, and what ends with the old ones.

use freehold_domain::{Id, Timestamp, User};

use crate::engine::json_list::{ids, list_items, texts};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

macro_rules! with_password {
    ($engine:ident) => {
        concat!(
            "SELECT u.email FROM users u JOIN passwords p ON p.user_id = u.id WHERE u.email IN ",
            list_items!($engine, texts "$1")
        )
    };
}

macro_rules! of_users {
    ($before:literal, $engine:ident) => {
        concat!($before, " WHERE user_id IN ", list_items!($engine, ids "$1"))
    };
}

statements! {
    SET_PASSWORD = "INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
    SET_FIRST_PASSWORD = "INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO NOTHING";
    REHASH_PASSWORD = "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2";
    DELETE_PASSWORD = "DELETE FROM passwords WHERE user_id = $1";
    WITH_PASSWORD = with_password!(sqlite), postgres = with_password!(postgres);
    PASSWORDS_OF = of_users!("SELECT user_id FROM passwords", sqlite),
        postgres = of_users!("SELECT user_id FROM passwords", postgres);
    REPLACE = "UPDATE passwords SET hash = x.hash, changed_at = $2
       FROM (SELECT unhex(value ->> 0) AS user_id, value ->> 1 AS hash FROM json_each($1)) AS x
      WHERE passwords.user_id = x.user_id",
        postgres = "UPDATE passwords SET hash = x.hash, changed_at = $2
       FROM (SELECT (value ->> 0)::uuid AS user_id, value ->> 1 AS hash
               FROM jsonb_array_elements($1) AS a(value)) AS x
      WHERE passwords.user_id = x.user_id";
    END_SESSIONS = of_users!("DELETE FROM sessions", sqlite),
        postgres = of_users!("DELETE FROM sessions", postgres);
    DELETE_RESETS = of_users!("DELETE FROM password_resets", sqlite),
        postgres = of_users!("DELETE FROM password_resets", postgres);
}

static PASSWORDS: Insert = Insert {
    table: "passwords",
    columns: &["user_id", "hash", "changed_at"],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&PASSWORDS];

impl Store {
    /// Which of these normalised addresses have a password.
    pub async fn emails_with_password(&self, emails: &[String]) -> Result<Vec<String>> {
        let emails = texts(emails);
        self.read(&WITH_PASSWORD, values![emails], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Sets or replaces the password.
    pub fn set_password(&mut self, user: Id<User>, hash: String, now: Timestamp) {
        self.write(&SET_PASSWORD, values![user, hash, now]);
    }

    /// Sets the password of somebody who has none. Only one of two at once is
    /// answered `true`.
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

    /// Replaces a password's hash by one of the same password with today's
    /// cost, unless it was changed meanwhile.
    pub fn rehash_password(&mut self, user: Id<User>, old: String, new: String) {
        self.write(&REHASH_PASSWORD, values![user, old, new]);
    }

    /// Leaves somebody without a password.
    pub fn delete_password(&mut self, user: Id<User>) {
        self.write(&DELETE_PASSWORD, values![user]);
    }

    /// Gives passwords, by their hashes, to users who have none.
    pub fn insert_passwords(&mut self, hashes: Vec<(Id<User>, String)>, now: Timestamp) {
        let rows = hashes
            .into_iter()
            .map(|(user, hash)| values![user, hash, now]);
        self.insert(&PASSWORDS, rows.collect());
    }

    /// Which of these people have a password.
    pub async fn users_with_password(&mut self, users: &[Id<User>]) -> Result<Vec<Id<User>>> {
        self.read(&PASSWORDS_OF, values![ids(users)], |row| row.get(0))
            .await
    }

    /// Replaces the passwords of people who have one, ends all their sessions
    /// and makes their reset links void. Three statements, queued.
    pub fn replace_passwords(&mut self, hashes: &[(Id<User>, String)], now: Timestamp) {
        let pairs: Vec<serde_json::Value> = hashes
            .iter()
            .map(|(user, hash)| serde_json::json!([user.uuid().simple().to_string(), hash]))
            .collect();
        self.write(&REPLACE, values![serde_json::Value::from(pairs), now]);
        let users: Vec<Id<User>> = hashes.iter().map(|(user, _)| *user).collect();
        self.write(&END_SESSIONS, values![ids(&users)]);
        self.write(&DELETE_RESETS, values![ids(&users)]);
    }
}
