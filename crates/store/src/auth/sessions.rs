//! Sessions: creating, finding, rotating and ending them.

use freehold_domain::{Id, Session, Timestamp, TokenHash, User};

use crate::accounts::users::UserRecord;
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Store, Tx};

row_types! {
    /// A session.
    #[derive(Clone, Debug)]
    pub struct SessionRecord {
        /// Its id.
        pub id: Id<Session> = "s.id",
        /// The user.
        pub user: Id<User> = "s.user_id",
        /// Hash of the current refresh token.
        pub refresh: TokenHash = "s.refresh_hash",
        /// Hash of the refresh token before it.
        pub previous: Option<TokenHash> = "s.previous_hash",
        /// When the current refresh token was issued.
        pub rotated_at: Timestamp = "s.rotated_at",
        /// When the session expires.
        pub expires_at: Timestamp = "s.expires_at",
        /// The login methods that were used in this session, a JSON list.
        pub identities: serde_json::Value = "s.identities",
        /// Whether the sign-in also created the user.
        pub is_new_user: bool = "s.is_new_user",
    }
}

pub(crate) fn bytes(hash: &TokenHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}

statements! {
    rows SessionRecord, UserRecord;

    FIND = "
        SELECT {SessionRecord}, {UserRecord}
          FROM sessions s
          JOIN users u ON u.id = s.user_id
         WHERE s.id = $1";
    ROTATE = "
        UPDATE sessions
           SET previous_hash = refresh_hash, refresh_hash = $3, rotated_at = $4, expires_at = $5
         WHERE id = $1 AND refresh_hash = $2 AND expires_at > $4";
    END = "DELETE FROM sessions WHERE id = $1";
    END_ALL_OF_USER = "DELETE FROM sessions WHERE user_id = $1";
}

static SESSIONS: Insert = Insert {
    table: "sessions",
    columns: &[
        "id",
        "user_id",
        "refresh_hash",
        "rotated_at",
        "expires_at",
        "identities",
        "is_new_user",
        "address",
        "user_agent",
        "created_at",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&SESSIONS];

impl Store {
    /// Returns a session and its user, also one that has expired.
    pub async fn session(&self, id: Id<Session>) -> Result<Option<(SessionRecord, UserRecord)>> {
        self.read_one(&FIND, values![id], FromRow::read).await
    }
}

impl Tx {
    /// Inserts a session.
    pub fn insert_session(
        &mut self,
        session: &SessionRecord,
        address: Option<String>,
        user_agent: Option<String>,
    ) {
        let SessionRecord {
            id,
            user,
            refresh,
            previous: _,
            rotated_at,
            expires_at,
            identities,
            is_new_user,
        } = session;
        self.insert(
            &SESSIONS,
            vec![values![
                *id,
                *user,
                bytes(refresh),
                *rotated_at,
                *expires_at,
                identities,
                *is_new_user,
                address,
                user_agent,
                *rotated_at
            ]],
        );
    }

    /// Replaces the current refresh token `from` by `to`. Of two at once, only
    /// one returns `true`.
    pub async fn rotate_session(
        &mut self,
        id: Id<Session>,
        from: &TokenHash,
        to: &TokenHash,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let values = values![id, bytes(from), bytes(to), now, expires_at];
        Ok(self.claim(&ROTATE, values).await? == 1)
    }

    /// Deletes a session. Returns whether it existed.
    pub async fn end_session(&mut self, id: Id<Session>) -> Result<bool> {
        Ok(self.claim(&END, values![id]).await? == 1)
    }

    /// Deletes all sessions of a user.
    pub fn end_sessions_of(&mut self, user: Id<User>) {
        self.write(&END_ALL_OF_USER, values![user]);
    }
}
