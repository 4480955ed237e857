//! What a sign-in has to know about an address, by one query.

use freehold_domain::Email;

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};

/// What a sign-in has to know about an address.
#[derive(Clone, Debug)]
pub struct LoginRecord {
    /// Whose it is.
    pub user: UserRecord,
    /// The PHC string of their password, if they have one.
    pub password: Option<String>,
    /// Whether any login method is on record.
    pub has_identity: bool,
    /// Whether an operator took one away.
    pub is_login_removed: bool,
}

statements! {
    LOGIN_BY_EMAIL = concat!("SELECT ", user_columns!(), ", p.hash,
            EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id),
            u.login_removed_at IS NOT NULL
       FROM users u
       LEFT JOIN passwords p ON p.user_id = u.id
      WHERE u.email = $1");
}

impl Store {
    /// What a sign-in has to know about `email`.
    pub async fn login_record_by_email(&self, email: &Email) -> Result<Option<LoginRecord>> {
        self.read_one(&LOGIN_BY_EMAIL, values![email], |row| {
            Ok(LoginRecord {
                user: read_user(row, 0)?,
                password: row.get(USER_WIDTH)?,
                has_identity: row.get(USER_WIDTH + 1)?,
                is_login_removed: row.get(USER_WIDTH + 2)?,
            })
        })
        .await
    }
}
