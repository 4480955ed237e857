//! The change of one field in a partial update.

/// A field of an update, which may be absent, null or set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldChange<T> {
    /// Absent: the value stays.
    #[default]
    Keep,
    /// Null: the value is removed.
    Clear,
    /// The new value.
    Set(T),
}
