//! Sessions, password resets, and attempts: what signing in leaves behind.

use freehold_domain::{Id, Session, Timestamp, TokenHash, User};

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Insert, Result, Row, Store, Tx};
use crate::users::{USER_WIDTH, UserRecord, read_user, user_columns};

/// A session as it is kept.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Its handle.
    pub id: Id<Session>,
    /// Whose it is.
    pub user: Id<User>,
    /// Hash of the one refresh token that is good.
    pub refresh: TokenHash,
    /// Hash of the one before it.
    pub previous: Option<TokenHash>,
    /// When the good one was made.
    pub rotated_at: Timestamp,
    /// When the session ends by itself.
    pub expires_at: Timestamp,
    /// The login methods proven in this session, a JSON list.
    pub identities: serde_json::Value,
    /// Whether its sign-in made the account.
    pub is_new_user: bool,
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
    END_ALL = "DELETE FROM sessions WHERE user_id = $1";
    PURGE_SESSIONS = "DELETE FROM sessions WHERE expires_at <= $1";
    TAKE_RESET = "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 RETURNING mailed";
    RESET_OWNER = "SELECT user_id FROM password_resets WHERE token_hash = $1 AND expires_at > $2";
    DROP_RESETS = "DELETE FROM password_resets WHERE user_id = $1";
    PURGE_RESETS = "DELETE FROM password_resets WHERE expires_at <= $1";
    COUNT_ATTEMPTS = "INSERT INTO attempts (subject, count, until) VALUES ($1, $4, $3)
         ON CONFLICT (subject) DO UPDATE
        SET count = CASE WHEN attempts.until <= $2 THEN excluded.count
                         ELSE attempts.count + excluded.count END,
            until = CASE WHEN attempts.until <= $2 THEN excluded.until ELSE attempts.until END
  RETURNING count, until";
    FORGIVE_ATTEMPT = "UPDATE attempts SET count = count - 1 WHERE subject = $1 AND count > 0";
    FORGET_ATTEMPTS = "DELETE FROM attempts WHERE subject = $1";
    PURGE_ATTEMPTS = "DELETE FROM attempts WHERE until <= $1";
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
pub(crate) static INSERTS: &[&Insert] = &[&SESSIONS, &RESETS];

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

fn bytes(hash: &TokenHash) -> Vec<u8> {
    hash.as_bytes().to_vec()
}

impl Store {
    /// A session and its user, whether it has expired or not.
    pub async fn session(&self, id: Id<Session>) -> Result<Option<(SessionRecord, UserRecord)>> {
        self.read_one(&FIND, values![id], read_session).await
    }

    /// Whose reset this is, while it is good. Using it up is [`Tx::take_reset`].
    pub async fn reset_owner(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Id<User>>> {
        self.read_one(&RESET_OWNER, values![bytes(token), now], |row| row.get(0))
            .await
    }
}

impl Tx {
    /// Opens a session.
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

    /// Replaces the good refresh token `from` by `to`. Only one of two at once
    /// is answered `true`.
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

    /// Ends a session. Answers whether there was one.
    pub async fn end_session(&mut self, id: Id<Session>) -> Result<bool> {
        Ok(self.claim(&END, values![id]).await? == 1)
    }

    /// Ends all sessions of a user.
    pub fn end_sessions_of(&mut self, user: Id<User>) {
        self.write(&END_ALL, values![user]);
    }

    /// Keeps a reset link's hash. `mailed` says that the link goes to the
    /// user's address and nowhere else.
    pub fn insert_reset(
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

    /// Uses a reset link up, and says whether it was mailed. Only one of two
    /// at once is answered.
    pub async fn take_reset(&mut self, token: &TokenHash, now: Timestamp) -> Result<Option<bool>> {
        self.read_one(&TAKE_RESET, values![bytes(token), now], |row| row.get(0))
            .await
    }

    /// Makes all other reset links of a user void.
    pub fn drop_resets_of(&mut self, user: Id<User>) {
        self.write(&DROP_RESETS, values![user]);
    }

    /// Counts `times` attempts, letters or people under `subject`, and answers
    /// how many there are in the window, these included, and when it ends.
    pub async fn count_attempts(
        &mut self,
        subject: String,
        times: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(i64, Timestamp)> {
        let values = values![subject, now, until, times];
        let counted = self.read_one(&COUNT_ATTEMPTS, values, |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        Ok(counted.await?.unwrap_or((times, until)))
    }

    /// Takes one attempt back: it succeeded.
    pub fn forgive_attempt(&mut self, subject: String) {
        self.write(&FORGIVE_ATTEMPT, values![subject]);
    }

    /// Begins anew: whoever it was has proven who they are.
    pub fn forget_attempts(&mut self, subject: String) {
        self.write(&FORGET_ATTEMPTS, values![subject]);
    }

    /// Removes what has run out.
    pub fn purge_expired(&mut self, now: Timestamp) {
        for sql in [&PURGE_SESSIONS, &PURGE_RESETS, &PURGE_ATTEMPTS] {
            self.write(sql, values![now]);
        }
    }
}
