//! Requests that do not have the documented form, and failures of the server.

use super::{ErrorEntry, entry};

pub(super) const ERRORS: &[ErrorEntry] = &[
    entry("invalid_uuid", 400, "An id in the path is not a UUID."),
    entry(
        "id_mismatch",
        400,
        "The path and the body contain different ids for the same object.",
    ),
    entry(
        "idempotency_key_invalid",
        400,
        "The Idempotency-Key header is not 1 to 255 visible ASCII characters.",
    ),
    entry(
        "body_incomplete",
        400,
        "The connection ended before the request body was complete.",
    ),
    entry(
        "vetoed",
        403,
        "An extension of this deployment refuses the change.",
    ),
    entry("no_such_path", 404, "No endpoint has this path."),
    entry(
        "not_found",
        404,
        "The object does not exist, or the caller has no access to it.",
    ),
    entry(
        "method_not_allowed",
        405,
        "The path exists, but not with this method. The Allow header lists its methods.",
    ),
    entry(
        "body_too_slow",
        408,
        "The request body did not arrive in time.",
    ),
    entry(
        "idempotency_conflict",
        409,
        "The Idempotency-Key was used for another request.",
    ),
    entry(
        "body_too_large",
        413,
        "The request body is larger than 64 KiB, or than 1 MiB for bulk requests and content.",
    ),
    entry(
        "unsupported_media_type",
        415,
        "The content type is not application/json, or text/csv where the endpoint accepts it.",
    ),
    entry(
        "invalid_request",
        422,
        "The body, query or path does not have the documented shape. `detail` lists every mistake.",
    ),
    entry(
        "invalid_field",
        422,
        "A value has the right type but breaks a rule.",
    ),
    entry(
        "internal",
        500,
        "The server failed. Its log has the cause under the request_id.",
    ),
    entry(
        "busy",
        503,
        "The server is overloaded. Repeat the request after Retry-After.",
    ),
    entry(
        "unavailable",
        503,
        "The database cannot be reached. Nothing was changed; repeat the request after Retry-After.",
    ),
    entry(
        "not_ready",
        503,
        "The database does not respond to the readiness probe.",
    ),
    entry(
        "outcome_unknown",
        503,
        "The connection to the database broke during a commit. Repeat the request with the same Idempotency-Key.",
    ),
];
