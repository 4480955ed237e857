//! What a request is told when the answer is no: the one place of this crate that speaks in
//! status codes. The contract's `detail` (or `message`) stands first and exactly; beside it stand
//! the members of RFC 9457, which older clients ignore.

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

/// An answer other than the wanted one, on its way out.
///
/// It travels as an extension of an empty response and becomes text in [`write_problem`], where the
/// request's id is known.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    text: ProblemText,
    retry_after: Option<u64>,
    reason: Option<String>,
    /// What is our fault, for the log only.
    fault: Option<Box<Fault>>,
    /// Whether `app` said so, which keeps what it refuses in the audit trail.
    audited: bool,
}

/// Where the contract wants the text of this problem.
#[derive(Clone, Debug)]
enum ProblemText {
    /// `{"detail": …}`: everything but the session protocol.
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
    /// What exactly was wrong, where the contract's text does not say it.
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

    /// A request that does not have the shape its endpoint documents; one item a mistake.
    pub(crate) fn unprocessable(problems: Vec<Value>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_request",
            problems,
        )
    }

    /// No credential, or one that opens nothing here.
    pub(crate) fn unauthenticated() -> Self {
        let detail = json!({"message": "Unauthorized"});
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// A good session that asks for a scope its user has no part in.
    pub(crate) fn out_of_scope() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "out_of_scope", "Unauthorized")
    }

    /// The session protocol's way to say that there is no session.
    pub(crate) fn no_session() -> Self {
        Self::session_protocol(StatusCode::UNAUTHORIZED, "session_invalid", "unauthorised")
    }

    /// The session protocol's way to ask for a refresh.
    pub(crate) fn session_expired() -> Self {
        Self::session_protocol(
            StatusCode::UNAUTHORIZED,
            "session_expired",
            "try refresh token",
        )
    }

    /// Something that the session protocol answers with `{"message": …}`.
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

    /// The path and the body of a request name different things.
    pub(crate) fn id_mismatch(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "id_mismatch", detail)
    }

    /// The contract's programs read the code of these inside of the detail, in capitals.
    fn with_code_in_detail(status: StatusCode, refusal: &Refusal) -> Self {
        let code = refusal.code();
        let detail = json!({"error": code.to_ascii_uppercase(), "message": refusal.message()});
        Self::new(status, code, detail)
    }

    /// Operators read the sentence inside of the detail, with what else there is to know.
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

    /// We broke. Nothing of the cause is told; the log has it under the request's id.
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
            "It is not known whether the change was made. Repeat the request with the same \
             Idempotency-Key to learn its outcome.",
        )
        .retry_after(1)
    }

    /// The database cannot be reached; nothing was done.
    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The database does not answer at the moment. Nothing was changed; please try again.",
        )
        .retry_after(1)
    }

    /// More is waiting than can be answered in good time.
    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "The server is busy. Please try again in a moment.",
        )
        .retry_after(1)
    }

    /// What programs read; listed in [`list`].
    #[cfg(test)]
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// Its code, if it refuses something of which the audit trail knows nothing yet.
    pub(crate) fn unaudited_code(&self) -> Option<&'static str> {
        (!self.audited && self.status.is_client_error()).then_some(self.code)
    }

    /// The same, where what is wrong is `input`.
    pub(crate) fn with_input(mut self, input: &Value) -> Self {
        if let ProblemText::Detail(detail) = &mut self.text
            && let Some(Value::Object(problem)) = detail.get_mut(0)
        {
            problem.insert("input".to_owned(), input.clone());
        }
        self
    }

    /// After how many seconds asking again may help.
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

/// Logs the fault, if there is one, under the id that the client is told. The id stands in the
/// line itself: at the usual level of the log there is no span around it.
fn log_fault(fault: &Fault, request_id: &str) {
    match fault {
        Fault::Unavailable(_) => {
            tracing::warn!(request_id, %fault, "a request could not be answered");
        }
        Fault::Unknown | Fault::Store(_) | Fault::Internal(_) => {
            tracing::error!(request_id, %fault, "a request failed");
        }
    }
}

/// Writes out the problem that `response` carries, if it carries one.
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

/// `last_organization` as a person would write it.
pub(crate) fn title(code: &str) -> String {
    let mut title = code.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}
