-- The eight tables that a new organization writes to, and `users`, with the keys
-- and indexes that determine the cost of the inserts. Only for the raw limit.
CREATE TABLE users (id BLOB PRIMARY KEY, email TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE organizations (
  id BLOB PRIMARY KEY, slug TEXT UNIQUE, name TEXT, description TEXT, flags TEXT NOT NULL,
  owner_id BLOB NOT NULL REFERENCES users (id), created_at INTEGER NOT NULL, created_by_id BLOB) STRICT;
CREATE INDEX organizations_owner ON organizations (owner_id);
CREATE TABLE organization_members (
  id BLOB PRIMARY KEY, organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE, role TEXT NOT NULL, created_at INTEGER NOT NULL,
  UNIQUE (organization_id, user_id)) STRICT;
CREATE INDEX organization_members_user ON organization_members (user_id);
CREATE UNIQUE INDEX organization_members_owner ON organization_members (organization_id) WHERE role = 'owner';
CREATE TABLE workspaces (
  id BLOB PRIMARY KEY, organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  name TEXT, description TEXT, type TEXT, created_at INTEGER NOT NULL) STRICT;
CREATE INDEX workspaces_organization ON workspaces (organization_id);
CREATE TABLE workspace_members (
  id BLOB PRIMARY KEY, workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE, role TEXT NOT NULL, created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, user_id)) STRICT;
CREATE INDEX workspace_members_user ON workspace_members (user_id);
CREATE TABLE projects (
  id BLOB PRIMARY KEY, organization_id BLOB NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
  workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  project_name TEXT NOT NULL, is_default INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE INDEX projects_organization ON projects (organization_id);
CREATE UNIQUE INDEX projects_default ON projects (workspace_id) WHERE is_default = 1;
CREATE TABLE project_members (
  id BLOB PRIMARY KEY, project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE, role TEXT NOT NULL, created_at INTEGER NOT NULL,
  UNIQUE (project_id, user_id)) STRICT;
CREATE INDEX project_members_user ON project_members (user_id);
CREATE TABLE audit_events (
  id BLOB PRIMARY KEY, organization_id BLOB, actor_id BLOB, event TEXT NOT NULL, details TEXT NOT NULL,
  created_at INTEGER NOT NULL) STRICT;
CREATE INDEX audit_events_organization ON audit_events (organization_id, id);
CREATE TABLE outbox (
  id BLOB PRIMARY KEY, topic TEXT NOT NULL, payload TEXT NOT NULL, due_at INTEGER NOT NULL, sent_at INTEGER) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL;
