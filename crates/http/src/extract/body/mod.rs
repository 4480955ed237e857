//! Reads request bodies: checks size, content type and depth, then reads member by member. Bodies
//! are declared beside their handlers.

mod declare;
mod field;

pub(crate) use declare::request_body;
pub(crate) use field::{Change, Field, FieldReader};

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};

use crate::error::Problem;

/// The size limit of most request bodies.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// The size limit of bulk requests and of content.
pub(crate) const MAX_BULK_BODY_BYTES: usize = 1024 * 1024;

/// The most brackets that may be open at once.
pub(crate) const MAX_DEPTH: usize = 32;

/// How long the server waits for a whole body.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// The type as which a handler reads the body of its request.
pub(crate) trait RequestBody: Sized {
    /// The most bytes that a client may send.
    const MAX_BODY_BYTES: usize = MAX_BODY_BYTES;

    /// Reads the value. The error reports all mistakes.
    fn from_bytes(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem>;
}

/// For endpoints without a request body: a body that was sent is ignored.
#[derive(Debug)]
pub(crate) struct NoBody;

impl RequestBody for NoBody {
    fn from_bytes(_: &HeaderMap, _: &Bytes) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl<T: Field> RequestBody for T {
    const MAX_BODY_BYTES: usize = T::MAX_BODY_BYTES;

    fn from_bytes(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem> {
        let value = parse_body(headers, bytes)?;
        let mut reader = FieldReader::at("body");
        match T::read(&value, &mut reader) {
            Some(body) => Ok(body),
            None => Err(Problem::unprocessable(reader.into_problems())),
        }
    }
}

fn parse_body(headers: &HeaderMap, bytes: &Bytes) -> Result<Value, Problem> {
    if bytes.is_empty() {
        let mut reader = FieldReader::at("body");
        reader.report("missing", "Field required", &Value::Null);
        return Err(Problem::unprocessable(reader.into_problems()));
    }
    if !is_json(headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The request body must be sent as application/json.",
        ));
    }
    parse(bytes)
}

/// Reads the whole body. Fails if it is larger than `limit` bytes, too slow or
/// incomplete.
pub(crate) async fn read_body(body: Body, limit: usize) -> Result<Bytes, Problem> {
    // A body whose announced length is too large is not read.
    if body.size_hint().lower() > limit as u64 {
        return Err(body_too_large(limit));
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await;
    match read {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(body_too_large(limit)),
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "body_incomplete",
            "The request body ended before it was complete.",
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "The request body did not arrive in time.",
        )),
    }
}

fn body_too_large(limit: usize) -> Problem {
    let limit = limit / 1024;
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("The request body must not be larger than {limit} KiB."),
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    let subtype = subtype.to_ascii_lowercase();
    kind.eq_ignore_ascii_case("application") && (subtype == "json" || subtype.ends_with("+json"))
}

/// Parses a body that an endpoint may have; without one it is null.
pub(crate) fn parse_optional(headers: &HeaderMap, bytes: &Bytes) -> Result<Value, Problem> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    parse_body(headers, bytes)
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| invalid_json(error.valid_up_to(), "the body is not UTF-8"))?;
    if let Some(at) = find_excess_depth(text) {
        return Err(invalid_json(at, "nested too deeply"));
    }
    serde_json::from_str(text).map_err(|error| {
        let at = byte_offset(text, error.line(), error.column());
        let message = error.to_string();
        // `loc` has the position already.
        let message = message.split(" at line ").next().unwrap_or_default();
        invalid_json(at, message)
    })
}

fn invalid_json(at: usize, why: &str) -> Problem {
    Problem::unprocessable(vec![json!({
        "type": "json_invalid", "loc": ["body", at], "msg": "JSON decode error",
        "input": {}, "ctx": {"error": why},
    })])
}

/// Returns the offset at which nesting exceeds [`MAX_DEPTH`]. Brackets in strings do not count.
fn find_excess_depth(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Converts a line and column, counted from one, into an offset into the text.
fn byte_offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (before + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body that announces a length and never sends a byte.
    struct StalledBody(u64);

    impl HttpBody for StalledBody {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Pending
        }

        fn size_hint(&self) -> hyper::body::SizeHint {
            hyper::body::SizeHint::with_exact(self.0)
        }
    }

    #[tokio::test]
    async fn declared_oversize_is_refused_without_waiting() {
        async fn immediate_error<T: RequestBody>(length: usize) -> Option<&'static str> {
            let collected = read_body(Body::new(StalledBody(length as u64)), T::MAX_BODY_BYTES);
            let result = tokio::time::timeout(Duration::from_millis(50), collected).await;
            result.map(|read| read.unwrap_err().code()).ok()
        }
        let refused = Some("body_too_large");
        assert_eq!(immediate_error::<String>(MAX_BODY_BYTES + 1).await, refused);
        assert_eq!(immediate_error::<String>(MAX_BODY_BYTES).await, None);
        assert_eq!(immediate_error::<NoBody>(MAX_BODY_BYTES + 1).await, refused);
        assert_eq!(immediate_error::<BulkBody>(MAX_BODY_BYTES + 1).await, None);
        assert_eq!(
            immediate_error::<Vec<BulkBody>>(MAX_BULK_BODY_BYTES).await,
            None
        );
        assert_eq!(
            immediate_error::<BulkBody>(MAX_BULK_BODY_BYTES + 1).await,
            refused
        );
    }

    /// A body with the size limit of bulk requests.
    struct BulkBody;

    impl Field for BulkBody {
        const MAX_BODY_BYTES: usize = MAX_BULK_BODY_BYTES;

        fn read(_: &Value, _: &mut FieldReader) -> Option<Self> {
            Some(Self)
        }
    }

    #[test]
    fn depth_ignores_brackets_in_strings() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(find_excess_depth(&nested(MAX_DEPTH)), None);
        assert_eq!(find_excess_depth(&nested(MAX_DEPTH + 1)), Some(MAX_DEPTH));
        assert_eq!(
            find_excess_depth(&format!(r#"{{"a":"\"{}"}}"#, "[".repeat(99))),
            None
        );
        assert_eq!(find_excess_depth(&"[]".repeat(99)), None);
    }

    #[test]
    fn json_content_types_are_recognized() {
        let is_json_type = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(text));
            is_json(&headers)
        };
        assert!(is_json_type("application/json"));
        assert!(is_json_type("Application/JSON; charset=utf-8"));
        assert!(is_json_type("application/merge-patch+json"));
        assert!(!is_json_type("text/json"));
        assert!(!is_json_type("text/plain"));
        assert!(!is_json_type("application/x-www-form-urlencoded"));
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn byte_offset_is_where_the_parser_stopped() {
        assert_eq!(byte_offset("{\n \"a\": x}", 2, 7), 8);
        assert_eq!(byte_offset("", 1, 0), 0);
    }
}
