//! The operator's rules and people's texts: policy, owners, passwords, flags,
//! names and slugs.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]

use std::sync::Arc;

use freehold_domain::{
    AccessPolicy, AllowedOwners, Email, FlagRefusal, FreeText, NotAPolicy, NotASlug, NotAUsername,
    OrganizationFlags, OrganizationSlug, PasswordLevel, PasswordPolicy, PolicyRule, Username,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn policy(allowed: &str, blocked: &str, emails: &str) -> AccessPolicy {
    AccessPolicy::new(allowed.split(','), blocked.split(','), emails.split(',')).unwrap()
}

#[test]
fn an_empty_policy_admits_everyone() {
    assert_eq!(policy("", " , ", ",,"), AccessPolicy::default());
    assert_eq!(AccessPolicy::default().admits(&email("a@x.com")), Ok(()));
}

#[test]
fn allowed_domains_take_their_subdomains_but_not_their_namesakes() {
    let policy = policy(" Example.COM ,müller.de", "example.com", "");
    for admitted in ["a@example.com", "a@a.b.example.com", "a@MÜLLER.de"] {
        assert_eq!(policy.admits(&email(admitted)), Ok(()), "{admitted}");
    }
    for refused in ["a@notexample.com", "a@com", "a@example.com.evil.org"] {
        assert_eq!(
            policy.admits(&email(refused)),
            Err(PolicyRule::DomainNotAllowed),
            "{refused}"
        );
    }
}

#[test]
fn a_blocked_address_is_out_even_under_an_allowed_domain() {
    let policy = policy("x.com", "", "Mallory@X.com");
    assert_eq!(
        policy.admits(&email(" mallory@x.COM")),
        Err(PolicyRule::BlockedEmail)
    );
    assert_eq!(policy.admits(&email("ada@x.com")), Ok(()));
}

#[test]
fn blocked_domains_count_only_without_allowed_ones() {
    let policy = policy("", "spam.org", "");
    assert_eq!(
        policy.admits(&email("a@deep.spam.org")),
        Err(PolicyRule::BlockedDomain)
    );
    assert_eq!(policy.admits(&email("a@notspam.org")), Ok(()));
}

#[test]
fn a_list_item_that_matches_nobody_is_a_mistake() {
    let none: [&str; 0] = [];
    assert_eq!(
        AccessPolicy::new(["*.x.com"], none, none),
        Err(NotAPolicy::Domain("*.x.com".to_owned()))
    );
    assert!(matches!(
        AccessPolicy::new(none, none, ["mallory"]),
        Err(NotAPolicy::Email(item, _)) if item == "mallory"
    ));
}

#[test]
fn owners_are_everyone_or_the_listed() {
    assert!(AllowedOwners::everyone().is_open());
    assert!(AllowedOwners::everyone().permits(&email("a@x.com")));
    let few = AllowedOwners::only([email("Ada@x.com")]);
    assert!(!few.is_open());
    assert!(few.permits(&email("ada@X.com")));
    assert!(!few.permits(&email("bob@x.com")));
    assert!(!AllowedOwners::only([]).permits(&email("ada@x.com")));
}

#[test]
fn a_strong_password_misses_one_thing_at_a_time() {
    let strong = PasswordPolicy::default();
    for (password, message) in [
        ("", "Password must be at least 8 characters long."),
        ("Ab1!äöü", "Password must be at least 8 characters long."),
        (
            "secret12!",
            "Password must contain at least one uppercase letter.",
        ),
        ("Secretly!", "Password must contain at least one digit."),
        (
            "Secret123",
            "Password must contain at least one special character (!@#$%^&* etc.).",
        ),
    ] {
        assert_eq!(
            strong.check(password),
            Err(message.to_owned()),
            "{password}"
        );
    }
    assert_eq!(strong.check("Secret12!"), Ok(()));
}

#[test]
fn lengths_are_counted_in_characters() {
    let basic = PasswordPolicy {
        level: PasswordLevel::Basic,
        min_length: 4,
        max_length: Some(6),
        pattern: None,
    };
    assert_eq!(basic.check("äöüß"), Ok(()));
    assert_eq!(basic.check("äöüßéè"), Ok(()));
    assert_eq!(
        basic.check("abcdefg"),
        Err("Password must be at most 6 characters long.".to_owned())
    );
}

#[test]
fn no_policy_still_has_two_ends() {
    let none = PasswordPolicy {
        level: PasswordLevel::None,
        ..PasswordPolicy::default()
    };
    assert_eq!(none.check("a"), Ok(()));
    assert!(none.check("").is_err());
    assert_eq!(none.check(&"a".repeat(1024)), Ok(()));
    assert_eq!(
        none.check(&"a".repeat(1025)),
        Err("Password must be at most 1024 characters long.".to_owned())
    );
}

#[test]
fn a_pattern_replaces_the_level() {
    let digits = PasswordPolicy {
        pattern: Some(Arc::new(|p: &str| p.bytes().all(|b| b.is_ascii_digit()))),
        ..PasswordPolicy::default()
    };
    assert_eq!(digits.check("1234"), Ok(()));
    assert_eq!(
        digits.check("Secret12!"),
        Err("Password does not meet the required format.".to_owned())
    );
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[test]
fn new_flags_are_spelled_out() {
    let flags = OrganizationFlags::of_new(true, false);
    assert_eq!(
        flags.to_json(),
        json!({"is_demo": false, "allow_email": true, "allow_social": false, "allow_sso": false,
               "allow_root": false, "domains_only": false, "auto_join": false})
    );
    assert_eq!(flags.allow_email(), Some(true));
}

#[test]
fn a_client_adds_flags_and_takes_none_over() {
    let stored = OrganizationFlags::from_json(Some(
        json!({"is_demo": true, "allow_sso": true, "theme": "dark", "kept": 1}),
    ));
    let merged = stored
        .merge(&object(json!({
            "is_demo": false, "allow_sso": false, "auto_join": true, "allow_root": [],
            "theme": "light", "beta": null,
        })))
        .unwrap();
    assert_eq!(
        merged.to_json(),
        json!({"is_demo": true, "allow_sso": true, "theme": "light", "kept": 1, "beta": null})
    );
    assert!(merged.is_demo() && merged.allow_sso() && !merged.auto_join());
}

#[test]
fn nothing_stored_is_no_flags() {
    for stored in [None, Some(Value::Null), Some(json!([1])), Some(json!({}))] {
        let flags = OrganizationFlags::from_json(stored);
        assert_eq!(flags.to_json(), json!({}));
        assert_eq!((flags.allow_email(), flags.is_demo()), (None, false));
    }
}

#[test]
fn flags_stay_small_and_flat() {
    let none = OrganizationFlags::default();
    let refusal = |request| none.merge(&object(request)).unwrap_err();
    assert_eq!(
        refusal(json!({"x": {}})),
        FlagRefusal::NotScalar("x".into())
    );
    assert_eq!(
        refusal(json!({"x": []})),
        FlagRefusal::NotScalar("x".into())
    );
    assert_eq!(refusal(json!({"": 1})), FlagRefusal::Text(String::new()));
    assert_eq!(
        refusal(json!({"x": "a\u{0}"})),
        FlagRefusal::Text("x".into())
    );
    let many: Map<_, _> = (0..65).map(|n| (format!("k{n}"), json!(n))).collect();
    assert_eq!(none.merge(&many), Err(FlagRefusal::TooMany));
    let just: Map<_, _> = many.into_iter().take(64).collect();
    assert!(none.merge(&just).is_ok());
}

proptest! {
    #[test]
    fn no_request_changes_what_is_not_the_clients(
        request in proptest::collection::hash_map(
            prop_oneof![
                Just("is_demo".to_owned()),
                Just("allow_root".to_owned()),
                Just("auto_join".to_owned()),
                "[a-z]{1,4}",
            ],
            any::<bool>(),
            0..6,
        ),
    ) {
        let stored = OrganizationFlags::of_new(true, true);
        let request: Map<_, _> = request.into_iter().map(|(k, v)| (k, v.into())).collect();
        let merged = stored.merge(&request).unwrap();
        prop_assert!(!merged.is_demo() && !merged.allow_root() && !merged.auto_join());
        // Asking again changes nothing more.
        prop_assert_eq!(merged.merge(&request), Ok(merged));
    }
}

#[test]
fn usernames_are_trimmed_and_visible() {
    assert_eq!(Username::parse(" neo ").unwrap().as_str(), "neo");
    assert_eq!(
        Username::parse("Δύο λέξεις 👩‍💻").unwrap().as_str(),
        "Δύο λέξεις 👩‍💻"
    );
    assert_eq!(
        Username::parse(" \t").unwrap_err().to_string(),
        "Username is required."
    );
    assert_eq!(
        Username::parse(&"ä".repeat(100)).unwrap().as_str().len(),
        200
    );
    assert_eq!(
        Username::parse(&"ä".repeat(101)),
        Err(NotAUsername::TooLong)
    );
    assert_eq!(Username::parse("a\nb"), Err(NotAUsername::Invisible('\n')));
    assert_eq!(
        Username::parse("\u{200b}"),
        Err(NotAUsername::Invisible('\u{200b}'))
    );
}

#[test]
fn free_text_is_kept_letter_for_letter() {
    let text = "  Ä\n\tb  ";
    assert_eq!(FreeText::parse(text).unwrap().as_str(), text);
    assert!(FreeText::parse("").unwrap().is_empty());
    let error = FreeText::parse("a\0").unwrap_err().to_string();
    assert!(error.contains("U+0000"), "{error}");
    assert!(serde_json::from_value::<FreeText>(json!("a\u{7}")).is_err());
}

#[test]
fn slugs_follow_their_pattern() {
    assert_eq!(OrganizationSlug::PATTERN, "^[a-z-]+$");
    assert_eq!(
        "good-slug".parse::<OrganizationSlug>().unwrap().as_str(),
        "good-slug"
    );
    for wrong in ["", "Ok Ta", "a1", " a", "ä"] {
        assert_eq!(
            OrganizationSlug::parse(wrong),
            Err(NotASlug::Pattern),
            "{wrong:?}"
        );
    }
    assert!(OrganizationSlug::parse(&"a".repeat(64)).is_ok());
    assert_eq!(
        OrganizationSlug::parse(&"a".repeat(65)),
        Err(NotASlug::TooLong)
    );
}
