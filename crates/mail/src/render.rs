//! Renders emails: a subject, and the same text as HTML and as plain text.
//!
//! Users choose names, some of them to deceive: the template engine escapes names
//! in HTML, and `sanitize` changes them everywhere.

use askama::Template;
use freehold_app::{EmailMessage, EmailTemplate};
use freehold_domain::Timestamp;

use crate::sanitize::{sanitize_line, sanitize_name};

/// An email that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedEmail {
    /// One line, without control characters.
    pub subject: String,
    /// A complete HTML page.
    pub html: String,
    /// The same in plain text.
    pub text: String,
}

/// The values for the templates. Names are sanitized by [`sanitize_name`], that of
/// the product by [`sanitize_line`].
struct TemplateValues {
    subject: String,
    product: String,
    to: String,
    link: String,
    expires: Option<String>,
    actor: Option<String>,
    member_email: String,
    organization: Option<String>,
}

/// Renders both bodies from the files of one template.
macro_rules! bodies {
    ($email:expr, $html:literal, $text:literal) => {{
        #[derive(Template)]
        #[template(path = $html)]
        struct Html<'a> {
            email: &'a TemplateValues,
        }
        #[derive(Template)]
        #[template(path = $text)]
        struct Text<'a> {
            email: &'a TemplateValues,
        }
        (
            Html { email: $email }.render(),
            Text { email: $email }.render(),
        )
    }};
}

/// Renders an email. `product` is the name of this deployment.
///
/// # Panics
/// Never: the templates are compiled in, and writing into a string cannot fail.
#[must_use]
pub fn render(message: &EmailMessage, product: &str) -> RenderedEmail {
    let email = template_values(message, &sanitize_line(product));
    let (html, text) = match message.template {
        EmailTemplate::Invitation { .. } => bodies!(&email, "invitation.html", "invitation.txt"),
        EmailTemplate::MemberJoined { .. } => {
            bodies!(&email, "member_joined.html", "member_joined.txt")
        }
        EmailTemplate::PasswordReset { .. } => {
            bodies!(&email, "password_reset.html", "password_reset.txt")
        }
        EmailTemplate::Test { .. } => bodies!(&email, "test.html", "test.txt"),
    };
    RenderedEmail {
        subject: email.subject,
        html: html.expect("writing into a string cannot fail"),
        text: text.expect("writing into a string cannot fail"),
    }
}

fn template_values(message: &EmailMessage, product: &str) -> TemplateValues {
    let mut values = TemplateValues {
        subject: String::new(),
        product: product.to_owned(),
        to: message.to.to_string(),
        link: String::new(),
        expires: None,
        actor: None,
        member_email: String::new(),
        organization: None,
    };
    match &message.template {
        EmailTemplate::Invitation {
            inviter,
            organization,
            link,
            expires,
        } => {
            values.actor = displayable(inviter.as_deref());
            values.organization = displayable(organization.as_deref());
            values.subject = match &values.actor {
                Some(actor) => format!("{actor} invited you to join their organization"),
                None => "You are invited to join an organization".to_owned(),
            };
            values.link.clone_from(link);
            values.expires = expires.map(format_time);
        }
        EmailTemplate::MemberJoined {
            member,
            email,
            organization,
            link,
        } => {
            values.actor = displayable(Some(member)).or_else(|| displayable(Some(email)));
            values.member_email = sanitize_name(email);
            values.organization = displayable(organization.as_deref());
            let organization = values.organization.as_deref().unwrap_or_default();
            values.subject = format!("New Member Joined {organization}")
                .trim_end()
                .to_owned();
            values.link.clone_from(link);
        }
        EmailTemplate::PasswordReset { link, expires } => {
            values.subject = format!("Choose a new password for {product}");
            values.link.clone_from(link);
            values.expires = Some(format_time(*expires));
        }
        EmailTemplate::Test { link } => {
            values.subject = format!("{product}: test email");
            values.link.clone_from(link);
        }
    }
    values
}

/// Returns the sanitized name, if any of it is left.
fn displayable(text: Option<&str>) -> Option<String> {
    text.map(sanitize_name).filter(|name| !name.is_empty())
}

/// Formats a time for readers, in UTC, because the reader's time zone is unknown.
fn format_time(at: Timestamp) -> String {
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
            template: EmailTemplate::Invitation {
                inviter: Some(inviter.to_owned()),
                organization: Some(organization.to_owned()),
                link: "https://web.test/auth?token=t&email=new%40x.test".to_owned(),
                expires: Some(Timestamp::from_micros(1_796_000_000_000_000)),
            },
        }
    }

    #[test]
    fn an_invitation_email_names_inviter_organization_link_and_expiry() {
        let rendered = render(&invitation("Zoë", "Acme & Söhne"), "Agenta");
        assert_eq!(
            rendered.subject,
            "Zoë invited you to join their organization"
        );
        let link = "https://web.test/auth?token=t&email=new%40x.test";
        for part in [
            "Hello new@x.test,",
            "Zoë has invited you to join their organization, Acme & Söhne, on Agenta.",
            link,
            "30 November 2026, 00:53 UTC",
            "If you did not expect this invitation",
        ] {
            assert!(rendered.text.contains(part), "{part}\n{}", rendered.text);
        }
        for part in [
            "<bdi>Zoë</bdi></strong> has invited you",
            "Acme &#38; Söhne",
            "href=\"https://web.test/auth?token=t&#38;email=new%40x.test\"",
            "30 November 2026, 00:53 UTC",
        ] {
            assert!(rendered.html.contains(part), "{part}\n{}", rendered.html);
        }
        // A button and the bare link.
        assert_eq!(rendered.html.matches("href=").count(), 2);
        assert!(rendered.html.starts_with("<!doctype html>"));
    }

    #[test]
    fn malicious_names_are_neutralized() {
        let long = "x".repeat(10_000);
        for (malicious, sanitized) in [
            (
                "Eve\r\nBcc: all@x.test\r\n\r\n<b>",
                "Eve Bcc: all@x. test <b>",
            ),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("\"><img src=x onerror=a()>", "\"><img src=x onerror=a()>"),
            ("{{ email.link }}", "{{ email. link }}"),
            ("\u{202e}nimda\u{2066}\u{200f}", "nimda"),
            ("a\u{0}b\tc\u{85}d\u{2028}e", "a b c de"),
            ("win https://evil.test/x", "win https evil. test/x"),
            ("=?utf-8?q?Bank?=", "= ?utf-8?q?Bank?="),
            (&long, &format!("{}…", "x".repeat(99))),
            ("👩\u{200d}🚀 דוד", "👩\u{200d}🚀 דוד"),
        ] {
            let rendered = render(&invitation(malicious, malicious), "Agenta");
            assert_eq!(
                rendered.subject,
                format!("{sanitized} invited you to join their organization")
            );
            assert!(!rendered.subject.chars().any(char::is_control));
            assert!(rendered.text.contains(&format!("{sanitized} has invited")));
            for tag in ["<script", "<b>", "<img"] {
                assert!(!rendered.html.contains(tag), "{}", rendered.html);
            }
            assert_eq!(rendered.html.matches("href=").count(), 2);
            assert!(rendered.html.len() < 8_000, "{}", rendered.html.len());
        }
    }

    #[test]
    fn the_product_name_is_configurable() {
        let rendered = render(&invitation("Ada", "Acme"), "Freehold.test");
        assert!(rendered.text.contains("on Freehold.test."));
    }

    #[test]
    fn missing_names_are_left_out() {
        let mut message = invitation("\u{200b}\n", "\u{202e}");
        let rendered = render(&message, "Agenta");
        assert_eq!(rendered.subject, "You are invited to join an organization");
        assert!(
            rendered
                .text
                .contains("You have been invited to join an organization on Agenta.")
        );

        message.template = EmailTemplate::MemberJoined {
            member: " ".to_owned(),
            email: "bob@x.test".to_owned(),
            organization: None,
            link: "https://web.test/w/1".to_owned(),
        };
        let rendered = render(&message, "Agenta");
        assert_eq!(rendered.subject, "New Member Joined");
        assert!(
            rendered
                .text
                .contains("bob@x.test (bob@x.test) has joined your organization")
        );
    }

    #[test]
    fn every_template_renders_its_text() {
        let mut message = invitation("Ada", "Acme");
        message.template = EmailTemplate::MemberJoined {
            member: "Bob".to_owned(),
            email: "bob@x.test".to_owned(),
            organization: Some("Acme".to_owned()),
            link: "https://web.test/w/1/p/2/settings?tab=workspace".to_owned(),
        };
        let joined = render(&message, "Agenta");
        assert_eq!(joined.subject, "New Member Joined Acme");
        assert!(
            joined
                .text
                .contains("Bob (bob@x.test) has joined Acme on Agenta.")
        );
        assert!(!joined.text.contains("valid until"));
        message.template = EmailTemplate::PasswordReset {
            link: "https://web.test/auth/reset-password?token=t&tenantId=public".to_owned(),
            expires: Timestamp::from_micros(1_796_000_000_000_000),
        };
        let reset = render(&message, "Agenta");
        assert_eq!(reset.subject, "Choose a new password for Agenta");
        assert!(reset.text.contains("Your password does not change."));
        message.template = EmailTemplate::Test {
            link: "https://web.test".to_owned(),
        };
        let test = render(&message, "Agenta");
        assert_eq!(test.subject, "Agenta: test email");
        assert!(test.html.contains("email delivery works"));
    }
}
