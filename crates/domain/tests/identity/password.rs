//! The rules for new passwords.

use std::sync::Arc;

use freehold_domain::{PasswordLevel, PasswordPolicy};

#[test]
fn a_strong_password_needs_every_character_class() {
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
fn without_a_policy_length_limits_remain() {
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
