//! That no write an operator asks for goes without an audit event: what is refused before `app`
//! hears of it is noted here. What `app` refuses, it keeps itself.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use freehold_app::{Operator, RequestContext};
use http::request::Parts;

use crate::error::Problem;
use crate::state::AppState;

/// Who asks and how, as far as it is known: it travels in the extensions of a request.
#[derive(Clone, Default)]
struct Asking(Arc<Mutex<Option<Known>>>);

struct Known {
    house: AppState,
    operator: Operator,
    call: RequestContext,
}

/// Notes who asks.
pub(super) fn asks(parts: &Parts, house: &AppState, operator: &Operator, call: &RequestContext) {
    if let Some(Asking(known)) = parts.extensions.get() {
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known {
            house: house.clone(),
            operator: operator.clone(),
            call: call.clone(),
        });
    }
}

/// Notes how they ask.
pub(super) fn asked(parts: &Parts, call: &RequestContext) {
    if let Some(Asking(known)) = parts.extensions.get()
        && let Some(known) = &mut *known.lock().unwrap_or_else(PoisonError::into_inner)
    {
        known.call = call.clone();
    }
}

/// Keeps what is refused to an operator outside of `app`.
pub(super) async fn keep(mut request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let what = format!("{} {}", request.method(), request.uri().path());
    let asking = Asking::default();
    request.extensions_mut().insert(asking.clone());
    let response = next.run(request).await;
    let problem = response.extensions().get::<Problem>();
    let Some(code) = problem.and_then(Problem::unkept) else {
        return response;
    };
    let Asking(known) = asking;
    let known = known.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Known {
        house,
        operator,
        call,
    }) = known
    else {
        return response;
    };
    match house.app().refused(&operator, &call, code, &what).await {
        Ok(()) => response,
        Err(failure) => Problem::from(failure).into_response(),
    }
}
