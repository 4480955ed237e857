//! The text of an error of a job, as it is stored.

/// The longest error text that is stored, in characters.
const MAX_LENGTH: usize = 300;

/// The text of an error for storing: one line, limited in length, and without
/// links, which can contain tokens.
pub(crate) fn sanitize_error(error: &str) -> String {
    let words = error.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        if word.contains("://") || word.contains("token=") {
            "(link)"
        } else {
            word
        }
    });
    let line: Vec<&str> = words.collect();
    line.join(" ").chars().take(MAX_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_text_is_one_line_without_links() {
        assert_eq!(
            sanitize_error(
                "550\r\n5.7.1  blocked: <https://web.test/auth?token=secret>,\u{7} sorry"
            ),
            "550 5.7.1 blocked: (link) sorry"
        );
        assert_eq!(sanitize_error("auth?token=secret"), "(link)");
        assert_eq!(
            sanitize_error(&"ä".repeat(1000)).chars().count(),
            MAX_LENGTH
        );
    }
}
