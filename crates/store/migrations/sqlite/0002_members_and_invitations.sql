-- SQLite: people in organizations. Its twin of the same name serves the other engine; never
-- edit either once released.

-- An invitation to a workspace. `token` is the hex SHA-256 of what the link holds. `status`
-- stays `pending` when the time runs out; `expired` is one whose place another has taken.
-- `issuer_id` is who could have it issued last; nobody is the operator. `mailed` says that what
-- the link holds went to the address and nowhere else.
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

-- A link that lets several people in.
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

-- Who has joined by a link. The row outlives the membership, so that nobody who was taken out
-- comes back by the link they have.
CREATE TABLE invitation_link_uses (
    link_id BLOB NOT NULL CONSTRAINT fk_invitation_link_uses_link REFERENCES invitation_links (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL CONSTRAINT fk_invitation_link_uses_user REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    CONSTRAINT invitation_link_uses_pkey PRIMARY KEY (link_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_invitation_link_uses_user ON invitation_link_uses (user_id);

-- Since when it is known that the address is theirs.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;

-- Whether the link went to the address and nowhere else.
ALTER TABLE password_resets ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0;

-- What could not be told to the outside, and why.
ALTER TABLE outbox ADD COLUMN failed_at INTEGER;
ALTER TABLE outbox ADD COLUMN last_error TEXT;
CREATE INDEX ix_outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;

-- The one that came with its organization.
CREATE UNIQUE INDEX uq_workspaces_one_default ON workspaces (organization_id) WHERE type = 'default';

CREATE INDEX ix_projects_workspace ON projects (workspace_id, organization_id);

-- The worker looks for due letters beside all the events that wait to be fetched.
CREATE INDEX ix_outbox_email_jobs ON outbox (available_at)
    WHERE topic = 'email' AND done_at IS NULL AND failed_at IS NULL;
CREATE INDEX ix_outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

-- Which state of its data an item is in; none has been named for those that were never changed.
ALTER TABLE resources ADD COLUMN revision_id BLOB;
