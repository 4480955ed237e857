//! The request of each operation, which succeeds for an allowed caller.
//!
//! A name in braces stands for an id, which `fixture` supplies. In the query,
//! `{scope}` is the project of a session's request. `{token}` and `{link_token}`
//! are the secrets of an invitation and a link: a caller that has one knows that
//! the invitation exists.

/// The query and the body of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OperationInput {
    /// Without the question mark.
    pub(super) query: &'static str,
    /// JSON, or empty.
    pub(super) body: &'static str,
}

const fn query(query: &'static str) -> OperationInput {
    OperationInput { query, body: "" }
}

const fn body(body: &'static str) -> OperationInput {
    OperationInput { query: "", body }
}

/// A request inside a project.
const fn in_project(body: &'static str) -> OperationInput {
    let query = "project_id={scope}";
    OperationInput { query, body }
}

/// The input of `operation`; empty for most.
pub(super) fn request(operation: &str) -> OperationInput {
    match operation {
        "GET /auth/signup/email/exists" | "GET /auth/emailpassword/email/exists" => {
            query("email=nobody@acme.test")
        }
        // An invalid form gets a response with its errors, and counts as no attempt.
        "POST /auth/signup" | "POST /auth/signin" => body(EMPTY_FORM),
        "POST /auth/user/password/reset/token" => {
            body(r#"{"formFields": [{"id": "email", "value": "nobody@acme.test"}]}"#)
        }
        "POST /auth/user/password/reset" => body(
            r#"{"method": "token", "token": "x", "formFields": [{"id": "password", "value": "Correct-Horse-7"}]}"#,
        ),
        "PUT /profile/username" => body(r#"{"username": "another"}"#),
        "POST /profile/reset-password" => query("project_id={scope}&user_id={user_id}"),
        "POST /organizations"
        | "PUT /organizations/{organization_id}"
        | "PATCH /organizations/{organization_id}"
        | "POST /organizations/{organization_id}/workspaces"
        | "PUT /organizations/{organization_id}/workspaces/{workspace_id}"
        | "PATCH /projects/{project_id}" => body(r#"{"name": "Another"}"#),
        "POST /workspaces/{workspace_id}/roles" => body(
            r#"{"email": "tom@acme.test", "organization_id": "{organization_id}", "role": "editor"}"#,
        ),
        "DELETE /workspaces/{workspace_id}/roles" => {
            query("email=tom@acme.test&organization_id={organization_id}&role=annotator")
        }
        "DELETE /workspaces/{workspace_id}/users" => query("email=tom@acme.test"),
        "POST /organizations/{organization_id}/workspaces/{workspace_id}/invite" => {
            body(r#"[{"email": "new@acme.test", "roles": ["viewer"]}]"#)
        }
        "POST /organizations/{organization_id}/workspaces/{workspace_id}/invite/resend" => {
            body(r#"{"email": "pia@acme.test"}"#)
        }
        "POST /organizations/{organization_id}/workspaces/{workspace_id}/invite/accept" => {
            OperationInput {
                query: "project_id={project_id}",
                body: r#"{"token": "{token}", "email": "pia@acme.test"}"#,
            }
        }
        "POST /organizations/{organization_id}/invitations" => {
            body(r#"[{"email": "new@acme.test"}]"#)
        }
        "POST /organizations/{organization_id}/invitation-links" => {
            body(r#"{"workspace_id": "{workspace_id}", "role": "viewer"}"#)
        }
        "POST /invitation-links/accept" => body(r#"{"token": "{link_token}"}"#),
        "POST /projects" => in_project(r#"{"name": "Another"}"#),
        "DELETE /projects/{project_id}"
        | "GET /projects/current"
        | "GET /keys"
        | "POST /keys"
        | "DELETE /keys/{prefix}" => in_project(""),
        "GET /access/permissions/check" => query(
            "project_id={scope}&scope_type=project&scope_id={scope}&resource_type=service&action=run_service",
        ),
        "POST /simple/testsets" => in_project(
            r#"{"testset": {"slug": "t", "name": "T", "data": {"testcases": [{"data": {"a": "1"}}]}}}"#,
        ),
        "POST /simple/evaluators" => in_project(r#"{"evaluator": {"slug": "e", "name": "E"}}"#),
        "POST /simple/environments" => {
            in_project(r#"{"environment": {"slug": "qa", "name": "QA"}}"#)
        }
        "PUT /simple/testsets/{testset_id}" => {
            in_project(r#"{"testset": {"id": "{testset_id}", "name": "Another"}}"#)
        }
        "PUT /simple/evaluators/{evaluator_id}" => {
            in_project(r#"{"evaluator": {"id": "{evaluator_id}", "name": "Another"}}"#)
        }
        "PUT /simple/environments/{environment_id}" => {
            in_project(r#"{"environment": {"id": "{environment_id}", "name": "Another"}}"#)
        }
        query if query.starts_with("POST /simple/") && query.ends_with("/query") => {
            in_project("{}")
        }
        content if content.contains(" /simple/") => in_project(""),
        _ => OperationInput::default(),
    }
}

const EMPTY_FORM: &str = r#"{"formFields": []}"#;
