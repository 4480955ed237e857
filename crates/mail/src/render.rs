//! From what a letter says to what its reader sees: a subject, and the same
//! text twice, as HTML and plain.
//!
//! People choose their names, and some choose them to deceive: in HTML they are
//! escaped (by the template engine, in every template), and everywhere they are
//! as `sanitize` lets them be.

use askama::Template;
use freehold_app::{Content, EmailMessage};
use freehold_domain::Timestamp;

use crate::sanitize::{line, name};

/// A letter that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// One line, without control characters.
    pub subject: String,
    /// A whole page.
    pub html: String,
    /// The same in plain text.
    pub text: String,
}

/// What templates fill in. Names went through [`name`], the product's through [`line`].
struct Words {
    subject: String,
    product: String,
    to: String,
    link: String,
    until: Option<String>,
    who: Option<String>,
    about: String,
    organization: Option<String>,
}

/// Both bodies by the files of one kind of letter.
macro_rules! bodies {
    ($words:expr, $html:literal, $text:literal) => {{
        #[derive(Template)]
        #[template(path = $html)]
        struct Html<'a> {
            words: &'a Words,
        }
        #[derive(Template)]
        #[template(path = $text)]
        struct Text<'a> {
            words: &'a Words,
        }
        (
            Html { words: $words }.render(),
            Text { words: $words }.render(),
        )
    }};
}

/// Writes a letter in the name of `product`.
///
/// # Panics
/// Never: the templates are compiled in, and writing into a string cannot fail.
#[must_use]
pub fn write(letter: &EmailMessage, product: &str) -> Written {
    let words = words(letter, &line(product));
    let (html, text) = match letter.content {
        Content::Invitation { .. } => bodies!(&words, "invitation.html", "invitation.txt"),
        Content::MemberJoined { .. } => bodies!(&words, "member_joined.html", "member_joined.txt"),
        Content::PasswordReset { .. } => {
            bodies!(&words, "password_reset.html", "password_reset.txt")
        }
        Content::Test { .. } => bodies!(&words, "test.html", "test.txt"),
    };
    Written {
        subject: words.subject,
        html: html.expect("a page in a string"),
        text: text.expect("a text in a string"),
    }
}

fn words(letter: &EmailMessage, product: &str) -> Words {
    let mut words = Words {
        subject: String::new(),
        product: product.to_owned(),
        to: letter.to.to_string(),
        link: String::new(),
        until: None,
        who: None,
        about: String::new(),
        organization: None,
    };
    match &letter.content {
        Content::Invitation {
            inviter,
            organization,
            link,
            expires,
        } => {
            words.who = shown(inviter.as_deref());
            words.organization = shown(organization.as_deref());
            words.subject = match &words.who {
                Some(who) => format!("{who} invited you to join their organization"),
                None => "You are invited to join an organization".to_owned(),
            };
            words.link.clone_from(link);
            words.until = expires.map(moment);
        }
        Content::MemberJoined {
            member,
            email,
            organization,
            link,
        } => {
            words.who = shown(Some(member)).or_else(|| shown(Some(email)));
            words.about = name(email);
            words.organization = shown(organization.as_deref());
            let place = words.organization.as_deref().unwrap_or_default();
            words.subject = format!("New Member Joined {place}").trim_end().to_owned();
            words.link.clone_from(link);
        }
        Content::PasswordReset { link, expires } => {
            words.subject = format!("Choose a new password for {product}");
            words.link.clone_from(link);
            words.until = Some(moment(*expires));
        }
        Content::Test { link } => {
            words.subject = format!("{product}: letters arrive");
            words.link.clone_from(link);
        }
    }
    words
}

/// A name, if anything of it can be shown.
fn shown(text: Option<&str>) -> Option<String> {
    text.map(name).filter(|name| !name.is_empty())
}

/// A moment as people read it. Letters do not know where their reader is.
fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros()).map_or_else(
        |_| at.iso_z(),
        |at| at.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn invitation(inviter: &str, organization: &str) -> EmailMessage {
        EmailMessage {
            id: Uuid::nil(),
            to: "new@x.test".parse().unwrap(),
            at: Timestamp::from_micros(0),
            content: Content::Invitation {
                inviter: Some(inviter.to_owned()),
                organization: Some(organization.to_owned()),
                link: "https://web.test/auth?token=t&email=new%40x.test".to_owned(),
                expires: Some(Timestamp::from_micros(1_796_000_000_000_000)),
            },
        }
    }

    #[test]
    fn an_invitation_says_who_where_how_and_until_when() {
        let written = write(&invitation("Zoë", "Acme & Söhne"), "Agenta");
        assert_eq!(
            written.subject,
            "Zoë invited you to join their organization"
        );
        let link = "https://web.test/auth?token=t&email=new%40x.test";
        for part in [
            "Hello new@x.test,",
            "Zoë has invited you to join their organization, Acme & Söhne, on Agenta.",
            link,
            "30 November 2026, 00:53 UTC",
            "If you did not expect this, ignore it",
        ] {
            assert!(written.text.contains(part), "{part}\n{}", written.text);
        }
        for part in [
            "<bdi>Zoë</bdi></strong> has invited you",
            "Acme &#38; Söhne",
            "href=\"https://web.test/auth?token=t&#38;email=new%40x.test\"",
            "30 November 2026, 00:53 UTC",
        ] {
            assert!(written.html.contains(part), "{part}\n{}", written.html);
        }
        // A button and the bare link.
        assert_eq!(written.html.matches("href=").count(), 2);
        assert!(written.html.starts_with("<!doctype html>"));
    }

    #[test]
    fn names_are_shown_and_never_do_anything() {
        let long = "x".repeat(10_000);
        for (hostile, seen) in [
            (
                "Eve\r\nBcc: all@x.test\r\n\r\n<b>",
                "Eve Bcc: all@x. test <b>",
            ),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("\"><img src=x onerror=a()>", "\"><img src=x onerror=a()>"),
            ("{{ words.link }}", "{{ words. link }}"),
            ("\u{202e}nimda\u{2066}\u{200f}", "nimda"),
            ("a\u{0}b\tc\u{85}d\u{2028}e", "a b c de"),
            ("win https://evil.test/x", "win https evil. test/x"),
            ("=?utf-8?q?Bank?=", "= ?utf-8?q?Bank?="),
            (&long, &format!("{}…", "x".repeat(99))),
            ("👩\u{200d}🚀 דוד", "👩\u{200d}🚀 דוד"),
        ] {
            let written = write(&invitation(hostile, hostile), "Agenta");
            assert_eq!(
                written.subject,
                format!("{seen} invited you to join their organization")
            );
            assert!(!written.subject.chars().any(char::is_control));
            assert!(written.text.contains(&format!("{seen} has invited")));
            for tag in ["<script", "<b>", "<img"] {
                assert!(!written.html.contains(tag), "{}", written.html);
            }
            assert_eq!(written.html.matches("href=").count(), 2);
            assert!(written.html.len() < 8_000, "{}", written.html.len());
        }
    }

    #[test]
    fn the_name_of_the_product_is_the_operators_to_choose() {
        let written = write(&invitation("Ada", "Acme"), "Freehold.test");
        assert!(written.text.contains("on Freehold.test."));
    }

    #[test]
    fn who_has_no_name_is_not_mentioned() {
        let mut letter = invitation("\u{200b}\n", "\u{202e}");
        let written = write(&letter, "Agenta");
        assert_eq!(written.subject, "You are invited to join an organization");
        assert!(
            written
                .text
                .contains("You have been invited to join an organization on Agenta.")
        );

        letter.content = Content::MemberJoined {
            member: " ".to_owned(),
            email: "bob@x.test".to_owned(),
            organization: None,
            link: "https://web.test/w/1".to_owned(),
        };
        let written = write(&letter, "Agenta");
        assert_eq!(written.subject, "New Member Joined");
        assert!(
            written
                .text
                .contains("bob@x.test (bob@x.test) has joined your organization")
        );
    }

    #[test]
    fn each_kind_has_its_words() {
        let mut letter = invitation("Ada", "Acme");
        letter.content = Content::MemberJoined {
            member: "Bob".to_owned(),
            email: "bob@x.test".to_owned(),
            organization: Some("Acme".to_owned()),
            link: "https://web.test/w/1/p/2/settings?tab=workspace".to_owned(),
        };
        let joined = write(&letter, "Agenta");
        assert_eq!(joined.subject, "New Member Joined Acme");
        assert!(
            joined
                .text
                .contains("Bob (bob@x.test) has joined Acme on Agenta.")
        );
        assert!(!joined.text.contains("good until"));
        letter.content = Content::PasswordReset {
            link: "https://web.test/auth/reset-password?token=t&tenantId=public".to_owned(),
            expires: Timestamp::from_micros(1_796_000_000_000_000),
        };
        let reset = write(&letter, "Agenta");
        assert_eq!(reset.subject, "Choose a new password for Agenta");
        assert!(reset.text.contains("your password stays as it is"));
        letter.content = Content::Test {
            link: "https://web.test".to_owned(),
        };
        let test = write(&letter, "Agenta");
        assert_eq!(test.subject, "Agenta: letters arrive");
        assert!(test.html.contains("This one did."));
    }
}
