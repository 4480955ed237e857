//! A change of one field in a partial update.

/// A field that may be left out, cleared, or given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldChange<T> {
    /// As it is.
    #[default]
    Keep,
    /// Nothing from now on.
    Clear,
    /// This from now on.
    Set(T),
}
