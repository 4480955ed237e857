-- SQLite: members and invitations. The file of the same name is for the other engine; never
-- edit either once released.

-- Invitations to a workspace. `token` is the hex SHA-256 of the link's token. `status` stays
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
    CONSTRAINT project_invitations_role CHECK (role <> 'owner'),
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
    CONSTRAINT invitation_links_role CHECK (role <> 'owner'),
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

-- When the email address was verified.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;

-- Whether the link was only sent to the email address.
ALTER TABLE password_resets ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0;

-- When a row became dead, and the last error.
ALTER TABLE outbox ADD COLUMN failed_at INTEGER;
ALTER TABLE outbox ADD COLUMN last_error TEXT;
CREATE INDEX ix_outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;

-- The first workspace of an organization.
CREATE UNIQUE INDEX uq_workspaces_one_default ON workspaces (organization_id) WHERE type = 'default';

CREATE INDEX ix_projects_workspace ON projects (workspace_id, organization_id);

-- To find email jobs among many undelivered events.
CREATE INDEX ix_outbox_email_jobs ON outbox (available_at)
    WHERE topic = 'email' AND done_at IS NULL AND failed_at IS NULL;
CREATE INDEX ix_outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

-- Identifies the state of an item's data; null until it is changed for the first time.
ALTER TABLE resources ADD COLUMN revision_id BLOB;
