//! The events that extensions hear.

use freehold_domain::{Id, Organization, User};

/// Something that a command does, heard inside its transaction, before the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedEvent {
    /// A user is created.
    UserCreated {
        /// The user.
        user: Id<User>,
    },
    /// A user is deleted. The row is gone already.
    UserDeleted {
        /// The user.
        user: Id<User>,
    },
    /// An organization is created, with its owner's membership.
    OrganizationCreated {
        /// The organization.
        organization: Id<Organization>,
        /// The owner.
        owner: Id<User>,
        /// The plan that an operator asks for.
        plan: Option<String>,
        /// Why it is created.
        cause: CreationCause,
    },
    /// An organization gets another owner.
    OrganizationTransferred {
        /// The organization.
        organization: Id<Organization>,
        /// The owner until now.
        from: Id<User>,
        /// The new owner.
        to: Id<User>,
    },
    /// An organization is deleted, with everything in it.
    OrganizationDeleted {
        /// The organization.
        organization: Id<Organization>,
    },
    /// A user gets a membership in an organization: of the organization itself, of a workspace or
    /// of a project. They may have had another one there.
    MemberAdded {
        /// The organization.
        organization: Id<Organization>,
        /// The user.
        user: Id<User>,
    },
    /// A user loses a membership in an organization. They may still have another one there.
    MemberRemoved {
        /// The organization.
        organization: Id<Organization>,
        /// The user.
        user: Id<User>,
    },
}

/// Why an organization is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreationCause {
    /// Its owner signs up.
    SignUp,
    /// A user asks for it.
    User,
    /// An operator creates it.
    Operator,
}
