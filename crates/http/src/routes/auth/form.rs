//! The forms of the sign-in pages: lists of named fields. Problems of fields have the HTTP status
//! 200 in the session protocol: the page shows each beside its field.

use axum::response::Response;
use freehold_app::Failure;
use freehold_domain::{Email, Refusal};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::Problem;
use crate::extract::body::request_body;
use crate::response::ok_json;

request_body! {
    /// A form that a user filled in.
    pub(super) struct SignInForm {
        /// The fields.
        form_fields as "formFields": Vec<FormField>,
    }

    /// One field of a form.
    pub(super) struct FormField {
        /// `email` or `password`.
        id: String,
        /// The text of the field.
        #[schema(value_type = Option<String>)]
        value: Option<Value>,
    }

    /// A new password, and the token of the reset link.
    pub(super) struct ResetForm {
        /// The token in the reset link.
        token: String,
        /// The fields: one, `password`.
        form_fields as "formFields": Vec<FormField>,
    }
}

/// The result of a form.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FormStatus {
    /// `OK`, or the name of an error.
    pub(super) status: &'static str,
    /// With `GENERAL_ERROR`: a text for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// With `FIELD_ERROR`: the fields with problems.
    #[serde(rename = "formFields", skip_serializing_if = "Option::is_none")]
    pub(super) fields: Option<Vec<FieldProblem>>,
}

impl FormStatus {
    pub(super) const fn plain(status: &'static str) -> Self {
        Self {
            status,
            message: None,
            fields: None,
        }
    }

    fn fields(fields: Vec<FieldProblem>) -> Self {
        Self {
            fields: Some(fields),
            ..Self::plain("FIELD_ERROR")
        }
    }
}

/// A problem with one field of a form.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// The field: `email` or `password`.
    id: String,
    /// A text for the user.
    error: String,
}

/// The fields of a form, and the problems that reading them found.
pub(super) struct FormFields {
    given: Vec<FormField>,
    problems: Vec<FieldProblem>,
}

impl FormFields {
    /// Creates the fields of a form. Fails if there are others than `known`.
    pub(super) fn of(given: Vec<FormField>, known: &[&str]) -> Result<Self, Problem> {
        if given.len() > known.len()
            || given
                .iter()
                .any(|field| !known.contains(&field.id.as_str()))
        {
            return Err(Problem::session_protocol(
                StatusCode::BAD_REQUEST,
                "too_many_form_fields",
                "Are you sending too many formFields?",
            ));
        }
        Ok(Self {
            given,
            problems: Vec::new(),
        })
    }

    /// Returns the text of a field. A missing text is a problem; then the result is empty.
    pub(super) fn text(&mut self, id: &'static str) -> String {
        let value = self
            .given
            .iter()
            .find(|field| field.id == id)
            .and_then(|field| field.value.as_ref());
        let problem = match value {
            Some(Value::String(text)) if !text.is_empty() => return text.clone(),
            None | Some(Value::Null | Value::String(_)) => "Field is not optional",
            Some(_) => "Field must be a text",
        };
        self.add_problem(id, problem.into());
        String::new()
    }

    /// Returns the address in the field `email`; `None` if there is a problem with it.
    pub(super) fn email(&mut self) -> Option<Email> {
        let text = self.text("email");
        if text.is_empty() {
            return None;
        }
        Email::parse(&text)
            .map_err(|error| self.add_problem("email", error.to_string()))
            .ok()
    }

    fn add_problem(&mut self, id: &str, error: String) {
        self.problems.push(FieldProblem {
            id: id.to_owned(),
            error,
        });
    }

    /// Returns the response with all problems.
    pub(super) fn problems_response(self) -> Result<Response, Problem> {
        ok_json(&FormStatus::fields(self.problems))
    }

    /// Whether there were problems.
    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }
}

/// Converts refusals for which the session protocol has a status; returns other failures.
pub(super) fn protocol_response(failure: Failure) -> Result<Response, Problem> {
    let field = |id: &str, error: String| {
        ok_json(&FormStatus::fields(vec![FieldProblem {
            id: id.to_owned(),
            error,
        }]))
    };
    match failure {
        Failure::Refused(refusal @ Refusal::EmailTaken) => field("email", refusal.message()),
        Failure::Refused(Refusal::InvalidField {
            field: id, problem, ..
        }) => field(&id, problem),
        Failure::Refused(Refusal::WrongCredentials) => {
            ok_json(&FormStatus::plain("WRONG_CREDENTIALS_ERROR"))
        }
        Failure::Refused(Refusal::ResetTokenInvalid) => {
            ok_json(&FormStatus::plain("RESET_PASSWORD_INVALID_TOKEN_ERROR"))
        }
        Failure::Refused(Refusal::Vetoed { message, .. }) => ok_json(&FormStatus {
            message: Some(message),
            ..FormStatus::plain("GENERAL_ERROR")
        }),
        failure => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: &str, value: Value) -> FormField {
        FormField {
            id: id.into(),
            value: Some(value),
        }
    }

    #[test]
    fn all_problems_are_reported() {
        let given = vec![
            field("password", 5.into()),
            field("email", "no address".into()),
        ];
        let mut fields = FormFields::of(given, &["email", "password"]).unwrap();
        assert_eq!(fields.email(), None);
        assert_eq!(fields.text("password"), "");
        assert!(fields.has_problems());
        let ids: Vec<_> = fields
            .problems
            .iter()
            .map(|problem| problem.id.as_str())
            .collect();
        assert_eq!(ids, ["email", "password"]);
    }

    #[test]
    fn valid_form_has_no_problems() {
        let given = vec![
            field("password", "Secret12!".into()),
            field("email", " A@X.com ".into()),
        ];
        let mut fields = FormFields::of(given, &["email", "password"]).unwrap();
        assert_eq!(fields.email().unwrap().as_str(), "a@x.com");
        assert_eq!(fields.text("password"), "Secret12!");
        assert!(!fields.has_problems());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let given = vec![
            field("email", "a@x.com".into()),
            field("role", "owner".into()),
        ];
        assert!(FormFields::of(given, &["email", "password"]).is_err());
    }
}
