//! Which operator asks, and that their credential is good for it: known before anything else of
//! the request is looked at.

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

/// An operator who may do something of the scope that `S` names.
#[derive(Debug)]
pub(crate) struct AuthorizedOperator<S> {
    pub(crate) operator: Operator,
    scope: PhantomData<S>,
}

/// A scope, as a type.
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

/// Somebody at this server's own command line, who asks without the network between. Found only in
/// the extensions of a request, where nothing that was sent can put it.
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

/// Any operator, whatever they may do: for paths where there is nothing to do.
#[derive(Debug)]
pub(crate) struct AnyOperator;

impl FromRequestParts<AppState> for AnyOperator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if parts.extensions.get::<LocalOperator>().is_none() {
            let operator_key = operator_key(parts).ok_or_else(Problem::unauthenticated)?;
            state.app().authenticate_operator(operator_key).await?;
        }
        Ok(Self)
    }
}

/// What stands behind `Access`.
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
