-- The eight tables that a new organization writes to, and `users`, with the keys
-- and indexes that determine the cost of the inserts. Only for the raw limit.
DROP SCHEMA IF EXISTS raw CASCADE;
CREATE SCHEMA raw;
SET search_path = raw;
CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL UNIQUE);
INSERT INTO users (id, email)
  SELECT (to_hex(1152921504606846976 + i) || to_hex(1152921504606846976))::uuid, 'user' || i || '@bench.example'
  FROM generate_series(0, 63) AS i;
CREATE TABLE organizations (
  id uuid PRIMARY KEY, slug text UNIQUE, name text, description text, flags jsonb NOT NULL,
  owner_id uuid NOT NULL REFERENCES users (id), created_at timestamptz NOT NULL, created_by_id uuid);
CREATE INDEX organizations_owner ON organizations (owner_id);
CREATE TABLE organization_members (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE, role text NOT NULL, created_at timestamptz NOT NULL,
  UNIQUE (organization_id, user_id));
CREATE INDEX organization_members_user ON organization_members (user_id);
CREATE UNIQUE INDEX organization_members_owner ON organization_members (organization_id) WHERE role = 'owner';
CREATE TABLE workspaces (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  name text, description text, type text, created_at timestamptz NOT NULL);
CREATE INDEX workspaces_organization ON workspaces (organization_id);
CREATE TABLE workspace_members (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE, role text NOT NULL, created_at timestamptz NOT NULL,
  UNIQUE (workspace_id, user_id));
CREATE INDEX workspace_members_user ON workspace_members (user_id);
CREATE TABLE projects (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  project_name text NOT NULL, is_default boolean NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX projects_organization ON projects (organization_id);
CREATE UNIQUE INDEX projects_default ON projects (workspace_id) WHERE is_default;
CREATE TABLE project_members (
  id uuid PRIMARY KEY, project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE, role text NOT NULL, created_at timestamptz NOT NULL,
  UNIQUE (project_id, user_id));
CREATE INDEX project_members_user ON project_members (user_id);
CREATE TABLE audit_events (
  id uuid PRIMARY KEY, organization_id uuid, actor_id uuid, event text NOT NULL, details jsonb NOT NULL,
  created_at timestamptz NOT NULL);
CREATE INDEX audit_events_organization ON audit_events (organization_id, id);
CREATE TABLE outbox (
  id uuid PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL, due_at timestamptz NOT NULL, sent_at timestamptz);
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL;
