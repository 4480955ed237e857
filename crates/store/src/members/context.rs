//! Member contexts: the roles of users in one workspace, read inside the
//! transaction that is about to change a membership.
//!
//! Not here: what the roles allow (`freehold-app`).

use freehold_domain::{Id, NO_ROLE, Organization, Project, User, Workspace};
use uuid::Uuid;

use crate::accounts::users::{USER_WIDTH, UserRecord, read_user, user_columns};
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

/// The columns of a member context, of a user `u` and a workspace `w` with
/// `workspace_joins!`. Each role is a subquery: with joins, PostgreSQL reads all
/// members of the organization.
macro_rules! member_context_columns {
    () => {
        concat!(
            user_columns!(),
            ", w.id, w.organization_id, o.owner_id, p.id,
            (SELECT nullif(om.role, 'none') FROM organization_members om
              WHERE om.organization_id = o.id AND om.user_id = u.id),
            (SELECT wm.role FROM workspace_members wm
              WHERE wm.workspace_id = w.id AND wm.organization_id = o.id AND wm.user_id = u.id),
            (SELECT pm.role FROM project_members pm
              WHERE pm.project_id = p.id AND pm.user_id = u.id)"
        )
    };
}

/// How many columns `member_context_columns!` has.
pub(crate) const MEMBER_CONTEXT_WIDTH: usize = USER_WIDTH + 7;

/// Joins a workspace `w` with its organization and its default project.
macro_rules! workspace_joins {
    () => {
        "
       JOIN organizations o ON o.id = w.organization_id
       LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default"
    };
}

pub(crate) use {member_context_columns, workspace_joins};

fn read_member_context(row: &Row<'_>) -> Result<MemberContext> {
    read_member_context_at(row, 0)
}

/// Reads the columns of `member_context_columns!`, of which the first is at `first`.
pub(crate) fn read_member_context_at(row: &Row<'_>, first: usize) -> Result<MemberContext> {
    let next = first + USER_WIDTH;
    let workspace_role: Option<String> = row.get(next + 5)?;
    Ok(MemberContext {
        user: read_user(row, first)?,
        workspace: row.get(next)?,
        organization: row.get(next + 1)?,
        owner: row.get(next + 2)?,
        project: row.get(next + 3)?,
        organization_role: row.get(next + 4)?,
        is_in_workspace: workspace_role.is_some(),
        workspace_role: workspace_role.filter(|role| role != NO_ROLE),
        project_role: row.get(next + 6)?,
    })
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
    MEMBER_CONTEXTS = concat!("SELECT ", member_context_columns!(), " FROM workspaces w", workspace_joins!(), "
       JOIN users u ON u.id IN ($2, $3) OR u.email = $4
      WHERE w.id = $1");
    MEMBER_CONTEXTS_IN = concat!("SELECT ", member_context_columns!(), " FROM workspaces w", workspace_joins!(), "
       JOIN users u ON u.id = $2
      WHERE w.organization_id = $1
      ORDER BY CASE WHEN p.id IS NULL THEN 1 ELSE 0 END,
               CASE WHEN w.type = 'default' THEN 0 ELSE 1 END, w.created_at, w.id");
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
            read_member_context,
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
            read_member_context,
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
            .read(&MEMBER_CONTEXTS, values, read_member_context)
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
