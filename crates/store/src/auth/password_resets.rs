//! Password reset links, stored as hashes.

use freehold_domain::{Id, Timestamp, TokenHash, User};

use super::sessions::bytes;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

statements! {
    CONSUME_RESET = "
        DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 RETURNING mailed";
    RESET_USER = "SELECT user_id FROM password_resets WHERE token_hash = $1 AND expires_at > $2";
    DELETE_RESETS = "DELETE FROM password_resets WHERE user_id = $1";
}

static RESETS: Insert = Insert {
    table: "password_resets",
    columns: &[
        "token_hash",
        "user_id",
        "expires_at",
        "created_at",
        "mailed",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&RESETS];

impl Store {
    /// Returns the user of a reset link that has not expired. [`Tx::consume_password_reset`] uses it up.
    pub async fn password_reset_user(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Id<User>>> {
        self.read_one(&RESET_USER, values![bytes(token), now], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Inserts a reset link. `mailed` means that the link is only sent to the
    /// user's email address.
    pub fn insert_password_reset(
        &mut self,
        token: &TokenHash,
        user: Id<User>,
        mailed: bool,
        expires_at: Timestamp,
        now: Timestamp,
    ) {
        let row = values![bytes(token), user, expires_at, now, mailed];
        self.insert(&RESETS, vec![row]);
    }

    /// Deletes a reset link and returns whether it was mailed; nothing if it has
    /// expired or was used. Of two at once, only one gets a result.
    pub async fn consume_password_reset(
        &mut self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<bool>> {
        self.read_one(&CONSUME_RESET, values![bytes(token), now], |row| row.get(0))
            .await
    }

    /// Deletes all reset links of a user.
    pub fn delete_password_resets_of(&mut self, user: Id<User>) {
        self.write(&DELETE_RESETS, values![user]);
    }
}
