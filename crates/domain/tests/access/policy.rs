//! Who may sign in, and who may create organizations.

use freehold_domain::{AccessPolicy, AllowedOwners, Email, NotAPolicy, PolicyRule};

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn policy(allowed: &str, blocked: &str, emails: &str) -> AccessPolicy {
    AccessPolicy::new(allowed.split(','), blocked.split(','), emails.split(',')).unwrap()
}

#[test]
fn an_empty_policy_admits_every_address() {
    assert_eq!(policy("", " , ", ",,"), AccessPolicy::default());
    assert_eq!(AccessPolicy::default().check(&email("a@x.com")), Ok(()));
}

#[test]
fn allowed_domains_include_subdomains_only() {
    let policy = policy(" Example.COM ,müller.de", "example.com", "");
    for admitted in ["a@example.com", "a@a.b.example.com", "a@MÜLLER.de"] {
        assert_eq!(policy.check(&email(admitted)), Ok(()), "{admitted}");
    }
    for refused in ["a@notexample.com", "a@com", "a@example.com.evil.org"] {
        assert_eq!(
            policy.check(&email(refused)),
            Err(PolicyRule::DomainNotAllowed),
            "{refused}"
        );
    }
}

#[test]
fn a_blocked_address_is_refused_in_an_allowed_domain() {
    let policy = policy("x.com", "", "Mallory@X.com");
    assert_eq!(
        policy.check(&email(" mallory@x.COM")),
        Err(PolicyRule::BlockedEmail)
    );
    assert_eq!(policy.check(&email("ada@x.com")), Ok(()));
}

#[test]
fn blocked_domains_apply_only_without_allowed_ones() {
    let policy = policy("", "spam.org", "");
    assert_eq!(
        policy.check(&email("a@deep.spam.org")),
        Err(PolicyRule::BlockedDomain)
    );
    assert_eq!(policy.check(&email("a@notspam.org")), Ok(()));
}

#[test]
fn an_invalid_list_item_is_refused() {
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
fn allowed_owners_is_every_user_or_a_list() {
    assert!(AllowedOwners::unrestricted().is_unrestricted());
    assert!(AllowedOwners::unrestricted().allows(&email("a@x.com")));
    let listed = AllowedOwners::only([email("Ada@x.com")]);
    assert!(!listed.is_unrestricted());
    assert!(listed.allows(&email("ada@X.com")));
    assert!(!listed.allows(&email("bob@x.com")));
    assert!(!AllowedOwners::only([]).allows(&email("ada@x.com")));
}
