//! The access matrix: one row for each operation of the OpenAPI document, one
//! column for each caller.
//!
//! * `anonymous` sends no credential, `outsider` owns another organization, and
//!   `foreign` is a key for a project there.
//! * `viewer` to `owner` are members and work in the default project.
//! * `removed` was a developer whom the owner removed.
//! * `sibling` is the developer's key for another project of the workspace. As any
//!   key, it has its user's permissions where the path names an object; elsewhere it
//!   works in its own project, and the query is ignored.
//! * `service` is a token that a permission check returned for the developer.
//!   It writes content, and reads what its user may read.
//! * `invitee` is an outsider to whom the invitation is addressed.
//!
//! The cells:
//!
//! * `ok`: the request succeeds; the response is a 2xx.
//! * `own`: it succeeds in the caller's own project, and the response has nothing
//!   of the requested one.
//! * a number: the request is refused with this status.
//!
//! Operations below `/admin` have no line: all callers are refused with 401, see
//! [`operator_row`].
//!
//! The callers are created in `fixture`; the requests are in `requests`.

/// The callers, in the order of the columns.
pub(super) const CALLERS: [&str; 13] = [
    "anonymous",
    "outsider",
    "viewer",
    "annotator",
    "editor",
    "developer",
    "admin",
    "owner",
    "removed",
    "foreign",
    "sibling",
    "service",
    "invitee",
];

/// The expected result of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// A 2xx.
    Allowed,
    /// A 2xx about the caller's own project.
    OwnOnly,
    /// This status.
    Refused(u16),
}

/// The expected results of one operation.
#[derive(Debug)]
pub(super) struct Row {
    /// Method and path, such as `POST /keys`.
    pub(super) operation: String,
    /// One for each of [`CALLERS`].
    pub(super) cells: [Cell; CALLERS.len()],
}

/// The rows, in their order.
pub(super) fn rows() -> Vec<Row> {
    let lines = TABLE.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    let (_, head) = lines.next().and_then(|head| head.split_once('|')).unwrap();
    let head: Vec<_> = head.split_whitespace().collect();
    assert_eq!(head, CALLERS, "the head of the table");
    lines.map(row).collect()
}

/// Whether an operation is for operators, who are none of [`CALLERS`].
pub(super) fn is_operator_operation(operation: &str) -> bool {
    operation
        .split_once(' ')
        .is_some_and(|(_, path)| path.starts_with("/admin/"))
}

/// The row of an operation for operators, which is refused to every caller.
pub(super) fn operator_row(operation: &str) -> Row {
    Row {
        operation: operation.to_owned(),
        cells: [Cell::Refused(401); CALLERS.len()],
    }
}

fn row(line: &str) -> Row {
    let (operation, cells) = line
        .split_once('|')
        .unwrap_or_else(|| panic!("no row: {line}"));
    let cells: Vec<_> = cells.split_whitespace().map(cell).collect();
    let cells = cells.try_into();
    Row {
        operation: operation.trim().to_owned(),
        cells: cells.unwrap_or_else(|_| panic!("as many cells as callers: {line}")),
    }
}

fn cell(text: &str) -> Cell {
    match text {
        "ok" => Cell::Allowed,
        "own" => Cell::OwnOnly,
        status => Cell::Refused(
            status
                .parse()
                .unwrap_or_else(|_| panic!("a cell: {status}")),
        ),
    }
}

const TABLE: &str = "
                                                                              | anonymous outsider viewer annotator editor developer admin owner removed foreign sibling service invitee

-- Any caller
GET /.well-known/jwks.json                                                    | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /auth/jwt/jwks.json                                                       | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /auth/signup/email/exists                                                 | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /auth/emailpassword/email/exists                                          | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /auth/signup                                                             | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /auth/signin                                                             | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /auth/signout                                                            | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /auth/session/refresh                                                    | 401       401      401    401       401    401       401   401   401     401     401     401     401
POST /auth/user/password/reset                                                | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /auth/user/password/reset/token                                          | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /docs                                                                     | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /capabilities                                                             | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /openapi.json                                                             | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /health                                                                   | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /livez                                                                    | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /readyz                                                                   | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /metrics                                                                  | ok        ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok

-- Any caller with an account
GET /access/roles                                                             | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /access/permissions                                                       | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /workspaces/roles                                                         | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /workspaces/permissions                                                   | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /profile                                                                  | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
PUT /profile/username                                                         | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      403     ok
DELETE /profile                                                               | 401       404      404    404       404    404       404   404   404     404     404     404     404
GET /organizations                                                            | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /organizations                                                           | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      403     ok
GET /workspaces                                                               | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
GET /projects                                                                 | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok

-- The organization
GET /organizations/{organization_id}                                          | 401       403      ok     ok        ok     ok        ok    ok    403     403     ok      ok      403
PATCH /organizations/{organization_id}                                        | 401       403      403    403       403    403       403   ok    403     403     403     403     403
PUT /organizations/{organization_id}                                          | 401       403      403    403       403    403       403   ok    403     403     403     403     403
DELETE /organizations/{organization_id}                                       | 401       403      403    403       403    403       403   ok    403     403     403     403     403
POST /organizations/{organization_id}/transfer/{new_owner_id}                 | 401       403      403    403       403    403       403   ok    403     403     403     403     403
GET /organizations/{organization_id}/events                                   | 401       403      403    403       403    403       ok    ok    403     403     403     403     403

-- Workspaces and their members
GET /workspaces/{workspace_id}                                                | 401       404      ok     ok        ok     ok        ok    ok    404     404     ok      ok      404
POST /organizations/{organization_id}/workspaces                              | 401       403      403    403       403    403       403   ok    403     403     403     403     403
PUT /organizations/{organization_id}/workspaces/{workspace_id}                | 401       403      403    403       403    403       ok    ok    403     403     403     403     403
POST /workspaces/{workspace_id}/roles                                         | 401       403      403    403       403    403       ok    ok    403     403     403     403     403
DELETE /workspaces/{workspace_id}/roles                                       | 401       403      403    403       403    403       ok    ok    403     403     403     403     403
DELETE /workspaces/{workspace_id}/users                                       | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
DELETE /organizations/{organization_id}/members/{user_id}                     | 401       403      403    403       403    403       ok    ok    403     403     403     403     403
POST /organizations/{organization_id}/leave                                   | 401       403      ok     ok        ok     ok        ok    400   403     403     ok      403     403
POST /profile/reset-password                                                  | 401       401      403    403       403    403       ok    ok    401     404     403     403     401

-- Invitations
POST /organizations/{organization_id}/workspaces/{workspace_id}/invite        | 401       403      403    403       403    403       ok    ok    403     403     403     403     403
POST /organizations/{organization_id}/workspaces/{workspace_id}/invite/resend | 401       403      403    403       403    403       ok    ok    403     403     403     403     403
POST /organizations/{organization_id}/workspaces/{workspace_id}/invite/accept | 401       400      400    400       400    400       400   400   400     400     400     403     ok
POST /organizations/{organization_id}/invitations                             | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
GET /organizations/{organization_id}/invitations                              | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
DELETE /organizations/{organization_id}/invitations/{invitation_id}           | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
POST /organizations/{organization_id}/invitations/{invitation_id}/resend      | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
GET /invitations                                                              | 401       ok       ok     ok        ok     ok        ok    ok    ok      ok      ok      ok      ok
POST /invitations/{invitation_id}/accept                                      | 401       404      404    404       404    404       404   404   404     404     404     403     ok
POST /invitations/{invitation_id}/decline                                     | 401       404      404    404       404    404       404   404   404     404     404     403     ok
GET /organizations/{organization_id}/invitation-links                         | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
POST /organizations/{organization_id}/invitation-links                        | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
DELETE /organizations/{organization_id}/invitation-links/{link_id}            | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
POST /invitation-links/accept                                                 | 401       ok       409    409       409    409       409   409   ok      ok      409     403     ok

-- Projects
GET /projects/current                                                         | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
GET /projects/{project_id}                                                    | 401       404      ok     ok        ok     ok        ok    ok    404     404     ok      ok      404
POST /projects                                                                | 401       401      403    403       403    403       ok    ok    401     own     403     403     401
PATCH /projects/{project_id}                                                  | 401       404      403    403       403    403       ok    ok    404     404     403     403     404
DELETE /projects/{project_id}                                                 | 401       401      403    403       403    403       ok    ok    401     404     403     403     401
GET /access/permissions/check                                                 | 401       401      ok     ok        ok     ok        ok    ok    401     403     403     ok      401

-- API keys
GET /keys                                                                     | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
POST /keys                                                                    | 401       401      403    403       403    ok        ok    ok    401     own     own     403     401
DELETE /keys/{prefix}                                                         | 401       401      403    403       403    404       404   ok    401     404     404     403     401

-- What a project contains
POST /simple/testsets                                                         | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/testsets/query                                                   | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
GET /simple/testsets/{testset_id}                                             | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
PUT /simple/testsets/{testset_id}                                             | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/testsets/{testset_id}/archive                                    | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/testsets/{testset_id}/unarchive                                  | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/evaluators                                                       | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/evaluators/query                                                 | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
GET /simple/evaluators/{evaluator_id}                                         | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
PUT /simple/evaluators/{evaluator_id}                                         | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/evaluators/{evaluator_id}/archive                                | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/evaluators/{evaluator_id}/unarchive                              | 401       401      403    403       ok     ok        ok    ok    401     own     own     ok      401
POST /simple/environments                                                     | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
POST /simple/environments/query                                               | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
GET /simple/environments/{environment_id}                                     | 401       401      ok     ok        ok     ok        ok    ok    401     own     own     ok      401
PUT /simple/environments/{environment_id}                                     | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
POST /simple/environments/{environment_id}/archive                            | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
POST /simple/environments/{environment_id}/unarchive                          | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
POST /simple/environments/{environment_id}/guard                              | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
POST /simple/environments/{environment_id}/unguard                            | 401       401      403    403       403    ok        ok    ok    401     own     own     ok      401
";
