//! The query of a sign-in with an email address.

use freehold_domain::Email;

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};

/// A user and the login state that a sign-in depends on.
#[derive(Clone, Debug)]
pub struct LoginRecord {
    /// The user.
    pub user: UserRecord,
    /// The PHC string of their password, if they have one.
    pub password: Option<String>,
    /// Whether the user has a login method.
    pub has_identity: bool,
    /// Whether an operator removed a login method.
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
    /// Returns the user with this email address and their login state.
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
