//! Usernames, valid and invalid.

use freehold_domain::{NotAUsername, Username};

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
