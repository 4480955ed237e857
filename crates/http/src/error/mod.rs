//! Error responses: the only module of this crate that maps refusals and faults to status codes.
//! The reference API's `detail` (or `message`) comes first and unchanged, followed by the members
//! of RFC 9457, which older clients ignore.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use freehold_app::{Failure, Fault};
use freehold_domain::Refusal;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

pub(crate) mod list;
mod refusal_status;
#[cfg(test)]
mod tests;

/// An error response.
///
/// Handlers return it as an extension of an empty response; [`write_problem`] writes the body,
/// because only there the request's id is known.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    text: ProblemText,
    retry_after: Option<u64>,
    reason: Option<String>,
    /// The cause of a server error, for the log only.
    fault: Option<Box<Fault>>,
    /// Whether `app` refused the request, which then is in the audit log.
    audited: bool,
}

/// The member of the body that has the text, as in the reference API.
#[derive(Clone, Debug)]
enum ProblemText {
    /// `{"detail": …}`: everywhere but in the session protocol.
    Detail(Box<Value>),
    /// `{"message": …}`: the session protocol.
    Message(&'static str),
}

#[derive(Serialize)]
struct ProblemDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    r#type: String,
    title: String,
    status: u16,
    code: &'static str,
    /// What exactly was wrong, where the reference API's text does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    request_id: &'a str,
}

impl Problem {
    /// A problem whose detail is plain text.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Value>) -> Self {
        Self {
            status,
            code,
            text: ProblemText::Detail(Box::new(detail.into())),
            retry_after: None,
            reason: None,
            fault: None,
            audited: false,
        }
    }

    /// A request without the documented shape. `problems` has one item for each mistake.
    pub(crate) fn unprocessable(problems: Vec<Value>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
            problems,
        )
    }

    /// The request has no credential, or one that is not valid here.
    pub(crate) fn unauthenticated() -> Self {
        let detail = json!({"message": "Unauthorized"});
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// The session is valid, but its user is not a member of the requested scope.
    pub(crate) fn out_of_scope() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "out_of_scope", "Unauthorized")
    }

    /// The session protocol's response to a request without a session.
    pub(crate) fn no_session() -> Self {
        Self::session_protocol(StatusCode::UNAUTHORIZED, "session_invalid", "unauthorised")
    }

    /// The session protocol's response that makes a client refresh its session.
    pub(crate) fn session_expired() -> Self {
        Self::session_protocol(
            StatusCode::UNAUTHORIZED,
            "session_expired",
            "try refresh token",
        )
    }

    /// A problem of the session protocol, with the body `{"message": …}`.
    pub(crate) fn session_protocol(
        status: StatusCode,
        code: &'static str,
        message: &'static str,
    ) -> Self {
        Self {
            status,
            code,
            text: ProblemText::Message(message),
            retry_after: None,
            reason: None,
            fault: None,
            audited: false,
        }
    }

    /// The path and the body of the request contain different ids.
    pub(crate) fn id_mismatch(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "id_mismatch", detail)
    }

    /// A refusal whose code clients of the reference API read inside `detail`, in capitals.
    fn with_code_in_detail(status: StatusCode, refusal: &Refusal) -> Self {
        let code = refusal.code();
        let detail = json!({"error": code.to_ascii_uppercase(), "message": refusal.message()});
        Self::new(status, code, detail)
    }

    /// A refusal with the message inside `detail`, beside the members of `extra`, as the admin
    /// API has it.
    fn for_operator(status: StatusCode, refusal: &Refusal, mut extra: Value) -> Self {
        if let Value::Object(detail) = &mut extra {
            detail.shift_insert(0, "message".to_owned(), refusal.message().into());
        }
        Self::new(status, refusal.code(), extra)
    }

    /// No route has this path.
    pub(crate) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_such_path", "Not Found")
    }

    /// The path exists, but not for this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Method Not Allowed",
        )
    }

    /// The server failed. The client does not learn the cause; the log has it under the
    /// request's id.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "An internal error has occurred.",
        )
    }

    /// The connection broke while a write was being committed.
    pub(crate) fn outcome_unknown() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "outcome_unknown",
            "It is not known whether the change was saved. Repeat the request with the same \
             Idempotency-Key to get its result.",
        )
        .retry_after(1)
    }

    /// The database cannot be reached; nothing was changed.
    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The database cannot be reached at the moment. Nothing was changed; please try again.",
        )
        .retry_after(1)
    }

    /// The server is overloaded: too many requests are waiting.
    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "The server is busy. Please try again in a moment.",
        )
        .retry_after(1)
    }

    /// The stable code; listed in [`list`].
    #[cfg(test)]
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the code if the problem is a refusal that is not in the audit log yet.
    pub(crate) fn unaudited_code(&self) -> Option<&'static str> {
        (!self.audited && self.status.is_client_error()).then_some(self.code)
    }

    /// Sets `input`, the wrong value, in the first item of `detail`.
    pub(crate) fn with_input(mut self, input: &Value) -> Self {
        if let ProblemText::Detail(detail) = &mut self.text
            && let Some(Value::Object(problem)) = detail.get_mut(0)
        {
            problem.insert("input".to_owned(), input.clone());
        }
        self
    }

    /// Sets `Retry-After`.
    pub(crate) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self {
                audited: true,
                ..refusal.into()
            },
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let problem = match &fault {
            Fault::Unknown => Self::outcome_unknown(),
            Fault::Unavailable(_) => Self::unavailable(),
            Fault::Store(_) | Fault::Internal(_) => Self::internal(),
        };
        Self {
            fault: Some(Box::new(fault)),
            ..problem
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Logs the fault under the id that the client receives. The id is a field of the line itself,
/// because at the default log level there is no span around it.
fn log_fault(fault: &Fault, request_id: &str) {
    match fault {
        Fault::Unavailable(_) => {
            tracing::warn!(request_id, %fault, "the database is unavailable; the request was answered with 503");
        }
        Fault::Unknown | Fault::Store(_) | Fault::Internal(_) => {
            tracing::error!(request_id, %fault, "a request failed");
        }
    }
}

/// Writes the body of the problem in the extensions of `response`, if there is one.
pub(crate) fn write_problem(response: &mut Response, request_id: &str) {
    let Some(Problem {
        status,
        code,
        text,
        retry_after: _,
        reason,
        fault,
        audited: _,
    }) = response.extensions_mut().remove()
    else {
        return;
    };
    if let Some(fault) = fault {
        log_fault(&fault, request_id);
    }
    let (detail, message) = match &text {
        ProblemText::Detail(detail) => (Some(&**detail), None),
        ProblemText::Message(message) => (None, Some(*message)),
    };
    let text = ProblemDocument {
        detail,
        message,
        r#type: format!("/docs#error-{code}"),
        title: title(code),
        status: status.as_u16(),
        code,
        reason,
        request_id,
    };
    let text = serde_json::to_vec(&text).unwrap_or_default();
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, text.len().into());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    *response.body_mut() = Body::from(text);
}

/// Returns the code in words: `last_organization` becomes `Last organization`.
pub(crate) fn title(code: &str) -> String {
    let mut title = code.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}
