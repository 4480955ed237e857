//! Names in emails: one line of bounded length, without characters that hide or
//! reorder others, and without anything that mail programs turn into links. Not
//! here: escaping, which the templates do.

/// The maximum length of a name in an email.
const MAX_NAME_CHARACTERS: usize = 100;

/// Returns a name that a user chose, as one [`sanitize_line`]. Mail programs turn
/// text that looks like a URL into a link: so a space is added after every dot
/// that could be inside a domain, and `://` is replaced by a space. A name that is
/// an email address is unchanged (many usernames are) and may become a `mailto:`
/// link. Numbers with dots are unchanged; most are versions.
pub(crate) fn sanitize_name(text: &str) -> String {
    let line = sanitize_line(text);
    let broken = if is_address(&line) {
        line
    } else {
        break_domains(&line)
    };
    if broken.chars().count() <= MAX_NAME_CHARACTERS {
        return broken;
    }
    broken
        .chars()
        .take(MAX_NAME_CHARACTERS - 1)
        .chain(['…'])
        .collect()
}

/// Returns the text as one line, without invisible characters, scheme separators
/// and encoded words. This is enough for the product name, which the operator
/// chose.
pub(crate) fn sanitize_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // `=?` would start an encoded word in a header.
    let visible = visible.replace("://", " ").replace("=?", "= ?");
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ")
}

/// Adds a space after each dot that could separate the labels of a domain. Before
/// a digit, that is only a dot after `www`, which mail programs link whatever
/// follows.
fn break_domains(line: &str) -> String {
    let mut broken = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        broken.push(c);
        let Some(next) = rest.peek().filter(|_| is_dot(c)) else {
            continue;
        };
        let label = !next.is_ascii_digit() && !next.is_ascii_punctuation();
        let www = broken.strip_suffix(c).is_some_and(ends_in_www);
        if !next.is_whitespace() && (label || www) {
            broken.push(' ');
        }
    }
    broken
}

/// Whether the character separates labels of a domain; East Asian full stops do.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

fn ends_in_www(text: &str) -> bool {
    let mut last = text.chars().rev();
    (0..3).all(|_| last.next().is_some_and(|c| c.eq_ignore_ascii_case(&'w')))
}

/// Whether the text can only be read as an email address.
fn is_address(text: &str) -> bool {
    let consists_of = |part: &str, others: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || others.contains(c))
    };
    text.split_once('@').is_some_and(|(local, domain)| {
        let www = local
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("www."));
        consists_of(local, "._+-") && !www && consists_of(domain, ".-")
    })
}

/// Whether the character is invisible or reorders others. Joiners are kept: scripts
/// and emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_turned_into_links() {
        for (chosen, sanitized) in [
            ("evil.example/login", "evil. example/login"),
            ("www.evil.example", "www. evil. example"),
            ("WWW.1and1", "WWW. 1and1"),
            (
                "go to a1.b2.evil.example:80!",
                "go to a1. b2. evil. example:80!",
            ),
            ("HTTPS://Evil.Example", "HTTPS Evil. Example"),
            ("evil.\u{200b}example", "evil. example"),
            ("evil.\u{200d}example", "evil. \u{200d}example"),
            (
                "evil。example．test｡example",
                "evil。 example． test｡ example",
            ),
            ("пример.рф", "пример. рф"),
            ("see a@evil.example", "see a@evil. example"),
            ("evil.example/x@a.test", "evil. example/x@a. test"),
            ("www.evil@a.test", "www. evil@a. test"),
            // Text that is not a domain is unchanged.
            (
                "Acme Inc., v2.0 (Dr. Who) ...",
                "Acme Inc., v2.0 (Dr. Who) ...",
            ),
            ("Acme. www.", "Acme. www."),
            ("www. evil", "www. evil"),
            ("ada.l+1@mail.acme.test", "ada.l+1@mail.acme.test"),
        ] {
            assert_eq!(sanitize_name(chosen), sanitized);
            assert_eq!(sanitize_name(sanitized), sanitized, "idempotent");
        }
        // Added spaces do not exceed the maximum length.
        assert_eq!(
            sanitize_name(&"a.".repeat(200)).chars().count(),
            MAX_NAME_CHARACTERS
        );
    }
}
