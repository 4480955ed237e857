//! Audit events for operators' writes that are refused before they reach `app`, for example because
//! of a malformed body. `app` records its own refusals.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use freehold_app::{Operator, RequestContext};
use http::request::Parts;

use crate::error::Problem;
use crate::state::AppState;

/// A request extension: the operator and the request context, once the extractors have read them.
#[derive(Clone, Default)]
struct AuditSlot(Arc<Mutex<Option<AuditContext>>>);

struct AuditContext {
    state: AppState,
    operator: Operator,
    context: RequestContext,
}

/// Stores the operator and the request context for [`audit_refusals`].
pub(super) fn record_operator(
    parts: &Parts,
    state: &AppState,
    operator: &Operator,
    context: &RequestContext,
) {
    if let Some(AuditSlot(audit_context)) = parts.extensions.get() {
        *audit_context.lock().unwrap_or_else(PoisonError::into_inner) = Some(AuditContext {
            state: state.clone(),
            operator: operator.clone(),
            context: context.clone(),
        });
    }
}

/// Replaces the stored request context, now that the options of the body are known.
pub(super) fn record_context(parts: &Parts, context: &RequestContext) {
    if let Some(AuditSlot(audit_context)) = parts.extensions.get()
        && let Some(audit_context) =
            &mut *audit_context.lock().unwrap_or_else(PoisonError::into_inner)
    {
        audit_context.context = context.clone();
    }
}

/// Middleware: records a refusal that `app` has not recorded. Returns an error if the event cannot
/// be written.
pub(super) async fn audit_refusals(mut request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let route = format!("{} {}", request.method(), request.uri().path());
    let slot = AuditSlot::default();
    request.extensions_mut().insert(slot.clone());
    let response = next.run(request).await;
    let problem = response.extensions().get::<Problem>();
    let Some(code) = problem.and_then(Problem::unaudited_code) else {
        return response;
    };
    let AuditSlot(audit_context) = slot;
    let audit_context = audit_context
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(AuditContext {
        state,
        operator,
        context,
    }) = audit_context
    else {
        return response;
    };
    match state
        .app()
        .record_operator_refusal(&operator, &context, code, &route)
        .await
    {
        Ok(()) => response,
        Err(failure) => Problem::from(failure).into_response(),
    }
}
