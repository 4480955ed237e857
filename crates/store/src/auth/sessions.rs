//! Sessions: creating, finding, rotating and ending them.

use freehold_domain::{Id, Session, Timestamp, TokenHash, User};

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Insert, Result, Row, Store, Tx};

/// A session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Its id.
    pub id: Id<Session>,
    /// The user.
    pub user: Id<User>,
    /// Hash of the current refresh token.
    pub refresh: TokenHash,
    /// Hash of the refresh token before it.
    pub previous: Option<TokenHash>,
    /// When the current refresh token was issued.
    pub rotated_at: Timestamp,
    /// When the session expires.
    pub expires_at: Timestamp,
    /// The login methods that were used in this session, a JSON list.
    pub identities: serde_json::Value,
    /// Whether the sign-in also created the user.
    pub is_new_user: bool,
}

fn hash(row: &Row<'_>, index: usize) -> Result<Option<TokenHash>> {
    Ok(row
        .get::<Option<Vec<u8>>>(index)?
        .and_then(|bytes| TokenHash::from_bytes(&bytes)))
}

fn read_session(row: &Row<'_>) -> Result<(SessionRecord, UserRecord)> {
    const FIRST: usize = 8;
    const { assert!(FIRST + USER_WIDTH == 14) };
    let refresh = hash(row, 2)?.ok_or(crate::StoreError::Row {
        column: 2,
        expected: "a hash of 32 bytes",
    })?;
    let session = SessionRecord {
        id: row.get(0)?,
        user: row.get(1)?,
        refresh,
        previous: hash(row, 3)?,
        rotated_at: row.get(4)?,
        expires_at: row.get(5)?,
        identities: row.get(6)?,
        is_new_user: row.get(7)?,
    };
    Ok((session, read_user(row, FIRST)?))
}

pub(crate) fn bytes(hash: &TokenHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}

statements! {
    FIND = concat!("SELECT s.id, s.user_id, s.refresh_hash, s.previous_hash, s.rotated_at, s.expires_at,
            s.identities, s.is_new_user, ", user_columns!(), "
       FROM sessions s
       JOIN users u ON u.id = s.user_id
      WHERE s.id = $1");
    ROTATE = "UPDATE sessions
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
        self.read_one(&FIND, values![id], read_session).await
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
