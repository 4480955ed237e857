//! Formats every type that holds a secret with `{:?}`. A new type that holds a
//! password, a link, a key or a token belongs into this list.

use freehold_domain::{ApiKeyText, Email, FreeText, Id, OperatorScopes, Timestamp};
use freehold_store::{InvitationLinkRecord, OperatorKeyRecord, UserRecord};
use secrecy::SecretString;
use uuid::Uuid;

use crate::provisioning::{ApiKeyView, IdentityDraft};
use crate::*;

/// A secret, which is also a part of every longer one below.
const SECRET: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";

fn secret() -> SecretString {
    SecretString::from(format!("https://web.test/?token={SECRET}"))
}

fn email() -> Email {
    Email::parse("ada@example.com").unwrap()
}

fn user() -> UserRecord {
    UserRecord {
        id: Id::new(Uuid::nil()),
        uid: None,
        email: email().as_str().to_owned(),
        username: None,
        created_at: None,
        updated_at: None,
    }
}

fn operator_key() -> OperatorKeyRecord {
    OperatorKeyRecord {
        id: Id::new(Uuid::nil()),
        name: "deploy".to_owned(),
        prefix: "abcdefgh".to_owned(),
        scopes: OperatorScopes::all(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        created_at: Timestamp::from_micros(0),
        created_by: "cli".to_owned(),
    }
}

fn invitation_link() -> InvitationLinkDetails {
    InvitationLinkDetails {
        link: InvitationLinkRecord {
            id: Id::new(Uuid::nil()),
            organization: Id::new(Uuid::nil()),
            workspace: Id::new(Uuid::nil()),
            role: "viewer".to_owned(),
            max_uses: None,
            uses: 0,
            allowed_domains: None,
            expires_at: None,
            revoked_at: None,
            issuer: None,
            issuer_email: None,
            issuer_username: None,
            created_at: None,
        },
        state: InvitationLinkStatus::Active,
        invalid: None,
    }
}

fn tokens() -> Tokens {
    Tokens {
        access: secret(),
        access_expires: Timestamp::from_micros(0),
        refresh: secret(),
        refresh_expires: Timestamp::from_micros(0),
        payload: serde_json::Value::Null,
        subject: "subject".to_owned(),
    }
}

/// The name and the printed form of a value of every type.
fn printed() -> Vec<(&'static str, String)> {
    let api_key = ApiKeyText::parse(&format!("abcdefgh.{SECRET}")).unwrap();
    assert!(api_key.expose_secret().contains(SECRET));
    let text = || format!("https://web.test/?token={SECRET}");
    macro_rules! list {
        ($($name:literal => $value:expr,)*) => {
            vec![$(($name, format!("{:?}", $value)),)*]
        };
    }
    list![
        "Session" => Credential::Session(secret()),
        "Service" => Credential::Service(secret()),
        "ApiKey" => Credential::ApiKey(api_key.clone()),
        "SignIn" => SignIn { email: email(), password: secret() },
        "SignedIn" => SignedIn {
            user: user(),
            is_new: false,
            identities: Vec::new(),
            tokens: Some(tokens()),
        },
        "Tokens" => tokens(),
        "ResetLink" => ResetLink { url: secret(), user: user() },
        "MemberPasswordReset" => MemberPasswordReset { link: Some(secret()) },
        "NewUser" => NewUser {
            email: email(),
            username: None,
            password: Some(secret()),
            organization: None,
        },
        "BootstrapAccount" => BootstrapAccount {
            email: email(),
            password: Some(secret()),
            organization: Some(BootstrapOrganization {
                name: FreeText::default(),
                key: Some(api_key.clone()),
            }),
        },
        "CreatedApiKey" => CreatedApiKey { key: secret() },
        "CreatedOperatorKey" => CreatedOperatorKey { record: operator_key(), key: secret() },
        "CreatedInvitationLink" => CreatedInvitationLink {
            details: invitation_link(),
            url: Some(secret()),
        },
        "SentInvitation" => SentInvitation {
            id: Id::new(Uuid::nil()),
            expires_at: Timestamp::from_micros(0),
            mailed: false,
            url: Some(secret()),
        },
        "RowOutcome" => RowOutcome {
            email: String::new(),
            status: RowStatus::Invited,
            id: None,
            url: Some(secret()),
            detail: None,
        },
        "NewPassword" => NewPassword {
            method: "email:password".to_owned(),
            email: None,
            subject: None,
            password: Some(secret()),
        },
        "IdentityDraft" => IdentityDraft {
            user: None,
            method: "email:password".to_owned(),
            subject: None,
            email: None,
            password: Some(secret()),
            password_hash: Some(secret()),
            verified: None,
        },
        "ApiKeyView" => ApiKeyView {
            id: Id::new(Uuid::nil()),
            prefix: "abcdefgh".to_owned(),
            project: Id::new(Uuid::nil()),
            user: Id::new(Uuid::nil()),
            value: Some(secret()),
        },
        "IdempotencyKey" => IdempotencyKey { key: text(), fingerprint: [0; 32] },
        "PasswordReset" => EmailTemplate::PasswordReset {
            link: text(),
            expires: Timestamp::from_micros(0),
        },
        "Invitation" => EmailTemplate::Invitation {
            inviter: None,
            organization: None,
            link: text(),
            expires: None,
        },
        "AdminKey" => AdminKey::of(SECRET),
        "ServiceKey" => ServiceKey::derive_from_admin_key(SECRET),
    ]
}

#[test]
fn debug_output_of_types_with_secrets_has_no_secret() {
    for (name, printed) in printed() {
        assert!(printed.contains(name), "{name} is printed as {printed}");
        assert!(!printed.contains(SECRET), "{name} prints its secret");
    }
}

#[test]
fn sealed_output_keeps_the_secret() {
    let created = CreatedApiKey { key: secret() };
    let sealed = serde_json::to_string(&created).unwrap();
    assert_eq!(sealed, format!("\"https://web.test/?token={SECRET}\""));
    let link = MemberPasswordReset { link: None };
    assert_eq!(serde_json::to_string(&link).unwrap(), "null");
    let opened: MemberPasswordReset = serde_json::from_str(&sealed).unwrap();
    assert!(opened.link.is_some());
}
