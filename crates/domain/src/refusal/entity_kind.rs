//! The kinds of objects in messages about operators' requests.

/// The kind of an object that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// A user.
    User,
    /// An organization.
    Organization,
    /// A workspace.
    Workspace,
    /// A project.
    Project,
    /// A membership of any level.
    Membership,
    /// An API key.
    ApiKey,
    /// A named operator.
    Operator,
    /// An invitation to a workspace.
    Invitation,
}

impl EntityKind {
    /// The name of the kind, with a capital, as messages begin with it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Organization => "Organization",
            Self::Workspace => "Workspace",
            Self::Project => "Project",
            Self::Membership => "Membership",
            Self::ApiKey => "API key",
            Self::Operator => "Operator",
            Self::Invitation => "Invitation",
        }
    }
}

impl std::fmt::Display for EntityKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
