//! Email addresses: normal forms, refusals, and arbitrary texts.

use freehold_domain::{Email, NotAnEmail, Username};
use proptest::prelude::*;

fn normalized(text: &str) -> String {
    Email::parse(text).unwrap().as_str().to_owned()
}

#[test]
fn case_spaces_and_idn_are_normalized() {
    assert_eq!(normalized(" Ada@Example.COM\n"), "ada@example.com");
    assert_eq!(normalized("\u{a0}A.d+a@x.com\u{3000}"), "a.d+a@x.com");
    assert_eq!(normalized("ada@MÜLLER.de"), "ada@xn--mller-kva.de");
    assert_eq!(normalized("ada@xn--mller-kva.de"), "ada@xn--mller-kva.de");
    assert_eq!(normalized("root@localhost"), "root@localhost");
    assert_eq!(normalized("o'neil@x.com"), "o'neil@x.com");
}

#[test]
fn non_ascii_local_parts_keep_their_case() {
    assert_eq!(normalized("ÀDA@x.com"), "Àda@x.com");
}

#[test]
fn composed_and_decomposed_characters_are_the_same_address() {
    let composed = normalized("jos\u{e9}@x.com");
    assert_eq!(composed, "jos\u{e9}@x.com");
    assert_eq!(normalized("jose\u{301}@x.com"), composed);
    assert_eq!(normalized("JOSe\u{301}@X.com"), composed);
    assert_eq!(normalized("E\u{301}@x.com"), normalized("\u{c9}@x.com"));
    // Composed in lowercase only.
    assert_eq!(normalized("J\u{30c}@x.com"), "\u{1f0}@x.com");
    // The Kelvin sign is equivalent to K.
    assert_eq!(normalized("\u{212a}@x.com"), "k@x.com");
}

#[test]
fn invisible_characters_are_refused() {
    for c in [
        '\u{200c}',
        '\u{200d}',
        '\u{fe0f}',
        '\u{ad}',
        '\u{34f}',
        '\u{2062}',
        '\u{3164}',
        '\u{e0100}',
    ] {
        assert_eq!(
            Email::parse(&format!("a{c}b@x.com")),
            Err(NotAnEmail::Character(c)),
            "{c:?}"
        );
    }
    // The Greek question mark is equivalent to a semicolon.
    assert_eq!(
        Email::parse("a\u{37e}@x.com"),
        Err(NotAnEmail::Character(';'))
    );
}

#[test]
fn local_part_and_domain_are_split_at_the_at_sign() {
    let email = Email::parse("Ada@X.com").unwrap();
    assert_eq!((email.local_part(), email.domain()), ("ada", "x.com"));
}

#[test]
fn an_invalid_email_is_refused_with_its_reason() {
    assert_eq!(
        Email::parse("bad").unwrap_err().to_string(),
        "An email address must have an @-sign."
    );
    for (text, error) in [
        ("", NotAnEmail::NoAtSign),
        ("a@b@c", NotAnEmail::SeveralAtSigns),
        ("\"a@b\"@c", NotAnEmail::SeveralAtSigns),
        ("@x.com", NotAnEmail::NoLocalPart),
        ("a@", NotAnEmail::NoDomain),
        ("a b@x.com", NotAnEmail::Character(' ')),
        ("a\0@x.com", NotAnEmail::Character('\0')),
        ("a\u{202e}b@x.com", NotAnEmail::Character('\u{202e}')),
        ("a,b@x.com", NotAnEmail::Character(',')),
        ("Ada <ada@x.com>", NotAnEmail::Character(' ')),
        ("a..b@x.com", NotAnEmail::MisplacedDot),
        (".a@x.com", NotAnEmail::MisplacedDot),
        ("a.@x.com", NotAnEmail::MisplacedDot),
        ("a@x y.com", NotAnEmail::Domain),
        ("a@x..com", NotAnEmail::Domain),
        ("a@.x.com", NotAnEmail::Domain),
        ("a@x.com.", NotAnEmail::Domain),
        ("a@-x.com", NotAnEmail::Domain),
        ("a@x-.com", NotAnEmail::Domain),
        ("a@x_y.com", NotAnEmail::Domain),
        ("a@[127.0.0.1]", NotAnEmail::Domain),
        ("a@x\0.com", NotAnEmail::Domain),
        ("a@\u{ad}", NotAnEmail::Domain),
        ("a@xn--a", NotAnEmail::Domain),
    ] {
        assert_eq!(Email::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn length_limits_match_mail_servers() {
    let label = "d".repeat(60);
    let local = "l".repeat(64);
    // 64 + 1 + 189 bytes: exactly the limit.
    let domain = format!("{label}.{label}.{label}.abcdef");
    let longest = format!("{local}@{domain}");
    assert_eq!(longest.len(), Email::MAX);
    assert_eq!(normalized(&longest), longest);
    assert_eq!(
        Email::parse(&format!("{longest}g")),
        Err(NotAnEmail::TooLong)
    );
    assert_eq!(
        Email::parse(&format!("l{local}@x.com")),
        Err(NotAnEmail::LocalPartTooLong)
    );
    assert_eq!(
        Email::parse(&"@".repeat(1_000_000)),
        Err(NotAnEmail::TooLong)
    );
}

#[test]
fn deserializing_normalizes_and_validates() {
    let email: Email = serde_json::from_str("\" A@X.com\"").unwrap();
    assert_eq!(serde_json::to_string(&email).unwrap(), "\"a@x.com\"");
    let error = serde_json::from_str::<Email>("\"bad\"").unwrap_err();
    assert!(error.to_string().contains("must have an @-sign"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn parsing_any_text_never_panics(text in any::<String>()) {
        check_invariants(&text);
    }

    #[test]
    fn parsing_any_local_part_and_domain_never_panics(local in "\\PC{0,12}", domain in "[\\PC.-]{0,24}") {
        check_invariants(&format!("{local}@{domain}"));
    }

    #[test]
    fn normalizing_is_idempotent(local in "[A-Za-zÀ-ɏ\u{300}-\u{36f}\u{212a}\u{958}]{1,12}") {
        check_invariants(&format!("{local}@x.com"));
    }

    #[test]
    fn common_addresses_parse_in_any_case(
        local in "[a-zA-Z0-9+_-]{1,20}(\\.[a-zA-Z0-9]{1,9})?",
        domain in "[a-zA-Z0-9]{1,20}(\\.[a-zA-Z]{2,9}){0,3}",
    ) {
        let written = format!("{local}@{domain}");
        let email = Email::parse(&written);
        let expected = written.to_lowercase();
        prop_assert_eq!(email.as_ref().map(Email::as_str), Ok(expected.as_str()));
        prop_assert_eq!(Email::parse(&written.to_uppercase()), email);
    }
}

/// Checks that the normal form of a valid address is its own normal form and
/// gives a username.
fn check_invariants(text: &str) {
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
        assert!(email.as_str().len() <= Email::MAX);
        assert!(email.domain().is_ascii() && !email.domain().is_empty());
        let name = Username::from_local_part(&email);
        assert_eq!(Username::parse(name.as_str()), Ok(name));
    }
}

#[test]
fn a_domain_includes_its_subdomains_only() {
    let domains = ["acme.test", "other.test"];
    let is_inside = |text: &str, domains: &[&str]| {
        let email = Email::parse(text).unwrap();
        email.is_in_domains(|name| domains.contains(&name))
    };
    for inside in [
        "a@acme.test",
        "a@ACME.test",
        "a@mail.acme.test",
        "a@x.y.acme.test",
        "a@other.test",
    ] {
        assert!(is_inside(inside, &domains), "{inside}");
    }
    for outside in [
        "a@notacme.test",
        "a@acme.test.evil",
        "a@test",
        "acme.test@x.test",
    ] {
        assert!(!is_inside(outside, &domains), "{outside}");
    }
    assert!(!is_inside("a@acme.test", &[]));
}
