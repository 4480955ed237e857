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
use crate::extract::command::circumstances;
use crate::state::AppState;

/// An operator who may do something of the scope that `S` names.
#[derive(Debug)]
pub(crate) struct By<S> {
    pub(crate) operator: Operator,
    scope: PhantomData<S>,
}

/// A scope, as a type.
pub(crate) trait Needed {
    const SCOPE: OperatorScope;
}

macro_rules! needed {
    ($($name:ident)*) => {$(
        /// The scope of the same name.
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Needed for $name {
            const SCOPE: OperatorScope = OperatorScope::$name;
        }
    )*};
}

needed! { AccountsRead AccountsWrite AccountsDelete CredentialsWrite AuditRead OperatorsWrite }

/// Somebody at this server's own command line, who asks without the network between. Found only in
/// the extensions of a request, where nothing that was sent can put it.
#[derive(Clone, Debug)]
pub struct LocalOperator(pub Operator);

impl<S: Needed> FromRequestParts<AppState> for By<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        let call = circumstances(parts, house);
        let operator = match parts.extensions.get::<LocalOperator>() {
            Some(LocalOperator(operator)) => {
                house.app().permit(&call, operator, S::SCOPE).await?;
                operator.clone()
            }
            None => {
                let shown = shown(parts).ok_or_else(Problem::unauthenticated)?;
                house.app().operator(&call, shown, S::SCOPE).await?
            }
        };
        audit::asks(parts, house, &operator, &call);
        Ok(Self {
            operator,
            scope: PhantomData,
        })
    }
}

/// Any operator, whatever they may do: for paths where there is nothing to do.
#[derive(Debug)]
pub(crate) struct ByAny;

impl FromRequestParts<AppState> for ByAny {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        if parts.extensions.get::<LocalOperator>().is_none() {
            let shown = shown(parts).ok_or_else(Problem::unauthenticated)?;
            house.app().recognise(shown).await?;
        }
        Ok(Self)
    }
}

/// What stands behind `Access`.
fn shown(parts: &Parts) -> Option<&str> {
    let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
    let text = given.next()?.to_str().ok()?;
    if given.next().is_some() {
        return None;
    }
    let (scheme, rest) = text.trim().split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("access")
        .then(|| rest.trim())
        .filter(|rest| !rest.is_empty())
}
