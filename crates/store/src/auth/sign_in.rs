//! The query of a sign-in with an email address.

use freehold_domain::Email;

use crate::accounts::users::UserRecord;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store};

row_types! {
    /// A user and the login state that a sign-in depends on.
    #[derive(Clone, Debug)]
    pub struct LoginRecord {
        /// The user.
        pub user: UserRecord,
        /// The PHC string of their password, if they have one.
        pub password: Option<String> = "p.hash",
        /// Whether the user has a login method.
        pub has_identity: bool =
            "EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id)",
        /// Whether an operator removed a login method.
        pub is_login_removed: bool = "u.login_removed_at IS NOT NULL",
    }
}

statements! {
    rows LoginRecord;

    LOGIN_BY_EMAIL = "
        SELECT {LoginRecord}
          FROM users u
          LEFT JOIN passwords p ON p.user_id = u.id
         WHERE u.email = $1";
}

impl Store {
    /// Returns the user with this email address and their login state.
    pub async fn login_record_by_email(&self, email: &Email) -> Result<Option<LoginRecord>> {
        self.read_one(&LOGIN_BY_EMAIL, values![email], LoginRecord::read)
            .await
    }
}
