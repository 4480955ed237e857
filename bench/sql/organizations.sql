-- Organizations as they are after their creation, each with an owner who signed up,
-- one workspace, one project and an API key. `{n}` has a row for each of them,
-- `{id:xx}` is an id that grows with `n`, as those of the server do; `xx` are two
-- hexadecimal digits that tell tables apart. `{at}` is a time that grows with `n`, and
-- `{key}` a prefix of eight digits, in no order.

INSERT INTO users (id, uid, username, email, created_at)
    SELECT {id:01}, 'grown' || n, 'grown' || n, {email}, {at} FROM {n};
INSERT INTO user_identities (id, user_id, method, subject, domain, created_at)
    SELECT {id:02}, {id:01}, 'email:password', {email}, 'bench.example', {at} FROM {n};
INSERT INTO organizations (id, name, description, flags, owner_id, created_at, created_by_id)
    SELECT {id:03}, {name}, '', '{"is_demo": false}', {id:01}, {at}, {id:01} FROM {n};
INSERT INTO organization_members (id, user_id, organization_id, role, created_at)
    SELECT {id:04}, {id:01}, {id:03}, 'owner', {at} FROM {n};
INSERT INTO workspaces (id, name, type, description, organization_id, created_at)
    SELECT {id:05}, 'Default', 'default', '', {id:03}, {at} FROM {n};
INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role, created_at)
    SELECT {id:06}, {id:01}, {id:05}, {id:03}, 'owner', {at} FROM {n};
INSERT INTO projects (id, project_name, is_default, organization_id, workspace_id, created_at)
    SELECT {id:07}, 'Default', true, {id:03}, {id:05}, {at} FROM {n};
INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
    SELECT {id:08}, {id:01}, {id:07}, {id:05}, 'owner', {at} FROM {n};
INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id, created_at)
    SELECT {id:09}, {key}, {key} || '.0000000000000000000000000000000000000000000000000000000000000000',
           {id:07}, {id:01}, {at} FROM {n};
INSERT INTO audit_events (id, at, action, actor_kind, actor_id, organization_id, target_id, details)
    SELECT {id:0a}, {at}, 'user.created', 'user', {id:01}, NULL, {id:01}, '{}' FROM {n};
INSERT INTO audit_events (id, at, action, actor_kind, actor_id, organization_id, target_id, details)
    SELECT {id:0b}, {at}, 'organization.created', 'user', {id:01}, {id:03}, {id:03}, '{}' FROM {n};
