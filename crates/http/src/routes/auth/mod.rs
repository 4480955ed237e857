//! Signing up, in and out by e-mail and password, renewing a session, resetting a password:
//! `contract/signup-and-auth.md` §4. The forms are in [`form`], the tokens' journey in
//! `session_protocol`.

mod form;
mod views;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use freehold_app::{CommandOutput, Failure, SessionProblem, SignIn, SignedIn, Tokens};
use freehold_domain::{Email, Refusal};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;
use crate::extract::body::{NoBody, Reader};
use crate::extract::caller::comes_from_a_page_of_ours;
use crate::extract::query::query;
use crate::extract::{Asking, Command};
use crate::response::{done, show};
use crate::session_protocol;
use crate::session_protocol::{Fresh, Mode};
use crate::state::AppState;
use form::{Fields, Form, ResetForm, Status, refused};
use views::SignedInView;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(refresh))
        .routes(routes!(email_exists))
        .routes(routes!(email_exists_by_method))
        .routes(routes!(request_reset))
        .routes(routes!(reset))
        .routes(routes!(signing_keys))
        .routes(routes!(signing_keys_of_sessions))
}

/// Makes an account and signs in; for an address that has one, signs in.
#[utoipa::path(
    post, path = "/auth/signup", tag = "Sessions", security(()), request_body = Form,
    responses(
        (status = 200, description = "Signed in, with tokens in headers or cookies; or what is wrong with the form", body = SignedInView<'_>),
        (status = 401, description = "The access policy does not admit the address"),
        (status = 429, description = "Too many failed attempts"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn sign_up(
    State(house): State<AppState>,
    headers: HeaderMap,
    Command { call, body }: Command<Form>,
) -> Result<Response, Problem> {
    // Old pages repeat the address in a third field; nothing reads it.
    let mut fields = Fields::of(body.form_fields, &["email", "password", "actualEmail"])?;
    let (email, password) = (fields.email(), fields.text("password"));
    let Some(email) = email.filter(|_| !fields.is_wrong()) else {
        return fields.answer();
    };
    let form = SignIn { email, password };
    signed_in(&house, &headers, house.app().sign_up(&call, &form).await)
}

/// Opens a session.
#[utoipa::path(
    post, path = "/auth/signin", tag = "Sessions", security(()), request_body = Form,
    responses(
        (status = 200, description = "Signed in, with tokens in headers or cookies; or `WRONG_CREDENTIALS_ERROR`", body = SignedInView<'_>),
        (status = 401, description = "The access policy does not admit the address"),
        (status = 429, description = "Too many failed attempts"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn sign_in(
    State(house): State<AppState>,
    headers: HeaderMap,
    Command { call, body }: Command<Form>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body.form_fields, &["email", "password"])?;
    let (email, password) = (fields.email(), fields.text("password"));
    let Some(email) = email.filter(|_| !fields.is_wrong()) else {
        return fields.answer();
    };
    let form = SignIn { email, password };
    signed_in(&house, &headers, house.app().sign_in(&call, &form).await)
}

fn signed_in(
    house: &AppState,
    headers: &HeaderMap,
    outcome: Result<CommandOutput<SignedIn>, Failure>,
) -> Result<Response, Problem> {
    let signed_in = match outcome {
        Ok(signed_in) => signed_in,
        Err(failure) => return refused(failure),
    };
    let mut response = done(StatusCode::OK, &signed_in, |who| {
        SignedInView::from(&who.user)
    })?;
    // A rehearsal opens no session.
    if let Some(tokens) = &signed_in.answer.tokens {
        give(&mut response, Mode::of(headers), tokens, house);
    }
    Ok(response)
}

fn give(response: &mut Response, mode: Mode, tokens: &Tokens, house: &AppState) {
    let Tokens {
        access,
        access_expires,
        refresh,
        refresh_expires: _,
        payload,
        subject,
    } = tokens;
    let fresh = Fresh {
        uid: subject,
        access,
        access_until_millis: access_expires.millis(),
        refresh,
        refresh_seconds: house.app().settings().refresh_token.as_secs(),
        claims: payload,
    };
    session_protocol::give(response.headers_mut(), mode, fresh, house.settings());
}

/// Ends the session. Without one, there is nothing to end.
#[utoipa::path(
    post, path = "/auth/signout", tag = "Sessions", security(()),
    responses(
        (status = 200, description = "Signed out", body = Status),
        (status = 401, description = "The access token has expired: refresh, then sign out"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn sign_out(
    State(house): State<AppState>,
    headers: HeaderMap,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let token = session_protocol::access_token(&headers);
    if is_from_elsewhere(token, &headers, &house) {
        return Err(Problem::no_session());
    }
    if let Some((token, _)) = token {
        match house.app().check_session(token).await? {
            Ok(session) => house.app().sign_out(&call, session).await?,
            Err(SessionProblem::Expired) => return Err(Problem::session_expired()),
            Err(SessionProblem::Invalid) => {}
        }
    }
    let mut response = show(&Status::plain("OK"))?;
    if !call.dry_run {
        let mode = token.map_or_else(|| Mode::of(&headers), |(_, mode)| mode);
        session_protocol::take_back(response.headers_mut(), mode, house.settings());
    }
    Ok(response)
}

/// Whether the token is a cookie that a page of somebody else made the browser send. Such a page
/// neither ends nor renews a session, nor makes the browser forget one.
fn is_from_elsewhere(token: Option<(&str, Mode)>, headers: &HeaderMap, house: &AppState) -> bool {
    matches!(token, Some((_, Mode::Cookie)))
        && !comes_from_a_page_of_ours(headers, house.settings())
}

/// Changes the refresh token for new tokens. Each refresh token works once.
#[utoipa::path(
    post, path = "/auth/session/refresh", tag = "Sessions", security(()),
    responses(
        (status = 200, description = "New tokens in headers or cookies", body = Object),
        (status = 401, description = "No session, or an old refresh token"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn refresh(
    State(house): State<AppState>,
    headers: HeaderMap,
    Command { call, body: NoBody }: Command<NoBody>,
) -> Result<Response, Problem> {
    let token = session_protocol::refresh_token(&headers);
    if is_from_elsewhere(token, &headers, &house) {
        return Err(Problem::no_session());
    }
    let Some((token, mode)) = token else {
        return Ok(signed_out(&headers, &house));
    };
    match house.app().refresh(&call, token).await {
        Ok(tokens) => {
            let mut response = show(&Value::Object(serde_json::Map::new()))?;
            if let Some(tokens) = tokens {
                give(&mut response, mode, &tokens, &house);
            }
            Ok(response)
        }
        Err(Failure::Refused(Refusal::SessionInvalid)) => Ok(signed_out(&headers, &house)),
        Err(failure) => Err(failure.into()),
    }
}

/// The answer to a client whose session is over: it should forget what it has.
fn signed_out(headers: &HeaderMap, house: &AppState) -> Response {
    let mut response = Problem::no_session().into_response();
    let mode = session_protocol::refresh_token(headers)
        .map_or_else(|| Mode::of(headers), |(_, mode)| mode);
    session_protocol::take_back(response.headers_mut(), mode, house.settings());
    response
}

/// Whether an address has an account.
#[derive(Debug, Serialize, ToSchema)]
struct Exists {
    /// Always `OK`.
    status: &'static str,
    exists: bool,
}

/// Whether an address has an account.
#[utoipa::path(
    get, path = "/auth/signup/email/exists", tag = "Sessions", security(()),
    params(("email" = String, Query, description = "The address")),
    responses((status = 200, description = "Yes or no", body = Exists)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn email_exists(
    State(house): State<AppState>,
    Asking(call): Asking,
    uri: Uri,
) -> Result<Response, Problem> {
    let mut reader = Reader::at("query");
    let given = query(&uri)
        .find(|(key, _)| key == "email")
        .map(|(_, value)| value);
    let Some(given) = given else {
        reader.inside("email", |reader| {
            reader.complain("missing", "Field required", &Value::Null);
            None::<()>
        });
        return Err(Problem::unprocessable(reader.into_problems()));
    };
    // What is no address has no account.
    let exists = match Email::parse(&given) {
        Ok(email) => house.app().email_exists(&call, &email).await?,
        Err(_) => false,
    };
    show(&Exists {
        status: "OK",
        exists,
    })
}

/// The same under the name that newer clients use.
#[utoipa::path(
    get, path = "/auth/emailpassword/email/exists", tag = "Sessions", security(()),
    params(("email" = String, Query, description = "The address")),
    responses((status = 200, description = "Yes or no", body = Exists)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn email_exists_by_method(
    house: State<AppState>,
    asking: Asking,
    uri: Uri,
) -> Result<Response, Problem> {
    email_exists(house, asking, uri).await
}

/// Sends a reset link, if the address has an account; the answer does not say.
#[utoipa::path(
    post, path = "/auth/user/password/reset/token", tag = "Sessions", security(()), request_body = Form,
    responses((status = 200, description = "OK, whoever asks", body = Status)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn request_reset(
    State(house): State<AppState>,
    Command { call, body }: Command<Form>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body.form_fields, &["email"])?;
    let Some(email) = fields.email() else {
        return fields.answer();
    };
    let asked = house.app().request_password_reset(&call, &email).await?;
    done(StatusCode::OK, &asked, |()| Status::plain("OK"))
}

/// Sets a new password by the token of a reset link, and ends all sessions of the account.
#[utoipa::path(
    post, path = "/auth/user/password/reset", tag = "Sessions", security(()), request_body = ResetForm,
    responses((status = 200, description = "OK, `FIELD_ERROR` or `RESET_PASSWORD_INVALID_TOKEN_ERROR`", body = Status)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn reset(
    State(house): State<AppState>,
    Command { call, body }: Command<ResetForm>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(body.form_fields, &["password"])?;
    let password = fields.text("password");
    if fields.is_wrong() {
        return fields.answer();
    }
    match house
        .app()
        .reset_password(&call, &body.token, password)
        .await
    {
        Ok(changed) => done(StatusCode::OK, &changed, |()| Status::plain("OK")),
        Err(failure) => refused(failure),
    }
}

/// The public keys that access tokens are signed with.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Sessions", security(()),
    responses((status = 200, description = "A JSON Web Key Set", body = Object)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn signing_keys(State(house): State<AppState>) -> Result<Response, Problem> {
    let keys = house.app().jwks().await?;
    let mut response = show(&keys)?;
    let soon = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(header::CACHE_CONTROL, soon);
    // Shared caches must not give one origin's answer to another.
    let by_origin = HeaderValue::from_static("origin");
    response.headers_mut().insert(header::VARY, by_origin);
    Ok(response)
}

/// The same where the session protocol keeps it.
#[utoipa::path(
    get, path = "/auth/jwt/jwks.json", tag = "Sessions", security(()),
    responses((status = 200, description = "A JSON Web Key Set", body = Object)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn signing_keys_of_sessions(house: State<AppState>) -> Result<Response, Problem> {
    signing_keys(house).await
}
