//! A role catalogue from an operator's configuration: roles of their own, and
//! changes to those that exist (`roles-and-permissions.md` §3).

/// Why a configured catalogue is refused: which variable, where in it, and
/// what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotARoleCatalog(pub(super) String);
