-- SQLite: operators and their actions. The file of the same name is for the other engine; never
-- edit either once released.

-- Operator keys. `scopes` is a JSON list. Only one key with a name is not revoked; audit events
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

-- The name of the operator, and the reason that they gave.
ALTER TABLE audit_events ADD COLUMN actor_name TEXT;
ALTER TABLE audit_events ADD COLUMN reason TEXT;
CREATE INDEX ix_audit_events_actor ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX ix_audit_events_operator ON audit_events (actor_name, id) WHERE actor_name IS NOT NULL;
CREATE INDEX ix_audit_events_target ON audit_events (target_id, id) WHERE target_id IS NOT NULL;
-- To find a refusal by its request's id; few events are refusals, so these indexes are small.
CREATE INDEX ix_audit_events_refused ON audit_events (id) WHERE refused IS NOT NULL;
CREATE INDEX ix_audit_events_refused_request ON audit_events (request_id, id) WHERE refused IS NOT NULL;

-- When an operator removed a login method: from then on signing up with the email address does
-- not claim the account.
ALTER TABLE users ADD COLUMN login_removed_at INTEGER;

-- The name that an operator gave a key.
ALTER TABLE api_keys ADD COLUMN name TEXT;

-- For searches by prefix, which compare bytes on both engines.
CREATE INDEX ix_organizations_name ON organizations (lower(name), id);
