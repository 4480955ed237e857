-- An organization with 10,000 members, and a user in 2,000 organizations.
-- `{n}` has a row for each of the members, `{m}` one for each of the organizations,
-- `{id:x:n}` is an id made from a prefix and a column, `{random}` a random id, `{at}`
-- a time that grows with `n`. Two users have signed up before: host@bench.example
-- owns the large organization, guest@bench.example joins all others.

INSERT INTO users (id, uid, username, email, created_at)
    SELECT {id:u:n}, 'crowd' || n, 'crowd' || n, 'crowd' || n || '@bench.example', {at} FROM {n};

-- The large organization: four more projects, and every member in all five.
INSERT INTO projects (id, project_name, is_default, organization_id, workspace_id, created_at)
    SELECT {id:x:n}, 'Project ' || n, false, w.organization_id, w.id, {at}
      FROM {n} CROSS JOIN workspaces w JOIN organizations o ON o.id = w.organization_id
     WHERE n < 4 AND o.owner_id = (SELECT id FROM users WHERE email = 'host@bench.example');
INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
    SELECT {id:y:n}, o.owner_id, p.id, p.workspace_id, 'owner', {at}
      FROM {n} JOIN projects p ON p.id = {id:x:n} JOIN organizations o ON o.id = p.organization_id
     WHERE n < 4;
INSERT INTO organization_members (id, user_id, organization_id, role, created_at)
    SELECT {id:a:n}, {id:u:n}, o.id, 'viewer', {at} FROM {n} CROSS JOIN organizations o
     WHERE n > 0 AND o.owner_id = (SELECT id FROM users WHERE email = 'host@bench.example');
INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role, created_at)
    SELECT {id:b:n}, {id:u:n}, w.id, w.organization_id, 'editor', {at}
      FROM {n} CROSS JOIN workspaces w JOIN organizations o ON o.id = w.organization_id
     WHERE n > 0 AND o.owner_id = (SELECT id FROM users WHERE email = 'host@bench.example');
INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
    SELECT {random}, m.user_id, p.id, p.workspace_id, m.role, m.created_at
      FROM workspace_members m JOIN projects p ON p.workspace_id = m.workspace_id
     WHERE m.role = 'editor';

-- 2,000 organizations, each with another owner.
INSERT INTO organizations (id, name, flags, owner_id, created_at)
    SELECT {id:o:n}, 'Organization ' || n, '{"is_demo": false}', {id:u:n}, {at} FROM {m};
INSERT INTO workspaces (id, name, type, description, organization_id, created_at)
    SELECT {id:w:n}, 'Default', 'default', '', {id:o:n}, {at} FROM {m};
INSERT INTO projects (id, project_name, is_default, organization_id, workspace_id, created_at)
    SELECT {id:p:n}, 'Default', true, {id:o:n}, {id:w:n}, {at} FROM {m};
INSERT INTO organization_members (id, user_id, organization_id, role, created_at)
    SELECT {id:c:n}, {id:u:n}, {id:o:n}, 'owner', {at} FROM {m};
INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role, created_at)
    SELECT {id:d:n}, {id:u:n}, {id:w:n}, {id:o:n}, 'owner', {at} FROM {m};
INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
    SELECT {id:e:n}, {id:u:n}, {id:p:n}, {id:w:n}, 'owner', {at} FROM {m};
INSERT INTO organization_members (id, user_id, organization_id, role, created_at)
    SELECT {id:f:n}, g.id, {id:o:n}, 'viewer', {at} FROM {m} CROSS JOIN users g WHERE g.email = 'guest@bench.example';
INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role, created_at)
    SELECT {id:g:n}, g.id, {id:w:n}, {id:o:n}, 'editor', {at} FROM {m} CROSS JOIN users g WHERE g.email = 'guest@bench.example';
INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
    SELECT {id:h:n}, g.id, {id:p:n}, {id:w:n}, 'editor', {at} FROM {m} CROSS JOIN users g WHERE g.email = 'guest@bench.example';

ANALYZE;
