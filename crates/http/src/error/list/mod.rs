//! The list of every `code` that an error response can carry: what client programs rely on, with a
//! sentence for the developers who write them. `docs/ERRORS.md` and the reference page are
//! generated from it.
//!
//! One file per subject. [`errors`] returns all of them by status.

mod access;
mod auth;
mod invitations;
mod operators;
mod organizations;
mod requests;

/// An error code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorEntry {
    /// Never changes once released.
    pub(crate) code: &'static str,
    /// The HTTP status of the response.
    pub(crate) status: u16,
    /// When the error occurs: one or two sentences.
    pub(crate) description: &'static str,
}

const fn entry(code: &'static str, status: u16, description: &'static str) -> ErrorEntry {
    ErrorEntry {
        code,
        status,
        description,
    }
}

const SUBJECTS: [&[ErrorEntry]; 6] = [
    requests::ERRORS,
    auth::ERRORS,
    access::ERRORS,
    organizations::ERRORS,
    invitations::ERRORS,
    operators::ERRORS,
];

/// Returns every error by status; errors of one status are grouped by subject.
pub(crate) fn errors() -> Vec<ErrorEntry> {
    let mut errors = SUBJECTS.concat();
    errors.sort_by_key(|entry| entry.status);
    errors
}
