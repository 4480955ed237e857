//! The id of a request: sent by the client in `X-Request-Id` or generated here. It is in the same
//! header of the response, and in log lines, error bodies and audit events.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header of requests and responses that has the id.
pub(crate) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// 1 to [`RequestId::MAX_LENGTH`] visible ASCII characters.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// Longer ids are replaced, because every log line repeats them.
    const MAX_LENGTH: usize = 128;

    /// Returns the client's id if it is valid, else a new one.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let given = headers.get(&X_REQUEST_ID).filter(|value| {
            let bytes = value.as_bytes();
            (1..=Self::MAX_LENGTH).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
        });
        match given {
            Some(value) => Self(value.clone()),
            None => Self::new(),
        }
    }

    /// Generates an id: its first half is random per process, its second half counts. Ids need not
    /// be hard to guess, so no system call is made.
    fn new() -> Self {
        static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("process"));
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:016x}-{number:x}", *PROCESS);
        Self(HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("-")))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The id as the value of a header.
    pub(crate) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// Returns the trace id of the client's `traceparent` header, if it is well-formed.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(&TRACEPARENT)?.to_str().ok()?;
    let mut parts = given.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let valid = version.len() == 2
        && hex(version)
        && version != "ff"
        && trace.len() == 32
        && hex(trace)
        && trace.bytes().any(|b| b != b'0');
    valid.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers
            .extend(HeaderValue::from_bytes(value.as_bytes()).map(|value| (name.clone(), value)));
        headers
    }

    #[test]
    fn invalid_ids_are_replaced() {
        let kept =
            |given: &str| RequestId::from_headers(&headers(&X_REQUEST_ID, given)).as_str() == given;
        assert!(kept("abc-123"));
        assert!(kept(&"x".repeat(128)));
        for bad in ["", "a b", "ü", &"x".repeat(129)] {
            assert!(!kept(bad), "{bad:?}");
            assert!(
                !RequestId::from_headers(&headers(&X_REQUEST_ID, bad))
                    .as_str()
                    .is_empty()
            );
        }
    }

    #[test]
    fn generated_ids_differ() {
        let none = HeaderMap::new();
        assert_ne!(
            RequestId::from_headers(&none).as_str(),
            RequestId::from_headers(&none).as_str()
        );
    }

    #[test]
    fn trace_id_needs_a_well_formed_header() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let read = |given: &str| trace_id(&headers(&TRACEPARENT, given)).map(str::to_owned);
        assert_eq!(
            read(&format!("00-{trace}-00f067aa0ba902b7-01")).as_deref(),
            Some(trace)
        );
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
