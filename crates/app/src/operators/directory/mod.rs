//! What operators look up: on the server's own command line in [`lookup`]; over
//! the network, searching in [`search`], everything about one account in
//! [`accounts`], the outbox in [`outbox`].

mod accounts;
mod lookup;
mod outbox;
mod references;
mod search;

pub use accounts::{AccountDetails, OrganizationContents};
pub use lookup::{OrganizationOverview, OrganizationPage, UserDetails};
pub use outbox::OutboxDetails;
pub use references::{OrganizationReference, TargetReference, UserReference};
pub use search::{OrganizationQuery, SearchPage, UserQuery};

/// How many memberships are shown with a person or an organization.
pub const MAX_LISTED: i64 = 500;
