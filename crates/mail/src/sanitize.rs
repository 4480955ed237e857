//! How names are shown in letters: one line of bounded length, without characters
//! that hide or reorder others, and without what reading programs would make a
//! link to the web. Escaping is the templates'.

/// How long a name may be in a letter.
const MAX_NAME_CHARACTERS: usize = 100;

/// What somebody chose to be called, as one [`sanitize_line`]. Reading programs make
/// links of what looks like a place on the web, and names are no place for
/// those: every dot that could stand inside a domain gets a space behind it, and
/// `://` becomes one. A name that is nothing but an e-mail address stays whole
/// (many accounts are called by theirs) and may be made a link for writing to
/// it. So may be numbers with dots, which are more often versions.
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

/// One line without what hides, scheme separators and encoded words. The
/// operator's own name for the product needs no more than this.
pub(crate) fn sanitize_line(text: &str) -> String {
    let seen: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    // Nor is it taken for an encoded word where headers are read.
    let seen = seen.replace("://", " ").replace("=?", "= ?");
    let words: Vec<&str> = seen.split_whitespace().collect();
    words.join(" ")
}

/// With a space behind each dot that could part the labels of a domain. Digits
/// part only what begins with `www.`, which programs take for a place whatever
/// follows.
fn break_domains(line: &str) -> String {
    let mut break_domains = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        break_domains.push(c);
        let Some(next) = rest.peek().filter(|_| is_dot(c)) else {
            continue;
        };
        let label = !next.is_ascii_digit() && !next.is_ascii_punctuation();
        let www = break_domains.strip_suffix(c).is_some_and(ends_in_www);
        if !next.is_whitespace() && (label || www) {
            break_domains.push(' ');
        }
    }
    break_domains
}

/// The full stops that parts of a domain are written with, also in East Asia.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

fn ends_in_www(text: &str) -> bool {
    let mut last = text.chars().rev();
    (0..3).all(|_| last.next().is_some_and(|c| c.eq_ignore_ascii_case(&'w')))
}

/// Whether this is an e-mail address that nobody takes for anything else.
fn is_address(text: &str) -> bool {
    let of = |part: &str, others: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || others.contains(c))
    };
    text.split_once('@').is_some_and(|(local, domain)| {
        let www = local
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("www."));
        of(local, "._+-") && !www && of(domain, ".-")
    })
}

/// Characters that are not seen, and reorder those that are. The joiners stay:
/// scripts and emoji need them.
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
        for (chosen, seen) in [
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
            // What is no domain stays as it is.
            (
                "Acme Inc., v2.0 (Dr. Who) ...",
                "Acme Inc., v2.0 (Dr. Who) ...",
            ),
            ("Acme. www.", "Acme. www."),
            ("www. evil", "www. evil"),
            ("ada.l+1@mail.acme.test", "ada.l+1@mail.acme.test"),
        ] {
            assert_eq!(sanitize_name(chosen), seen);
            assert_eq!(sanitize_name(seen), seen, "once is enough");
        }
        // Breaking what is long does not make it longer than it may be.
        assert_eq!(
            sanitize_name(&"a.".repeat(200)).chars().count(),
            MAX_NAME_CHARACTERS
        );
    }
}
