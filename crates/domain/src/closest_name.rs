//! Suggestions for misspelled names.

/// Returns the name among `known` that is most similar to `misspelled`, if any is
/// similar enough.
#[must_use]
pub fn closest_name<N: AsRef<str> + Ord>(
    misspelled: &str,
    known: impl IntoIterator<Item = N>,
) -> Option<N> {
    known
        .into_iter()
        .filter_map(|name| {
            let text = name.as_ref();
            let limit = 2.max(text.len() / 4);
            // Not closer than the difference of the lengths: a long text costs nothing.
            if text.len().abs_diff(misspelled.len()) > limit {
                return None;
            }
            let distance = strsim::levenshtein(misspelled, text);
            (distance <= limit).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closest_name_is_similar_enough() {
        let known = ["view_testsets", "edit_testsets", "run_service"];
        for (misspelled, expected) in [
            ("view_testset", Some("view_testsets")),
            ("vew_testsets", Some("view_testsets")),
            ("edit-testsets", Some("edit_testsets")),
            ("fly", None),
            ("", None),
        ] {
            assert_eq!(closest_name(misspelled, known), expected, "{misspelled}");
        }
        assert_eq!(closest_name(&"x".repeat(1 << 20), known), None);
    }
}
