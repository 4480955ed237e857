//! Ids for rows whose number only the database knows (`INSERT … SELECT`): the
//! moment comes from us, so that they sort like all others, and the rest is
//! drawn by the engine, row by row.

use uuid::Uuid;

use super::Value;

/// How much of an id is given; the seven bytes after it are drawn.
const PREFIX_LENGTH: usize = 9;

/// In a statement, an id that begins as [`id_prefix`] says; `$n` is the
/// beginning. The engine's name comes first, for the fragments differ.
macro_rules! generate_id {
    (sqlite, $n:literal) => {
        concat!("CAST(", $n, " || randomblob(7) AS BLOB)")
    };
    (postgres, $n:literal) => {
        concat!(
            "encode(",
            $n,
            "::bytea || substring(uuid_send(gen_random_uuid()) FROM 10), 'hex')::uuid"
        )
    };
}
pub(crate) use generate_id;

/// The beginning of all ids that one statement draws: the moment, the version
/// and the variant of `seed`, a freshly drawn one.
pub(crate) fn id_prefix(seed: Uuid) -> Value {
    Value::Bytes(seed.as_bytes()[..PREFIX_LENGTH].to_vec())
}
