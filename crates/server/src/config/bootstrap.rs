//! Settings of the unattended bootstrap.

use std::path::PathBuf;

use freehold_domain::{Email, FreeText, PasswordPolicy};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    problem::Problem,
    reader::Reader,
    settings::{
        INIT_ADMIN_EMAIL, INIT_ADMIN_PASSWORD, INIT_FILE, INIT_KEY_FILE, INIT_ORGANIZATION, Setting,
    },
    sources::SettingSource,
};

/// What the unattended bootstrap creates.
#[derive(Debug, Default)]
pub struct BootstrapSettings {
    /// The initial account.
    pub account: Option<InitialAccount>,
    /// JSON file with a request to the admin API that creates accounts.
    pub file: Option<PathBuf>,
}

/// The initial account.
#[derive(Debug)]
pub struct InitialAccount {
    /// Email address of the user.
    pub email: Email,
    /// Password of the user.
    pub password: Option<SecretString>,
    /// Name of the organization that the user owns.
    pub organization: Option<FreeText>,
    /// File for an API key of the user in that organization.
    pub key_file: Option<PathBuf>,
}

pub(super) fn read_bootstrap(r: &mut Reader, policy: &PasswordPolicy) -> BootstrapSettings {
    let email = r.read_or_derive(
        &INIT_ADMIN_EMAIL,
        |text| Email::parse(text).ok().map(Some),
        || None,
        |email| email.as_ref().map(ToString::to_string),
    );
    let password = r.read_or_derive(
        &INIT_ADMIN_PASSWORD,
        |text| Some(Some(SecretString::from(text))),
        || None,
        |_| None,
    );
    let organization = r.read_or_derive(
        &INIT_ORGANIZATION,
        |text| FreeText::parse(text).ok().map(Some),
        || None,
        |name| name.as_ref().map(ToString::to_string),
    );
    let key_file = path(r, &INIT_KEY_FILE);
    let file = path(r, &INIT_FILE);

    // A setting without the one it depends on would have no effect.
    for (setting, requires, is_alone) in [
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
            let name = r.source(setting).name(setting);
            let requires = requires.variable();
            r.add_problem(Problem::MissingDependency { name, requires });
        }
    }
    let weak = password
        .as_ref()
        .and_then(|password| policy.check(password.expose_secret()).err());
    if let Some(reason) = weak {
        let name = r.source(&INIT_ADMIN_PASSWORD).name(&INIT_ADMIN_PASSWORD);
        r.add_problem(Problem::InvalidItem { name, reason });
    }
    BootstrapSettings {
        account: email.map(|email| InitialAccount {
            email,
            password,
            organization,
            key_file,
        }),
        file,
    }
}

fn is_set(r: &Reader, setting: &Setting) -> bool {
    r.source(setting) != SettingSource::Default
}

fn path(r: &mut Reader, setting: &'static Setting) -> Option<PathBuf> {
    r.read_or_derive(
        setting,
        |text| Some(Some(PathBuf::from(text))),
        || None,
        |path| path.as_ref().map(|path| path.display().to_string()),
    )
}
