//! Who may sign in, and who may create organizations.

use freehold_domain::{AccessPolicy, AllowedOwners, Email, NotAPolicy, PolicyRule};

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
