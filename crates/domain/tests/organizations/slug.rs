//! The slug of an organization.

use freehold_domain::{NotASlug, OrganizationSlug};

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
