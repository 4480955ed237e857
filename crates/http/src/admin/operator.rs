//! Authentication and authorization of operators, before any other part of the request is read.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use freehold_app::Operator;
use freehold_domain::OperatorScope;
use http::header;
use http::request::Parts;

use super::audit;
use crate::error::Problem;
use crate::extract::command::request_context;
use crate::state::AppState;

/// Extracts the operator, whose key has to have the scope `S`.
#[derive(Debug)]
pub(crate) struct AuthorizedOperator<S> {
    pub(crate) operator: Operator,
    scope: PhantomData<S>,
}

/// A type that stands for an operator scope.
pub(crate) trait RequiredScope {
    const SCOPE: OperatorScope;
}

macro_rules! scope_types {
    ($($name:ident)*) => {$(
        /// The scope of the same name.
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl RequiredScope for $name {
            const SCOPE: OperatorScope = OperatorScope::$name;
        }
    )*};
}

scope_types! { AccountsRead AccountsWrite AccountsDelete CredentialsWrite AuditRead OperatorsWrite }

/// The operator of a command at this server's own command line, which calls the routes without a
/// network. It is a request extension, which no client can set.
#[derive(Clone, Debug)]
pub struct LocalOperator(pub Operator);

impl<S: RequiredScope> FromRequestParts<AppState> for AuthorizedOperator<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let context = request_context(parts, state);
        let operator = match parts.extensions.get::<LocalOperator>() {
            Some(LocalOperator(operator)) => {
                state
                    .app()
                    .check_operator_scope(&context, operator, S::SCOPE)
                    .await?;
                operator.clone()
            }
            None => {
                let operator_key = operator_key(parts).ok_or_else(Problem::unauthenticated)?;
                state
                    .app()
                    .authorize_operator(&context, operator_key, S::SCOPE)
                    .await?
            }
        };
        audit::record_operator(parts, state, &operator, &context);
        Ok(Self {
            operator,
            scope: PhantomData,
        })
    }
}

/// Any authenticated operator, for paths below `/admin` that do not exist.
#[derive(Debug)]
pub(crate) struct AnyOperator;

impl FromRequestParts<AppState> for AnyOperator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        operator_of_any_scope(parts, state).await?;
        Ok(Self)
    }
}

/// Returns the operator of a request, whatever the scopes of their key.
pub(crate) async fn operator_of_any_scope(
    parts: &Parts,
    state: &AppState,
) -> Result<Operator, Problem> {
    match parts.extensions.get::<LocalOperator>() {
        Some(LocalOperator(operator)) => Ok(operator.clone()),
        None => {
            let operator_key = operator_key(parts).ok_or_else(Problem::unauthenticated)?;
            Ok(state.app().authenticate_operator(operator_key).await?)
        }
    }
}

/// Returns the key in `Authorization: Access <key>`, or `None` if there is not exactly one.
fn operator_key(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let text = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, rest) = text.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("access")
        .then(|| rest.trim())
        .filter(|rest| !rest.is_empty())
}
