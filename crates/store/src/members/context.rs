//! Member contexts: the roles of users in one workspace, read inside the
//! transaction that is about to change a membership.
//!
//! Not here: what the roles allow (`freehold-app`).

use freehold_domain::{Id, NO_ROLE, Organization, Project, User, Workspace};
use uuid::Uuid;

use crate::accounts::users::UserRecord;
use crate::engine::row::{FromRow, take};
use crate::engine::sql_text::Column;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Store, Tx};

/// A user's roles in a workspace, as stored; none where there is no
/// membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberContext {
    /// The user.
    pub user: UserRecord,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// Its organization.
    pub organization: Id<Organization>,
    /// The owner of the organization.
    pub owner: Id<User>,
    /// The workspace's default project, if it has one.
    pub project: Option<Id<Project>>,
    /// The role in the organization; none also where the row is only there for one below it.
    pub organization_role: Option<String>,
    /// The role in the workspace; none also where the row is only there for one below it.
    pub workspace_role: Option<String>,
    /// Whether the user has a row in the workspace: they are a member of it, or of one of its
    /// projects.
    pub is_in_workspace: bool,
    /// The role in the default project.
    pub project_role: Option<String>,
}

/// Read for a user `u`, a workspace `w`, its organization `o` and its default project `p`. Each role
/// is a subquery: with joins, PostgreSQL reads all members of the organization.
impl FromRow for MemberContext {
    const COLUMNS: &'static [Column] = &[
        Column::Row(UserRecord::COLUMNS),
        Column::Text("w.id"),
        Column::Text("w.organization_id"),
        Column::Text("o.owner_id"),
        Column::Text("p.id"),
        Column::Text(
            "(SELECT nullif(om.role, 'none') FROM organization_members om
               WHERE om.organization_id = o.id AND om.user_id = u.id)",
        ),
        Column::Text(
            "(SELECT wm.role FROM workspace_members wm
               WHERE wm.workspace_id = w.id AND wm.organization_id = o.id AND wm.user_id = u.id)",
        ),
        Column::Text(
            "(SELECT pm.role FROM project_members pm
               WHERE pm.project_id = p.id AND pm.user_id = u.id)",
        ),
    ];
    const WIDTH: usize = UserRecord::WIDTH + 7;

    fn read_at(row: &Row<'_>, first: usize) -> Result<Self> {
        let mut next = first;
        Ok(Self {
            user: UserRecord::read_at(row, take(&mut next, UserRecord::WIDTH))?,
            workspace: row.get(take(&mut next, 1))?,
            organization: row.get(take(&mut next, 1))?,
            owner: row.get(take(&mut next, 1))?,
            project: row.get(take(&mut next, 1))?,
            organization_role: row.get(take(&mut next, 1))?,
            // One column for two fields: a row without a role is still a row.
            is_in_workspace: !row.is_null(next)?,
            workspace_role: row
                .get::<Option<String>>(take(&mut next, 1))?
                .filter(|role| role != NO_ROLE),
            project_role: row.get(take(&mut next, 1))?,
        })
    }
}

impl MemberContext {
    /// Whether the user is a member of the organization or of the workspace, not only of
    /// projects.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.organization_role.is_some() || self.workspace_role.is_some()
    }
}

/// The user that a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// No user.
    None,
    /// The user with this id.
    User(Id<User>),
    /// The user with this normalized email address.
    Email(&'a str),
}

statements! {
    rows MemberContext;

    MEMBER_CONTEXTS = "
        SELECT {MemberContext}
          FROM workspaces w
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
          JOIN users u ON u.id IN ($2, $3) OR u.email = $4
         WHERE w.id = $1";
    MEMBER_CONTEXTS_IN = "
        SELECT {MemberContext}
          FROM workspaces w
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
          JOIN users u ON u.id = $2
         WHERE w.organization_id = $1
         ORDER BY CASE WHEN p.id IS NULL THEN 1 ELSE 0 END,
                  CASE WHEN w.type = 'default' THEN 0 ELSE 1 END, w.created_at, w.id";
}

impl Store {
    /// As [`Tx::member_contexts_in`], outside of a transaction.
    pub async fn member_contexts_in(
        &self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<Vec<MemberContext>> {
        self.read(
            &MEMBER_CONTEXTS_IN,
            values![organization, user],
            MemberContext::read,
        )
        .await
    }
}

impl Tx {
    /// Returns a user's roles in each workspace of an organization, the default
    /// workspace first. Also for a user who is in none of them.
    pub async fn member_contexts_in(
        &mut self,
        organization: Id<Organization>,
        user: Id<User>,
    ) -> Result<Vec<MemberContext>> {
        self.read(
            &MEMBER_CONTEXTS_IN,
            values![organization, user],
            MemberContext::read,
        )
        .await
    }

    /// Returns the roles of a user and of a target in a workspace. Both are
    /// `None` if the workspace does not exist.
    pub async fn member_contexts(
        &mut self,
        workspace: Id<Workspace>,
        user: Id<User>,
        target: Target<'_>,
    ) -> Result<(Option<MemberContext>, Option<MemberContext>)> {
        let (id, email): (Option<Uuid>, Option<String>) = match target {
            Target::None => (None, None),
            Target::User(id) => (Some(id.uuid()), None),
            Target::Email(email) => (None, Some(email.to_owned())),
        };
        let values = values![workspace, user, id, email];
        let contexts = self
            .read(&MEMBER_CONTEXTS, values, MemberContext::read)
            .await?;
        let own = contexts
            .iter()
            .find(|context| context.user.id == user)
            .cloned();
        let other = contexts.into_iter().find(|context| match target {
            Target::None => false,
            Target::User(id) => context.user.id == id,
            Target::Email(email) => context.user.email == email,
        });
        Ok((own, other))
    }
}
