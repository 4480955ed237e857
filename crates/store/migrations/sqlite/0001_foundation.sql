-- SQLite: the foundation. The file of the same name is for the other engine; never edit
-- either once released.

-- Users and their credentials.

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    uid TEXT CONSTRAINT ix_users_uid UNIQUE,
    username TEXT,
    email TEXT NOT NULL CONSTRAINT users_email_key UNIQUE,
    is_active INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    -- When the email address was verified.
    email_verified_at INTEGER,
    -- When an operator removed a login method: from then on signing up with the email address does
    -- not claim the account.
    login_removed_at INTEGER,
    CONSTRAINT users_email_normal CHECK (email = lower(email))
) STRICT, WITHOUT ROWID;

CREATE TABLE user_identities (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    subject TEXT NOT NULL,
    domain TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT uq_user_identities_method_subject UNIQUE (method, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_user_identities_user_method ON user_identities (user_id, method);
CREATE INDEX ix_user_identities_domain ON user_identities (domain);

CREATE TABLE passwords (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Only the hashes of the current refresh token and of the one before it.
CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    refresh_hash BLOB NOT NULL,
    previous_hash BLOB,
    rotated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    identities TEXT NOT NULL,
    is_new_user INTEGER NOT NULL DEFAULT 0,
    address TEXT,
    user_agent TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_sessions_user ON sessions (user_id);
CREATE INDEX ix_sessions_expires ON sessions (expires_at);

CREATE TABLE password_resets (
    token_hash BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- Whether the link was only sent to the email address.
    mailed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_password_resets_user ON password_resets (user_id);
-- To delete expired links in slices. Links are rare, and without it each slice reads all of them.
CREATE INDEX ix_password_resets_expires ON password_resets (expires_at);

-- Counters of attempts, per account and per network address.
CREATE TABLE attempts (
    subject TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_attempts_until ON attempts (until);

-- Organizations, workspaces, projects and their members.

CREATE TABLE organizations (
    id BLOB PRIMARY KEY,
    slug TEXT CONSTRAINT uq_organizations_slug UNIQUE,
    name TEXT,
    description TEXT,
    flags TEXT,
    tags TEXT,
    meta TEXT,
    owner_id BLOB NOT NULL CONSTRAINT fk_organizations_owner_id_users REFERENCES users (id) ON DELETE RESTRICT,
    -- Constant, so that a foreign key can require that the owner is a member with role `owner`.
    owner_role TEXT NOT NULL DEFAULT 'owner' CHECK (owner_role = 'owner'),
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT fk_organizations_owner_member FOREIGN KEY (id, owner_id, owner_role)
        REFERENCES organization_members (organization_id, user_id, role) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_organizations_owner ON organizations (owner_id);
-- For searches by prefix, which compare bytes on both engines.
CREATE INDEX ix_organizations_name ON organizations (lower(name), id);

CREATE TABLE organization_members (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role TEXT NOT NULL DEFAULT 'viewer',
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT uq_organization_members_organization_user UNIQUE (organization_id, user_id),
    CONSTRAINT uq_organization_members_role UNIQUE (organization_id, user_id, role)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX uq_organization_members_one_owner ON organization_members (organization_id) WHERE role = 'owner';
CREATE INDEX ix_organization_members_user ON organization_members (user_id);

CREATE TABLE workspaces (
    id BLOB PRIMARY KEY,
    name TEXT,
    type TEXT,
    description TEXT,
    organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT uq_workspaces_organization UNIQUE (id, organization_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_workspaces_organization ON workspaces (organization_id);
-- The first workspace of an organization.
CREATE UNIQUE INDEX uq_workspaces_one_default ON workspaces (organization_id) WHERE type = 'default';

CREATE TABLE workspace_members (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL,
    workspace_id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    role TEXT NOT NULL DEFAULT 'viewer',
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT uq_workspace_members_workspace_user UNIQUE (workspace_id, user_id),
    CONSTRAINT fk_workspace_members_workspace FOREIGN KEY (workspace_id, organization_id)
        REFERENCES workspaces (id, organization_id) ON DELETE CASCADE,
    CONSTRAINT fk_workspace_members_organization_member FOREIGN KEY (organization_id, user_id)
        REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_workspace_members_user ON workspace_members (user_id, organization_id);

CREATE TABLE projects (
    id BLOB PRIMARY KEY,
    project_name TEXT NOT NULL,
    is_default INTEGER,
    organization_id BLOB NOT NULL,
    workspace_id BLOB NOT NULL,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT uq_projects_workspace UNIQUE (id, workspace_id),
    CONSTRAINT fk_projects_workspace FOREIGN KEY (workspace_id, organization_id)
        REFERENCES workspaces (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX uq_projects_one_default ON projects (workspace_id) WHERE is_default;
CREATE INDEX ix_projects_organization_id ON projects (organization_id, workspace_id);
CREATE INDEX ix_projects_workspace ON projects (workspace_id, organization_id);

CREATE TABLE project_members (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    workspace_id BLOB NOT NULL,
    role TEXT NOT NULL DEFAULT 'viewer',
    is_demo INTEGER,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT project_members_role CHECK (role <> 'none'),
    CONSTRAINT uq_project_members_project_user UNIQUE (project_id, user_id),
    CONSTRAINT fk_project_members_project FOREIGN KEY (project_id, workspace_id)
        REFERENCES projects (id, workspace_id) ON DELETE CASCADE,
    CONSTRAINT fk_project_members_workspace_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES workspace_members (workspace_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_project_members_user ON project_members (user_id, workspace_id);

-- A member of a project needs a row in its workspace, and that one a row in the organization. Where
-- only a row below brings a row, its role is 'none': it grants nothing, and goes with the last row
-- below it.
CREATE TRIGGER project_members_deleted AFTER DELETE ON project_members BEGIN
    DELETE FROM workspace_members
     WHERE workspace_id = OLD.workspace_id AND user_id = OLD.user_id AND role = 'none'
       AND NOT EXISTS (SELECT 1 FROM project_members p
                        WHERE p.user_id = OLD.user_id AND p.workspace_id = OLD.workspace_id);
END;
CREATE TRIGGER workspace_members_deleted AFTER DELETE ON workspace_members BEGIN
    DELETE FROM organization_members
     WHERE organization_id = OLD.organization_id AND user_id = OLD.user_id AND role = 'none'
       AND NOT EXISTS (SELECT 1 FROM workspace_members w
                        WHERE w.user_id = OLD.user_id AND w.organization_id = OLD.organization_id);
END;

-- A key is deleted with its creator's membership of its project.
CREATE TABLE api_keys (
    id BLOB PRIMARY KEY,
    prefix TEXT NOT NULL CONSTRAINT uq_api_keys_prefix UNIQUE,
    hashed_key TEXT NOT NULL,
    project_id BLOB NOT NULL,
    rate_limit INTEGER DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0,
    expiration_date INTEGER,
    last_used_at INTEGER,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB NOT NULL,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    -- The name that an operator gave a key.
    name TEXT,
    CONSTRAINT fk_api_keys_project_member FOREIGN KEY (project_id, created_by_id)
        REFERENCES project_members (project_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_api_keys_project_creator ON api_keys (project_id, created_by_id);

-- The content of projects: one row for each testset, evaluator, environment.
CREATE TABLE resources (
    id BLOB PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('testset', 'evaluator', 'environment')),
    slug TEXT NOT NULL,
    name TEXT,
    description TEXT,
    flags TEXT,
    tags TEXT,
    meta TEXT,
    data TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    -- Identifies the state of an item's data; null until it is changed for the first time.
    revision_id BLOB,
    CONSTRAINT uq_resources_project_kind_slug UNIQUE (project_id, kind, slug)
) STRICT;

-- Invitations.

-- `token` is the hex SHA-256 of the link's token. `status` stays
-- `pending` when an invitation expires; it becomes `expired` when a new invitation is issued.
-- `issuer_id` is the user who issued it last, null if an operator did. `mailed` means that the
-- link was only sent to the email address.
CREATE TABLE project_invitations (
    id BLOB PRIMARY KEY,
    token TEXT NOT NULL CONSTRAINT project_invitations_token_key UNIQUE,
    email TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'pending',
    role TEXT NOT NULL,
    user_id BLOB CONSTRAINT fk_project_invitations_user REFERENCES users (id) ON DELETE SET NULL,
    project_id BLOB CONSTRAINT fk_project_invitations_project REFERENCES projects (id) ON DELETE SET NULL,
    workspace_id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    expiration_date INTEGER,
    generation INTEGER NOT NULL DEFAULT 1,
    issuer_id BLOB,
    mailed INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER,
    answered_at INTEGER,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT project_invitations_email_normal CHECK (email = lower(email)),
    CONSTRAINT project_invitations_status CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    CONSTRAINT project_invitations_used CHECK (used = (status = 'accepted')),
    CONSTRAINT project_invitations_role CHECK (role NOT IN ('owner', 'none')),
    CONSTRAINT fk_project_invitations_workspace FOREIGN KEY (workspace_id, organization_id)
        REFERENCES workspaces (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX uq_project_invitations_one_open ON project_invitations (workspace_id, email)
    WHERE status = 'pending';
CREATE INDEX ix_project_invitations_email ON project_invitations (email) WHERE status = 'pending';
CREATE INDEX ix_project_invitations_organization ON project_invitations (organization_id, id);
CREATE INDEX ix_project_invitations_user ON project_invitations (user_id);
CREATE INDEX ix_project_invitations_project ON project_invitations (project_id);

-- Links by which several users can join.
CREATE TABLE invitation_links (
    id BLOB PRIMARY KEY,
    token TEXT NOT NULL CONSTRAINT invitation_links_token_key UNIQUE,
    workspace_id BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    role TEXT NOT NULL,
    max_uses INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    allowed_domains TEXT,
    expires_at INTEGER,
    revoked_at INTEGER,
    issuer_id BLOB,
    created_at INTEGER,
    updated_at INTEGER,
    deleted_at INTEGER,
    created_by_id BLOB,
    updated_by_id BLOB,
    deleted_by_id BLOB,
    CONSTRAINT invitation_links_role CHECK (role NOT IN ('owner', 'none')),
    CONSTRAINT invitation_links_uses CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)),
    CONSTRAINT fk_invitation_links_workspace FOREIGN KEY (workspace_id, organization_id)
        REFERENCES workspaces (id, organization_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_invitation_links_organization ON invitation_links (organization_id, id);
CREATE INDEX ix_invitation_links_workspace ON invitation_links (workspace_id, organization_id);

-- The users who have joined by a link. A row stays when the membership ends, so that a removed
-- member cannot join again by the same link.
CREATE TABLE invitation_link_uses (
    link_id BLOB NOT NULL CONSTRAINT fk_invitation_link_uses_link REFERENCES invitation_links (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL CONSTRAINT fk_invitation_link_uses_user REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    CONSTRAINT invitation_link_uses_pkey PRIMARY KEY (link_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_invitation_link_uses_user ON invitation_link_uses (user_id);

-- Operators.

-- `scopes` is a JSON list. Only one key with a name is not revoked; audit events
-- have the name, also after the key is revoked.
CREATE TABLE operator_keys (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL CONSTRAINT uq_operator_keys_prefix UNIQUE,
    hashed_key TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX uq_operator_keys_name ON operator_keys (name) WHERE revoked_at IS NULL;

-- The progress of imports: the first `rows_done` rows have been processed. `digest` is the hex
-- SHA-256 of the imported rows.
CREATE TABLE imports (
    id BLOB PRIMARY KEY,
    digest TEXT NOT NULL CONSTRAINT uq_imports_digest UNIQUE,
    rows_done INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    existing INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER,
    CONSTRAINT imports_counts CHECK (rows_done = created + existing + refused)
) STRICT, WITHOUT ROWID;

-- The audit log, the outbox and the idempotency records.

-- No foreign keys: events stay when the users and entities that they refer to are deleted.
CREATE TABLE audit_events (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    organization_id BLOB,
    target_id BLOB,
    refused TEXT,
    request_id TEXT,
    address TEXT,
    details TEXT,
    -- The name of the operator, and the reason that they gave.
    actor_name TEXT,
    reason TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_audit_events_organization ON audit_events (organization_id, id);
CREATE INDEX ix_audit_events_actor ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX ix_audit_events_operator ON audit_events (actor_name, id) WHERE actor_name IS NOT NULL;
CREATE INDEX ix_audit_events_target ON audit_events (target_id, id) WHERE target_id IS NOT NULL;
-- To find a refusal by its request's id; few events are refusals, so these indexes are small.
CREATE INDEX ix_audit_events_refused ON audit_events (id) WHERE refused IS NOT NULL;
CREATE INDEX ix_audit_events_refused_request ON audit_events (request_id, id) WHERE refused IS NOT NULL;

CREATE TABLE outbox (
    id BLOB PRIMARY KEY,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    done_at INTEGER,
    -- When a row became dead, and the last error.
    failed_at INTEGER,
    last_error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_outbox_undelivered ON outbox (available_at) WHERE done_at IS NULL;
-- To find email jobs among many undelivered events.
CREATE INDEX ix_outbox_email_jobs ON outbox (available_at)
    WHERE topic = 'email' AND done_at IS NULL AND failed_at IS NULL;
CREATE INDEX ix_outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX ix_outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;

-- `id` is a hash of the caller and the idempotency key; `response` is encrypted with that key.
CREATE TABLE idempotency_records (
    id BLOB PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    response BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_idempotency_records_expires ON idempotency_records (expires_at);

-- The keys that all nodes share, for signing and for refresh tokens.
CREATE TABLE server_keys (
    purpose TEXT PRIMARY KEY,
    id BLOB NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The background jobs that one node at a time runs.
CREATE TABLE jobs (
    name TEXT PRIMARY KEY,
    -- The process that started the job last. Until `lease_until`, no other process starts it.
    runner_id BLOB NOT NULL,
    lease_until INTEGER NOT NULL,
    last_started_at INTEGER NOT NULL,
    last_finished_at INTEGER,
    -- Why the last finished run failed; null if it succeeded.
    last_error TEXT,
    -- From when on `doctor` warns.
    overdue_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
