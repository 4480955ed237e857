//! Reading the body of a request: how large, which type, how deep, and then member by member.
//! What a body means is said where it is declared, beside its handler.

mod declare;
mod field;

pub(crate) use declare::request_body;
pub(crate) use field::{Change, Field, Reader};

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Value, json};

use crate::error::Problem;

/// What most requests of the API get along with.
pub(crate) const SIZE: usize = 64 * 1024;

/// For requests that bring many things at once.
pub(crate) const BULK: usize = 1024 * 1024;

/// How many brackets may be open at once.
pub(crate) const DEPTH: usize = 32;

/// A client that has not sent its body by then is not going to.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a handler wants of the body of its request.
pub(crate) trait RequestBody: Sized {
    /// The most bytes that its client may send.
    const SIZE: usize = SIZE;

    /// The value, or everything that is wrong with the bytes.
    fn from_bytes(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem>;
}

/// For requests whose contract has no body: whatever came is not looked at.
#[derive(Debug)]
pub(crate) struct NoBody;

impl RequestBody for NoBody {
    fn from_bytes(_: &HeaderMap, _: &Bytes) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl<T: Field> RequestBody for T {
    const SIZE: usize = T::SIZE;

    fn from_bytes(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem> {
        let mut reader = Reader::at("body");
        if bytes.is_empty() {
            reader.complain("missing", "Field required", &Value::Null);
            return Err(Problem::unprocessable(reader.into_problems()));
        }
        if !says_json(headers) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The request body must be sent as application/json.",
            ));
        }
        let value = parse(bytes)?;
        match T::read(&value, &mut reader) {
            Some(body) => Ok(body),
            None => Err(Problem::unprocessable(reader.into_problems())),
        }
    }
}

/// The whole body, unless it is too large, too slow, or its client has gone.
pub(crate) async fn collect<T: RequestBody>(body: Body) -> Result<Bytes, Problem> {
    // What is announced as too large is not waited for.
    if body.size_hint().lower() > T::SIZE as u64 {
        return Err(too_large(T::SIZE));
    }
    let read = tokio::time::timeout(PATIENCE, Limited::new(body, T::SIZE).collect()).await;
    match read {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(T::SIZE)),
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

fn too_large(most: usize) -> Problem {
    let most = most / 1024;
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("The request body must not be larger than {most} KiB."),
    )
}

fn says_json(headers: &HeaderMap) -> bool {
    let Some(given) = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = given.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    let subtype = subtype.to_ascii_lowercase();
    kind.eq_ignore_ascii_case("application") && (subtype == "json" || subtype.ends_with("+json"))
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| malformed(error.valid_up_to(), "the body is not UTF-8"))?;
    if let Some(at) = too_deep(text) {
        return Err(malformed(at, "nested too deeply"));
    }
    serde_json::from_str(text).map_err(|error| {
        let at = offset(text, error.line(), error.column());
        let said = error.to_string();
        // The place is told in `loc` already.
        let said = said.split(" at line ").next().unwrap_or_default();
        malformed(at, said)
    })
}

fn malformed(at: usize, why: &str) -> Problem {
    Problem::unprocessable(vec![json!({
        "type": "json_invalid", "loc": ["body", at], "msg": "JSON decode error",
        "input": {}, "ctx": {"error": why},
    })])
}

/// Where nesting passes [`DEPTH`]; brackets inside strings do not count.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH {
                    return Some(at);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Lines and columns, which the parser counts from one, as an offset into the text.
fn offset(text: &str, line: usize, column: usize) -> usize {
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

    /// Announces a length, and never sends a byte.
    struct Silent(u64);

    impl HttpBody for Silent {
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
    async fn what_is_announced_as_too_large_is_not_waited_for() {
        async fn at_once<T: RequestBody>(length: usize) -> Option<&'static str> {
            let collected = collect::<T>(Body::new(Silent(length as u64)));
            let answer = tokio::time::timeout(Duration::from_millis(50), collected).await;
            answer.map(|answer| answer.unwrap_err().code()).ok()
        }
        let refused = Some("body_too_large");
        assert_eq!(at_once::<String>(SIZE + 1).await, refused);
        assert_eq!(at_once::<String>(SIZE).await, None);
        assert_eq!(at_once::<NoBody>(SIZE + 1).await, refused);
        assert_eq!(at_once::<Large>(SIZE + 1).await, None);
        assert_eq!(at_once::<Vec<Large>>(BULK).await, None);
        assert_eq!(at_once::<Large>(BULK + 1).await, refused);
    }

    /// As imports have it.
    struct Large;

    impl Field for Large {
        const SIZE: usize = BULK;

        fn read(_: &Value, _: &mut Reader) -> Option<Self> {
            Some(Self)
        }
    }

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(too_deep(&nested(DEPTH)), None);
        assert_eq!(too_deep(&nested(DEPTH + 1)), Some(DEPTH));
        assert_eq!(
            too_deep(&format!(r#"{{"a":"\"{}"}}"#, "[".repeat(99))),
            None
        );
        assert_eq!(too_deep(&"[]".repeat(99)), None);
    }

    #[test]
    fn json_types_are_recognised_whatever_their_parameters() {
        let says = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(text));
            says_json(&headers)
        };
        assert!(says("application/json"));
        assert!(says("Application/JSON; charset=utf-8"));
        assert!(says("application/merge-patch+json"));
        assert!(!says("text/json"));
        assert!(!says("text/plain"));
        assert!(!says("application/x-www-form-urlencoded"));
        assert!(!says_json(&HeaderMap::new()));
    }

    #[test]
    fn an_offset_is_where_the_parser_stopped() {
        assert_eq!(offset("{\n \"a\": x}", 2, 7), 8);
        assert_eq!(offset("", 1, 0), 0);
    }
}
