//! Signing up, in and out by email and password, refreshing sessions, resetting passwords
//! (`docs/COMPATIBILITY.md#sign-in-and-sessions`). The forms are in [`form`], headers and cookies
//! with tokens in `session_protocol`.

mod form;
mod views;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use freehold_app::{CommandOutput, Failure, SessionProblem, SignIn, SignedIn, Tokens};
use freehold_domain::{Email, Refusal};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{FieldReader, NoBody};
use crate::extract::caller::has_trusted_origin;
use crate::extract::query::query_pairs;
use crate::extract::{Command, ReadContext};
use crate::response::{command_response, ok_json};
use crate::session_protocol;
use crate::session_protocol::{IssuedTokens, TokenTransport};
use crate::state::AppState;
use form::{FormFields, FormStatus, ResetForm, SignInForm, protocol_response};
use views::SignedInView;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(sign_up))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(refresh_session))
        .routes(routes!(email_exists))
        .routes(routes!(email_exists_emailpassword))
        .routes(routes!(request_password_reset))
        .routes(routes!(complete_password_reset))
        .routes(routes!(jwks))
        .routes(routes!(session_jwks))
}

/// Creates an account and signs in; signs in if an account with the address and password exists.
#[utoipa::path(
    post, path = "/auth/signup", tag = "Sessions", security(()), request_body = SignInForm,
    responses(
        (status = 200, description = "The caller is signed in, with tokens in headers or cookies; or the status says what is wrong with the form", body = SignedInView<'_>),
        (status = 401, description = "The access policy does not admit the address"),
        (status = 429, description = "Too many failed attempts"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn sign_up(
    State(state): State<AppState>,
    headers: HeaderMap,
    Command { context, body }: Command<SignInForm>,
) -> Result<Response, Problem> {
    // Old pages repeat the address in a third field; nothing reads it.
    let mut fields = FormFields::of(body.form_fields, &["email", "password", "actualEmail"])?;
    let (email, password) = (fields.email(), fields.text("password"));
    let Some(email) = email.filter(|_| !fields.has_problems()) else {
        return fields.problems_response();
    };
    let form = SignIn {
        email,
        password: password.into(),
    };
    sign_in_response(&state, &headers, state.app().sign_up(&context, &form).await)
}

/// Signs in: creates a session.
#[utoipa::path(
    post, path = "/auth/signin", tag = "Sessions", security(()), request_body = SignInForm,
    responses(
        (status = 200, description = "The caller is signed in, with tokens in headers or cookies; or the status is `WRONG_CREDENTIALS_ERROR`", body = SignedInView<'_>),
        (status = 401, description = "The access policy does not admit the address"),
        (status = 429, description = "Too many failed attempts"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    Command { context, body }: Command<SignInForm>,
) -> Result<Response, Problem> {
    let mut fields = FormFields::of(body.form_fields, &["email", "password"])?;
    let (email, password) = (fields.email(), fields.text("password"));
    let Some(email) = email.filter(|_| !fields.has_problems()) else {
        return fields.problems_response();
    };
    let form = SignIn {
        email,
        password: password.into(),
    };
    sign_in_response(&state, &headers, state.app().sign_in(&context, &form).await)
}

fn sign_in_response(
    state: &AppState,
    headers: &HeaderMap,
    outcome: Result<CommandOutput<SignedIn>, Failure>,
) -> Result<Response, Problem> {
    let signed_in = match outcome {
        Ok(signed_in) => signed_in,
        Err(failure) => return protocol_response(failure),
    };
    let mut response = command_response(StatusCode::OK, &signed_in, |signed_in| {
        SignedInView::from(&signed_in.user)
    })?;
    // A dry run creates no session.
    if let Some(tokens) = &signed_in.answer.tokens {
        set_tokens(
            &mut response,
            TokenTransport::requested(headers),
            tokens,
            state,
        );
    }
    Ok(response)
}

fn set_tokens(response: &mut Response, mode: TokenTransport, tokens: &Tokens, state: &AppState) {
    let Tokens {
        access,
        access_expires,
        refresh,
        refresh_expires: _,
        payload,
        subject,
    } = tokens;
    let issued = IssuedTokens {
        uid: subject,
        access: access.expose_secret(),
        access_expires_at_millis: access_expires.millis(),
        refresh: refresh.expose_secret(),
        refresh_lifetime_seconds: state.app().settings().session_lifetime.as_secs(),
        claims: payload,
    };
    session_protocol::set_tokens(response.headers_mut(), mode, issued, state.settings());
}

/// Signs out: ends the session. A request without a session succeeds too.
#[utoipa::path(
    post, path = "/auth/signout", tag = "Sessions", security(()),
    responses(
        (status = 200, description = "The session has ended", body = FormStatus),
        (status = 401, description = "The access token has expired: refresh the session, then sign out"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let token = session_protocol::access_token(&headers);
    if is_cross_site_cookie(token, &headers, &state) {
        return Err(Problem::no_session());
    }
    if let Some((token, _)) = token {
        match state.app().check_session(token).await? {
            Ok(session) => state.app().sign_out(&context, session).await?,
            Err(SessionProblem::Expired) => return Err(Problem::session_expired()),
            Err(SessionProblem::Invalid) => {}
        }
    }
    let mut response = ok_json(&FormStatus::plain("OK"))?;
    if !context.dry_run {
        let mode = token.map_or_else(|| TokenTransport::requested(&headers), |(_, mode)| mode);
        session_protocol::clear_tokens(response.headers_mut(), mode, state.settings());
    }
    Ok(response)
}

/// Whether the token is a cookie of a request from a page of another site (CSRF). Such a page must
/// not end or refresh a session, and must not delete the browser's cookies.
fn is_cross_site_cookie(
    token: Option<(&str, TokenTransport)>,
    headers: &HeaderMap,
    state: &AppState,
) -> bool {
    matches!(token, Some((_, TokenTransport::Cookie)))
        && !has_trusted_origin(headers, state.settings())
}

/// Refreshes the session: exchanges the refresh token for new tokens. A refresh token can be used
/// once.
#[utoipa::path(
    post, path = "/auth/session/refresh", tag = "Sessions", security(()),
    responses(
        (status = 200, description = "New tokens in headers or cookies", body = Object),
        (status = 401, description = "There is no session, or the refresh token was used before"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn refresh_session(
    State(state): State<AppState>,
    headers: HeaderMap,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let token = session_protocol::refresh_token(&headers);
    if is_cross_site_cookie(token, &headers, &state) {
        return Err(Problem::no_session());
    }
    let Some((token, mode)) = token else {
        return Ok(no_session_response(&headers, &state));
    };
    match state.app().refresh(&context, token).await {
        Ok(tokens) => {
            let mut response = ok_json(&Value::Object(serde_json::Map::new()))?;
            if let Some(tokens) = tokens {
                set_tokens(&mut response, mode, &tokens, &state);
            }
            Ok(response)
        }
        Err(Failure::Refused(Refusal::SessionInvalid)) => Ok(no_session_response(&headers, &state)),
        Err(failure) => Err(failure.into()),
    }
}

/// Returns the response to a client without a session, which deletes the client's tokens.
fn no_session_response(headers: &HeaderMap, state: &AppState) -> Response {
    let mut response = Problem::no_session().into_response();
    let mode = session_protocol::refresh_token(headers)
        .map_or_else(|| TokenTransport::requested(headers), |(_, mode)| mode);
    session_protocol::clear_tokens(response.headers_mut(), mode, state.settings());
    response
}

/// Whether an account with an address exists.
#[derive(Debug, Serialize, ToSchema)]
struct EmailExistsView {
    /// Always `OK`.
    status: &'static str,
    /// Whether an account with the address exists.
    exists: bool,
}

/// Returns whether an account with an address exists.
#[utoipa::path(
    get, path = "/auth/signup/email/exists", tag = "Sessions", security(()),
    params(("email" = String, Query, description = "The address")),
    responses((status = 200, description = "Whether the account exists", body = EmailExistsView)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn email_exists(
    State(state): State<AppState>,
    ReadContext(context): ReadContext,
    uri: Uri,
) -> Result<Response, Problem> {
    let mut reader = FieldReader::at("query");
    let email_param = query_pairs(&uri)
        .find(|(key, _)| key == "email")
        .map(|(_, value)| value);
    let Some(email_param) = email_param else {
        reader.nested("email", |reader| {
            reader.report("missing", "Field required", &Value::Null);
            None::<()>
        });
        return Err(Problem::unprocessable(reader.into_problems()));
    };
    // A text that is not an address has no account.
    let exists = match Email::parse(&email_param) {
        Ok(email) => state.app().email_exists(&context, &email).await?,
        Err(_) => false,
    };
    ok_json(&EmailExistsView {
        status: "OK",
        exists,
    })
}

/// Returns whether an account with an address exists; the path that newer clients use.
#[utoipa::path(
    get, path = "/auth/emailpassword/email/exists", tag = "Sessions", security(()),
    params(("email" = String, Query, description = "The address")),
    responses((status = 200, description = "Whether the account exists", body = EmailExistsView)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn email_exists_emailpassword(
    state: State<AppState>,
    context: ReadContext,
    uri: Uri,
) -> Result<Response, Problem> {
    email_exists(state, context, uri).await
}

/// Sends a password reset link if an account with the address exists. The response does not reveal
/// whether it does.
#[utoipa::path(
    post, path = "/auth/user/password/reset/token", tag = "Sessions", security(()), request_body = SignInForm,
    responses((status = 200, description = "`OK` for every address", body = FormStatus)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn request_password_reset(
    State(state): State<AppState>,
    Command { context, body }: Command<SignInForm>,
) -> Result<Response, Problem> {
    let mut fields = FormFields::of(body.form_fields, &["email"])?;
    let Some(email) = fields.email() else {
        return fields.problems_response();
    };
    let requested = state.app().request_password_reset(&context, &email).await?;
    command_response(StatusCode::OK, &requested, |()| FormStatus::plain("OK"))
}

/// Sets a new password with the token of a reset link, and ends all sessions of the account.
#[utoipa::path(
    post, path = "/auth/user/password/reset", tag = "Sessions", security(()), request_body = ResetForm,
    responses((status = 200, description = "The status is `OK`, `FIELD_ERROR` or `RESET_PASSWORD_INVALID_TOKEN_ERROR`", body = FormStatus)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn complete_password_reset(
    State(state): State<AppState>,
    Command { context, body }: Command<ResetForm>,
) -> Result<Response, Problem> {
    let mut fields = FormFields::of(body.form_fields, &["password"])?;
    let password = fields.text("password");
    if fields.has_problems() {
        return fields.problems_response();
    }
    match state
        .app()
        .reset_password(&context, &body.token, &password.into())
        .await
    {
        Ok(changed) => command_response(StatusCode::OK, &changed, |()| FormStatus::plain("OK")),
        Err(failure) => protocol_response(failure),
    }
}

/// Returns the public keys that verify access tokens.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "Sessions", security(()),
    responses((status = 200, description = "A JSON Web Key Set", body = Object)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn jwks(State(state): State<AppState>) -> Result<Response, Problem> {
    let keys = state.app().jwks().await?;
    let mut response = ok_json(&keys)?;
    let one_minute = HeaderValue::from_static("public, max-age=60");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, one_minute);
    // A shared cache must not return the response for one origin to another.
    let by_origin = HeaderValue::from_static("origin");
    response.headers_mut().insert(header::VARY, by_origin);
    Ok(response)
}

/// Returns the public keys that verify access tokens; the path of the session protocol.
#[utoipa::path(
    get, path = "/auth/jwt/jwks.json", tag = "Sessions", security(()),
    responses((status = 200, description = "A JSON Web Key Set", body = Object)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("none"))),
)]
async fn session_jwks(state: State<AppState>) -> Result<Response, Problem> {
    jwks(state).await
}
