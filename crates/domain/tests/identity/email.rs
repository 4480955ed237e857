//! Addresses: what they become, what is refused, and that nothing panics.

use freehold_domain::{Email, NotAnEmail, Username};
use proptest::prelude::*;

fn normal(text: &str) -> String {
    Email::parse(text).unwrap().as_str().to_owned()
}

#[test]
fn one_person_is_one_address() {
    assert_eq!(normal(" Ada@Example.COM\n"), "ada@example.com");
    assert_eq!(normal("\u{a0}A.d+a@x.com\u{3000}"), "a.d+a@x.com");
    assert_eq!(normal("ada@MÜLLER.de"), "ada@xn--mller-kva.de");
    assert_eq!(normal("ada@xn--mller-kva.de"), "ada@xn--mller-kva.de");
    assert_eq!(normal("root@localhost"), "root@localhost");
    assert_eq!(normal("o'neil@x.com"), "o'neil@x.com");
}

#[test]
fn letters_beyond_ascii_stay_before_the_sign() {
    assert_eq!(normal("ÀDA@x.com"), "Àda@x.com");
}

#[test]
fn a_letter_is_the_same_however_it_was_typed() {
    let composed = normal("jos\u{e9}@x.com");
    assert_eq!(composed, "jos\u{e9}@x.com");
    assert_eq!(normal("jose\u{301}@x.com"), composed);
    assert_eq!(normal("JOSe\u{301}@X.com"), composed);
    assert_eq!(normal("E\u{301}@x.com"), normal("\u{c9}@x.com"));
    // Composed in lowercase only.
    assert_eq!(normal("J\u{30c}@x.com"), "\u{1f0}@x.com");
    // The Kelvin sign is the letter K.
    assert_eq!(normal("\u{212a}@x.com"), "k@x.com");
}

#[test]
fn what_is_not_seen_makes_no_second_address() {
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
    // Looks like a semicolon because it is one.
    assert_eq!(
        Email::parse("a\u{37e}@x.com"),
        Err(NotAnEmail::Character(';'))
    );
}

#[test]
fn the_parts_stand_around_the_sign() {
    let email = Email::parse("Ada@X.com").unwrap();
    assert_eq!((email.local_part(), email.domain()), ("ada", "x.com"));
}

#[test]
fn a_refusal_says_what_would_be_right() {
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
        ("a..b@x.com", NotAnEmail::StrayDot),
        (".a@x.com", NotAnEmail::StrayDot),
        ("a.@x.com", NotAnEmail::StrayDot),
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
fn lengths_end_where_mail_servers_end() {
    let label = "d".repeat(60);
    let local = "l".repeat(64);
    // 64 + 1 + 189 bytes: exactly the limit.
    let domain = format!("{label}.{label}.{label}.abcdef");
    let longest = format!("{local}@{domain}");
    assert_eq!(longest.len(), Email::MAX);
    assert_eq!(normal(&longest), longest);
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
fn json_parses_on_the_way_in() {
    let email: Email = serde_json::from_str("\" A@X.com\"").unwrap();
    assert_eq!(serde_json::to_string(&email).unwrap(), "\"a@x.com\"");
    let error = serde_json::from_str::<Email>("\"bad\"").unwrap_err();
    assert!(error.to_string().contains("must have an @-sign"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_text_is_an_answer(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_two_halves_are_an_answer(local in "\\PC{0,12}", domain in "[\\PC.-]{0,24}") {
        check(&format!("{local}@{domain}"));
    }

    #[test]
    fn composing_and_lowering_end(local in "[A-Za-zÀ-ɏ\u{300}-\u{36f}\u{212a}\u{958}]{1,12}") {
        check(&format!("{local}@x.com"));
    }

    #[test]
    fn usual_addresses_are_taken_in_any_case(
        local in "[a-zA-Z0-9+_-]{1,20}(\\.[a-zA-Z0-9]{1,9})?",
        domain in "[a-zA-Z0-9]{1,20}(\\.[a-zA-Z]{2,9}){0,3}",
    ) {
        let typed = format!("{local}@{domain}");
        let email = Email::parse(&typed);
        let expected = typed.to_lowercase();
        prop_assert_eq!(email.as_ref().map(Email::as_str), Ok(expected.as_str()));
        prop_assert_eq!(Email::parse(&typed.to_uppercase()), email);
    }
}

/// What holds for every text: the normal form is its own normal form, and it
/// makes a username.
fn check(text: &str) {
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
        assert!(email.as_str().len() <= Email::MAX);
        assert!(email.domain().is_ascii() && !email.domain().is_empty());
        let name = Username::from_local_part(&email);
        assert_eq!(Username::parse(name.as_str()), Ok(name));
    }
}
