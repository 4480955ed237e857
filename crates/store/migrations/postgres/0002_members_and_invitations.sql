-- PostgreSQL: members and invitations. The file of the same name is for the other engine; never
-- edit either once released.

-- Invitations to a workspace. `token` is the hex SHA-256 of the link's token. `status` stays
-- `pending` when an invitation expires; it becomes `expired` when a new invitation is issued.
-- `issuer_id` is the user who issued it last, null if an operator did. `mailed` means that the
-- link was only sent to the email address.
CREATE TABLE project_invitations (
    id uuid PRIMARY KEY,
    token varchar NOT NULL CONSTRAINT project_invitations_token_key UNIQUE,
    email varchar NOT NULL,
    used boolean NOT NULL DEFAULT false,
    status varchar NOT NULL DEFAULT 'pending',
    role varchar NOT NULL,
    user_id uuid CONSTRAINT fk_project_invitations_user REFERENCES users (id) ON DELETE SET NULL,
    project_id uuid CONSTRAINT fk_project_invitations_project REFERENCES projects (id) ON DELETE SET NULL,
    workspace_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    expiration_date timestamptz,
    generation integer NOT NULL DEFAULT 1,
    issuer_id uuid,
    mailed boolean NOT NULL DEFAULT false,
    sent_at timestamptz,
    answered_at timestamptz,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz,
    deleted_at timestamptz,
    created_by_id uuid,
    updated_by_id uuid,
    deleted_by_id uuid,
    CONSTRAINT project_invitations_email_normal CHECK (email = lower(email COLLATE "C")),
    CONSTRAINT project_invitations_status CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    CONSTRAINT project_invitations_used CHECK (used = (status = 'accepted')),
    CONSTRAINT project_invitations_role CHECK (role <> 'owner'),
    CONSTRAINT fk_project_invitations_workspace FOREIGN KEY (workspace_id, organization_id)
        REFERENCES workspaces (id, organization_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_project_invitations_one_open ON project_invitations (workspace_id, email)
    WHERE status = 'pending';
CREATE INDEX ix_project_invitations_email ON project_invitations (email) WHERE status = 'pending';
CREATE INDEX ix_project_invitations_organization ON project_invitations (organization_id, id);
CREATE INDEX ix_project_invitations_user ON project_invitations (user_id);
CREATE INDEX ix_project_invitations_project ON project_invitations (project_id);

-- Links by which several users can join.
CREATE TABLE invitation_links (
    id uuid PRIMARY KEY,
    token varchar NOT NULL CONSTRAINT invitation_links_token_key UNIQUE,
    workspace_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    role varchar NOT NULL,
    max_uses integer,
    uses integer NOT NULL DEFAULT 0,
    allowed_domains jsonb,
    expires_at timestamptz,
    revoked_at timestamptz,
    issuer_id uuid,
    created_at timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz,
    deleted_at timestamptz,
    created_by_id uuid,
    updated_by_id uuid,
    deleted_by_id uuid,
    CONSTRAINT invitation_links_role CHECK (role <> 'owner'),
    CONSTRAINT invitation_links_uses CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)),
    CONSTRAINT fk_invitation_links_workspace FOREIGN KEY (workspace_id, organization_id)
        REFERENCES workspaces (id, organization_id) ON DELETE CASCADE
);
CREATE INDEX ix_invitation_links_organization ON invitation_links (organization_id, id);
CREATE INDEX ix_invitation_links_workspace ON invitation_links (workspace_id, organization_id);

-- The users who have joined by a link. A row stays when the membership ends, so that a removed
-- member cannot join again by the same link.
CREATE TABLE invitation_link_uses (
    link_id uuid NOT NULL CONSTRAINT fk_invitation_link_uses_link REFERENCES invitation_links (id) ON DELETE CASCADE,
    user_id uuid NOT NULL CONSTRAINT fk_invitation_link_uses_user REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    CONSTRAINT invitation_link_uses_pkey PRIMARY KEY (link_id, user_id)
);
CREATE INDEX ix_invitation_link_uses_user ON invitation_link_uses (user_id);

-- When the email address was verified.
ALTER TABLE users ADD COLUMN email_verified_at timestamptz;

-- Whether the link was only sent to the email address.
ALTER TABLE password_resets ADD COLUMN mailed boolean NOT NULL DEFAULT false;

-- When a row became dead, and the last error.
ALTER TABLE outbox ADD COLUMN failed_at timestamptz;
ALTER TABLE outbox ADD COLUMN last_error varchar;
CREATE INDEX ix_outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL;

-- The first workspace of an organization.
CREATE UNIQUE INDEX uq_workspaces_one_default ON workspaces (organization_id) WHERE type = 'default';

CREATE INDEX ix_projects_workspace ON projects (workspace_id, organization_id);

-- To find email jobs among many undelivered events.
CREATE INDEX ix_outbox_email_jobs ON outbox (available_at)
    WHERE topic = 'email' AND done_at IS NULL AND failed_at IS NULL;
CREATE INDEX ix_outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;

-- Identifies the state of an item's data; null until it is changed for the first time.
ALTER TABLE resources ADD COLUMN revision_id uuid;
