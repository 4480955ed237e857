//! New passwords for many people by one statement, and what ends with the old
//! ones.

use freehold_domain::{Id, Timestamp, User};

use crate::lists::{ids, listed};
use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Result, Store, Tx};

macro_rules! with_password {
    ($engine:ident) => {
        concat!(
            "SELECT u.email FROM users u JOIN passwords p ON p.user_id = u.id WHERE u.email IN ",
            listed!($engine, texts "$1")
        )
    };
}

macro_rules! of_users {
    ($before:literal, $engine:ident) => {
        concat!($before, " WHERE user_id IN ", listed!($engine, ids "$1"))
    };
}

statements! {
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
    DROP_RESETS = of_users!("DELETE FROM password_resets", sqlite),
        postgres = of_users!("DELETE FROM password_resets", postgres);
}

impl Store {
    /// Which of these normalised addresses have a password.
    pub async fn emails_with_password(&self, emails: &[String]) -> Result<Vec<String>> {
        let emails = crate::lists::texts(emails);
        self.read(&WITH_PASSWORD, values![emails], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Which of these people have a password.
    pub async fn with_password(&mut self, users: &[Id<User>]) -> Result<Vec<Id<User>>> {
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
        self.write(&DROP_RESETS, values![ids(&users)]);
    }
}
