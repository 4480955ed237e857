//! Ids for rows whose number only the database knows (`INSERT … SELECT`): the
//! program gives the time, so that they sort like all other ids, and the engine
//! generates the rest for each row (`{generate_id $1}`).

use uuid::Uuid;

use super::Value;

/// How many bytes of an id are given; the engine generates the other seven.
const PREFIX_LENGTH: usize = 9;

/// Returns the prefix of all ids that one statement generates: the time, the
/// version and the variant of `seed`, a newly generated id.
pub(crate) fn id_prefix(seed: Uuid) -> Value {
    Value::Bytes(seed.as_bytes()[..PREFIX_LENGTH].to_vec())
}
