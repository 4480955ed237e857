//! The kinds of things that somebody can name, in words.
//!
//! Not here: the things, and what a name has to look like.

/// What an operator can name, in the words of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// A person.
    User,
    /// An organization.
    Organization,
    /// A workspace.
    Workspace,
    /// A project.
    Project,
    /// A membership of whichever level.
    Membership,
    /// An API key.
    ApiKey,
    /// A named operator.
    Operator,
    /// An invitation to a workspace.
    Invitation,
}

impl EntityKind {
    /// At the beginning of a sentence.
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
