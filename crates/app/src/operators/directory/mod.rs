//! What operators look up. The server's own command line uses [`lookup`]; over
//! the network, [`search`] finds accounts, [`accounts`] shows one in detail,
//! and [`outbox`] shows undelivered events.

mod details;
mod lookup;
mod outbox;
mod references;
mod search;

pub use details::{AccountDetails, OrganizationContents};
pub use lookup::{OrganizationOverview, OrganizationPage, UserDetails};
pub use outbox::OutboxDetails;
pub use references::{OrganizationReference, TargetReference, UserReference};
pub use search::{OrganizationQuery, SearchPage, UserQuery};

/// The largest number of memberships listed with a user or an organization.
pub const MAX_LISTED: i64 = 500;
