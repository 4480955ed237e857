//! What a new deployment begins with, when nobody is there to make it.

use std::path::PathBuf;

use freehold_domain::{Email, FreeText, PasswordPolicy};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    problem::Problem,
    reader::Reader,
    settings::{
        INIT_ADMIN_EMAIL, INIT_ADMIN_PASSWORD, INIT_FILE, INIT_KEY_FILE, INIT_ORGANIZATION, Setting,
    },
    sources::Origin,
};

/// What the first start makes.
#[derive(Debug, Default)]
pub struct FirstStart {
    /// Somebody who may do everything in an organization of theirs.
    pub admin: Option<FirstAdmin>,
    /// Accounts, as a request to the admin API would make them.
    pub file: Option<PathBuf>,
}

/// The first account.
#[derive(Debug)]
pub struct FirstAdmin {
    /// Its address.
    pub email: Email,
    /// Its password.
    pub password: Option<SecretString>,
    /// Its organization, by its name.
    pub organization: Option<FreeText>,
    /// Where a key of theirs for that organization is kept.
    pub key_file: Option<PathBuf>,
}

pub(super) fn read_first_start(r: &mut Reader, policy: &PasswordPolicy) -> FirstStart {
    let email = r.or_else(
        &INIT_ADMIN_EMAIL,
        |text| Email::parse(text).ok().map(Some),
        || None,
        |email| email.as_ref().map(ToString::to_string),
    );
    let password = r.or_else(
        &INIT_ADMIN_PASSWORD,
        |text| Some(Some(SecretString::from(text))),
        || None,
        |_| None,
    );
    let organization = r.or_else(
        &INIT_ORGANIZATION,
        |text| FreeText::parse(text).ok().map(Some),
        || None,
        |name| name.as_ref().map(ToString::to_string),
    );
    let key_file = path(r, &INIT_KEY_FILE);
    let file = path(r, &INIT_FILE);

    // What is set has to come to something.
    for (setting, needed, is_alone) in [
        (
            &INIT_ADMIN_PASSWORD,
            &INIT_ADMIN_EMAIL,
            password.is_some() && !is_set(r, &INIT_ADMIN_EMAIL),
        ),
        (
            &INIT_ORGANIZATION,
            &INIT_ADMIN_EMAIL,
            organization.is_some() && !is_set(r, &INIT_ADMIN_EMAIL),
        ),
        (
            &INIT_KEY_FILE,
            &INIT_ORGANIZATION,
            key_file.is_some() && !is_set(r, &INIT_ORGANIZATION),
        ),
    ] {
        if is_alone {
            let name = r.origin(setting).name(setting);
            let needed = needed.variable();
            r.problem(Problem::Alone { name, needed });
        }
    }
    let weak = password
        .as_ref()
        .and_then(|password| policy.check(password.expose_secret()).err());
    if let Some(why) = weak {
        let name = r.origin(&INIT_ADMIN_PASSWORD).name(&INIT_ADMIN_PASSWORD);
        r.problem(Problem::Item { name, why });
    }
    FirstStart {
        admin: email.map(|email| FirstAdmin {
            email,
            password,
            organization,
            key_file,
        }),
        file,
    }
}

fn is_set(r: &Reader, setting: &Setting) -> bool {
    r.origin(setting) != Origin::Default
}

fn path(r: &mut Reader, setting: &'static Setting) -> Option<PathBuf> {
    r.or_else(
        setting,
        |text| Some(Some(PathBuf::from(text))),
        || None,
        |path| path.as_ref().map(|path| path.display().to_string()),
    )
}
