//! The rules that the schema enforces, by name.
//!
//! The engines report a violation differently: PostgreSQL by the name of the
//! constraint, SQLite by the columns of the index. Both become one [`Rule`]. A
//! violated foreign key is [`Rule::ForeignKey`] on both, because SQLite does not
//! report which one it was.

/// A rule that the schema enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// One user per normalized email address.
    UserEmail,
    /// One user per identifier at the authentication provider.
    UserUid,
    /// One user per login method and subject.
    Identity,
    /// One organization per slug.
    OrganizationSlug,
    /// At most one `owner` membership in an organization.
    OneOwner,
    /// One membership per user in an organization.
    OrganizationMember,
    /// One membership per user in a workspace.
    WorkspaceMember,
    /// One membership per user in a project.
    ProjectMember,
    /// At most one default project in a workspace.
    OneDefaultProject,
    /// One API key per prefix.
    ApiKeyPrefix,
    /// One idempotency record per caller and idempotency key.
    IdempotencyKey,
    /// One content item per project, kind and slug.
    ResourceSlug,
    /// At most one workspace of the type `default` in an organization.
    OneDefaultWorkspace,
    /// At most one open invitation per workspace and email address.
    OneOpenInvitation,
    /// No more uses of an invitation link than it allows.
    InvitationLinkUses,
    /// One use of an invitation link per user, also after the membership ended.
    InvitationLinkUser,
    /// One operator key per prefix.
    OperatorKeyPrefix,
    /// One operator key per name among those that are not revoked.
    OperatorKeyName,
    /// One import per digest of its rows.
    ImportDigest,
    /// A referenced row does not exist, or a row that is still referenced would
    /// be deleted.
    ForeignKey,
    /// A `CHECK`, a `NOT NULL`, or a uniqueness that has no name above.
    Other,
}

/// Constraint on PostgreSQL, columns on SQLite, and the rule.
pub(crate) const RULES: &[(&str, &str, Rule)] = &[
    ("users_email_key", "users.email", Rule::UserEmail),
    ("ix_users_uid", "users.uid", Rule::UserUid),
    (
        "uq_user_identities_method_subject",
        "user_identities.method, user_identities.subject",
        Rule::Identity,
    ),
    (
        "uq_organizations_slug",
        "organizations.slug",
        Rule::OrganizationSlug,
    ),
    (
        "uq_organization_members_one_owner",
        "organization_members.organization_id",
        Rule::OneOwner,
    ),
    (
        "uq_organization_members_organization_user",
        "organization_members.organization_id, organization_members.user_id",
        Rule::OrganizationMember,
    ),
    // The same rule with the role, for the foreign key of the owner: a second
    // membership violates both, and SQLite may report this one.
    (
        "uq_organization_members_role",
        "organization_members.organization_id, organization_members.user_id, organization_members.role",
        Rule::OrganizationMember,
    ),
    (
        "uq_workspace_members_workspace_user",
        "workspace_members.workspace_id, workspace_members.user_id",
        Rule::WorkspaceMember,
    ),
    (
        "uq_project_members_project_user",
        "project_members.project_id, project_members.user_id",
        Rule::ProjectMember,
    ),
    (
        "uq_projects_one_default",
        "projects.workspace_id",
        Rule::OneDefaultProject,
    ),
    ("uq_api_keys_prefix", "api_keys.prefix", Rule::ApiKeyPrefix),
    (
        "idempotency_records_pkey",
        "idempotency_records.id",
        Rule::IdempotencyKey,
    ),
    (
        "uq_resources_project_kind_slug",
        "resources.project_id, resources.kind, resources.slug",
        Rule::ResourceSlug,
    ),
    (
        "uq_workspaces_one_default",
        "workspaces.organization_id",
        Rule::OneDefaultWorkspace,
    ),
    (
        "uq_project_invitations_one_open",
        "project_invitations.workspace_id, project_invitations.email",
        Rule::OneOpenInvitation,
    ),
    // A check constraint: SQLite reports its name, too.
    (
        "invitation_links_uses",
        "invitation_links_uses",
        Rule::InvitationLinkUses,
    ),
    (
        "invitation_link_uses_pkey",
        "invitation_link_uses.link_id, invitation_link_uses.user_id",
        Rule::InvitationLinkUser,
    ),
    (
        "uq_operator_keys_prefix",
        "operator_keys.prefix",
        Rule::OperatorKeyPrefix,
    ),
    (
        "uq_operator_keys_name",
        "operator_keys.name",
        Rule::OperatorKeyName,
    ),
    ("uq_imports_digest", "imports.digest", Rule::ImportDigest),
];

impl Rule {
    pub(super) fn by_constraint(name: Option<&str>) -> Rule {
        RULES
            .iter()
            .find(|(constraint, ..)| Some(*constraint) == name)
            .map_or(Rule::Other, |(_, _, rule)| *rule)
    }

    /// Reads the columns from `UNIQUE constraint failed: users.email`.
    pub(super) fn by_columns(message: &str) -> Rule {
        let columns = message
            .rsplit_once("failed: ")
            .map_or("", |(_, columns)| columns);
        RULES
            .iter()
            .find(|(_, listed, _)| *listed == columns)
            .map_or(Rule::Other, |(_, _, rule)| *rule)
    }
}
