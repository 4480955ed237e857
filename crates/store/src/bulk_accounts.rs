//! Accounts that operators make, many at once: users, what they sign in with,
//! and keys for their programs.

use freehold_domain::{ApiKey, HashedApiKey, Id, Identity, Project, Timestamp, User};
use serde_json::Value as Json;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Insert, Tx};
use crate::users::UserRecord;

/// A login that is put on record.
#[derive(Clone, Debug)]
pub struct IdentityRow {
    /// Its id.
    pub id: Id<Identity>,
    /// Whose.
    pub user: Id<User>,
    /// `email:password` and the like.
    pub method: &'static str,
    /// The normalised address.
    pub subject: String,
    /// That of the address.
    pub domain: String,
    /// When.
    pub now: Timestamp,
}

/// A key that is kept.
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: Id<ApiKey>,
    /// The part that may be shown.
    pub prefix: String,
    /// What is kept of the rest.
    pub hashed: HashedApiKey,
    /// For which project.
    pub project: Id<Project>,
    /// In whose name; a member of the project.
    pub owner: Id<User>,
    /// What it is called.
    pub name: Option<String>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When.
    pub now: Timestamp,
}

static USERS: Insert = Insert {
    table: "users",
    columns: &[
        "id",
        "uid",
        "email",
        "username",
        "email_proven_at",
        "created_at",
        "updated_at",
        "created_by_id",
    ],
};
static IDENTITIES: Insert = Insert {
    table: "user_identities",
    columns: &[
        "id",
        "user_id",
        "method",
        "subject",
        "domain",
        "created_at",
        "created_by_id",
    ],
};
static PASSWORDS: Insert = Insert {
    table: "passwords",
    columns: &["user_id", "hash", "changed_at"],
};
static KEYS: Insert = Insert {
    table: "api_keys",
    columns: &[
        "id",
        "prefix",
        "hashed_key",
        "project_id",
        "created_by_id",
        "name",
        "expiration_date",
        "created_at",
        "updated_at",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] = &[&USERS, &IDENTITIES, &PASSWORDS, &KEYS];

statements! {
    // Ids as texts.
    LINK_USERS = "UPDATE users SET uid = a.value
       FROM json_each($1) a
      WHERE users.id = unhex(replace(a.value, '-', '')) AND users.uid IS NULL",
        postgres = "UPDATE users SET uid = a.value
       FROM jsonb_array_elements_text($1) a
      WHERE users.id = a.value::uuid AND users.uid IS NULL";
    PROVE_EMAILS = "UPDATE users SET email_proven_at = $2
       FROM json_each($1) a
      WHERE users.id = unhex(replace(a.value, '-', '')) AND users.email_proven_at IS NULL",
        postgres = "UPDATE users SET email_proven_at = $2
       FROM jsonb_array_elements_text($1) a
      WHERE users.id = a.value::uuid AND users.email_proven_at IS NULL";
}

fn texts(users: &[Id<User>]) -> Json {
    users.iter().map(ToString::to_string).collect()
}

impl Tx {
    /// Adds accounts; with each, whether it is known that the address is
    /// theirs. An address that is taken breaks
    /// [`Rule::UserEmail`](crate::Rule::UserEmail).
    pub fn insert_users<'a>(&mut self, users: impl Iterator<Item = (&'a UserRecord, bool)>) {
        let rows = users.map(|(user, proven)| {
            let UserRecord {
                id,
                uid,
                email,
                username,
                created_at,
                updated_at,
            } = user.clone();
            let proven_at = created_at.filter(|_| proven);
            values![
                id, uid, email, username, proven_at, created_at, updated_at, id
            ]
        });
        self.insert(&USERS, rows.collect());
    }

    /// Puts logins on record. One that is there breaks
    /// [`Rule::Identity`](crate::Rule::Identity).
    pub fn insert_identities(&mut self, identities: Vec<IdentityRow>) {
        let rows = identities.into_iter().map(|it| {
            values![
                it.id, it.user, it.method, it.subject, it.domain, it.now, it.user
            ]
        });
        self.insert(&IDENTITIES, rows.collect());
    }

    /// Gives passwords, by their hashes, to users who have none.
    pub fn insert_passwords(&mut self, hashes: Vec<(Id<User>, String)>, now: Timestamp) {
        let rows = hashes
            .into_iter()
            .map(|(user, hash)| values![user, hash, now]);
        self.insert(&PASSWORDS, rows.collect());
    }

    /// Keeps keys. A prefix that is taken breaks
    /// [`Rule::ApiKeyPrefix`](crate::Rule::ApiKeyPrefix).
    pub fn insert_keys(&mut self, keys: Vec<ApiKeyRow>) {
        let rows = keys.into_iter().map(|it| {
            let hashed = it.hashed.as_str().to_owned();
            values![
                it.id,
                it.prefix,
                hashed,
                it.project,
                it.owner,
                it.name,
                it.expires_at,
                it.now,
                it.now
            ]
        });
        self.insert(&KEYS, rows.collect());
    }

    /// Makes a user their own provider's, where no provider is on record.
    pub fn link_users(&mut self, users: &[Id<User>]) {
        if !users.is_empty() {
            self.write(&LINK_USERS, values![texts(users)]);
        }
    }

    /// By an operator's word these addresses are their users'.
    pub fn prove_emails(&mut self, users: &[Id<User>], now: Timestamp) {
        if !users.is_empty() {
            self.write(&PROVE_EMAILS, values![texts(users), now]);
        }
    }
}
