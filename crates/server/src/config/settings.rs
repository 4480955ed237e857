//! Every name a person may set, in one table: what it is called in the file,
//! which older names mean the same, what it is when nobody sets it, and what
//! it does. Reading, `config print`, the suggestions for misspelled names and
//! `docs/CONFIGURATION.md` all come from here.
//!
//! Not here: what a value has to look like (`values`), and which source wins
//! (`sources`).

/// One thing that can be set.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file. `FREEHOLD_` and this in capitals is its name in
    /// the environment.
    pub key: &'static str,
    /// Names of the contract that mean the same, the strongest first.
    pub aliases: &'static [&'static str],
    /// What it is when nobody says.
    pub default: Default,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
    /// What a value is, in the words of an error message: "expected …".
    pub expects: &'static str,
    /// One sentence for the person who sets it.
    pub meaning: &'static str,
}

/// What a setting is when nobody sets it.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// This text, read as if somebody had written it.
    Text(&'static str),
    /// Worked out from other settings or the machine; the text says how.
    Derived(&'static str),
}

/// Whether a setting may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Shown by `config print`.
    Plain,
    /// Never shown; `_FILE` after its name reads it from a file.
    Secret,
}

impl Setting {
    /// Its name in the environment.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_ascii_uppercase())
    }
}

/// What every variable of our own begins with.
pub const PREFIX: &str = "FREEHOLD_";

/// Variables that begin with [`PREFIX`] and are not settings.
pub const NOT_SETTINGS: &[&str] = &[
    "FREEHOLD_CONFIG",
    "FREEHOLD_FAILPOINT_FILE",
    "FREEHOLD_BIN",
    "FREEHOLD_OPERATOR_KEY",
    "FREEHOLD_OPERATOR_KEY_FILE",
];

/// What else may begin with [`PREFIX`]: the knobs of tests and benchmarks.
pub const NOT_SETTINGS_BELOW: &[&str] = &["FREEHOLD_TEST_", "FREEHOLD_BENCH_"];

const SECONDS: &str = "a whole number of seconds, 1 or more";
const SWITCH: &str = "on or off";
const LIST: &str = "a list, separated by commas";
const WEB_ADDRESS: &str = "an address that begins with http:// or https://";
const COUNT: &str = "a whole number, 1 or more";
const SENDER: &str = "an e-mail address, or a name and an address as in `Acme <post@acme.test>`";
const LIMIT: &str = "a whole number; 0 for no limit";

macro_rules! settings {
    ($($constant:ident = $key:literal $(or $alias:literal)*, $default:ident($text:literal), $secrecy:ident, $expects:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Setting = Setting {
                key: $key,
                aliases: &[$($alias),*],
                default: Default::$default($text),
                secrecy: Secrecy::$secrecy,
                expects: $expects,
                meaning: $meaning,
            };
        )*
        /// All settings, in the order in which they are shown.
        pub const ALL: &[Setting] = &[$($constant),*];
    };
}

settings! {
    LISTEN = "listen", Text("127.0.0.1:8000"), Plain, "an address and a port, such as 127.0.0.1:8000 or [::]:8000",
        "Where the server listens.";
    DATABASE_URL = "database_url" or "POSTGRES_URI_CORE", Derived("`sqlite:` and `freehold.db` in the data directory"), Secret,
        "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        "Where everything is kept. `postgres://HOST1,HOST2/DB?target_session_attrs=read-write` follows a failover.";
    DATA_DIR = "data_dir", Text("./data"), Plain, "a directory",
        "Where the SQLite file and the generated admin key live. Made with mode 700 when it is not there.";
    ADMIN_KEY = "admin_key" or "AGENTA_AUTH_KEY", Derived("generated once, kept in `admin.key` in the data directory"), Secret,
        "32 random bytes or more",
        "Opens the admin endpoints. A short or well-known key is refused.";
    INIT_ADMIN_EMAIL = "init_admin_email", Derived("none"), Plain, "an e-mail address",
        "Whose account the first start makes (see above).";
    INIT_ADMIN_PASSWORD = "init_admin_password", Derived("none: it is set by a reset link"), Secret, "a password that the policy takes",
        "The password of that account.";
    INIT_ORGANIZATION = "init_organization", Derived("none"), Plain, "a name",
        "The organization that the first start founds for that account.";
    INIT_KEY_FILE = "init_key_file", Derived("none"), Plain, "the path of a file",
        "Where the first start leaves an API key of that account for that organization's project.";
    INIT_FILE = "init_file", Derived("none"), Plain, "the path of a JSON file",
        "Accounts that the first start makes: the body of `POST /admin/accounts` or `POST /admin/simple/accounts`.";
    PUBLIC_URL = "public_url" or "AGENTA_WEB_URL", Derived("`http://localhost` and the port of `listen`"), Plain, WEB_ADDRESS,
        "Where people reach the web application; links point here.";
    API_URL = "api_url" or "AGENTA_API_URL", Derived("`public_url` and `/api`"), Plain, WEB_ADDRESS,
        "Where programs reach the API; sessions name it as their issuer.";
    SERVICES_URL = "services_url" or "AGENTA_SERVICES_URL", Text("http://localhost/services"), Plain, WEB_ADDRESS,
        "Where the services that run the default evaluators answer.";
    SEEDS = "seeds", Text("on"), Plain, SWITCH,
        "Whether a new project starts with any content. In the file also `enabled` in the section `[seeds]`.";
    SEEDS_FILE = "seeds_file", Derived("the built-in test set, evaluators and environments"), Plain, "the path of a seed catalogue",
        "What a new project starts with.";
    DEMOS = "demos" or "AGENTA_EXTRAS_DEMOS" or "AGENTA_DEMOS", Text(""), Plain,
        "project ids: a JSON list of them, or separated by commas",
        "Projects that every new user may look at.";
    LOG = "log", Text("info"), Plain, "a filter such as info or freehold_store=debug,warn",
        "How much is logged.";
    LOG_FORMAT = "log_format", Derived("`pretty` on a terminal, `json` elsewhere"), Plain, "pretty or json",
        "How log lines look. They are written to standard error.";
    ACCESS_TOKEN_SECONDS = "access_token_seconds", Text("3600"), Plain, SECONDS,
        "How long an access token is good before it has to be refreshed.";
    REFRESH_TOKEN_SECONDS = "refresh_token_seconds", Text("8640000"), Plain, SECONDS,
        "How long a session lasts without being used: 100 days.";
    REFRESH_GRACE_SECONDS = "refresh_grace_seconds", Text("60"), Plain, "a whole number of seconds",
        "How long a refresh token that was just replaced is still taken, for two tabs that refresh at once.";
    SIGN_IN_LIMIT_ACCOUNT = "sign_in_limit_account", Text("10"), Plain, LIMIT,
        "Failed sign-ins for one e-mail address within the window before more are refused; 0 for no limit.";
    SIGN_IN_LIMIT_ADDRESS = "sign_in_limit_address", Text("100"), Plain, LIMIT,
        "Failed sign-ins from one network address within the window before more are refused; 0 for no limit.";
    SIGN_IN_LIMIT_WINDOW_SECONDS = "sign_in_limit_window_seconds", Text("900"), Plain, SECONDS,
        "The window in which failed sign-ins are counted.";
    TRUSTED_PROXIES = "trusted_proxies", Text(""), Plain, "a list of networks such as 10.0.0.0/8, separated by commas",
        "Proxies whose `X-Forwarded-For` is believed. From anybody else it is ignored.";
    CORS_ORIGINS = "cors_origins",
        Text("http://localhost:3000,http://localhost:3001,http://0.0.0.0:3000,http://0.0.0.0:3001,https://docs.agenta.ai,https://agenta.ai"),
        Plain, "a list of origins such as https://app.example.com, separated by commas",
        "Web pages of other origins that may call the API with credentials. `public_url` always may.";
    HASHING_THREADS = "hashing_threads", Derived("one for each processor"), Plain, COUNT,
        "Passwords hashed at the same time; others wait in line and leave the rest of the server alone.";
    AUTO_MIGRATIONS = "auto_migrations" or "ALEMBIC_AUTO_MIGRATIONS" or "AGENTA_AUTO_MIGRATIONS", Text("on"), Plain, SWITCH,
        "Whether `serve` brings the database up to date first. When off, run `freehold migrate` yourself.";
    POSTGRES_READERS = "postgres_readers", Text("4"), Plain, COUNT,
        "Connections to PostgreSQL that all reads share.";
    POSTGRES_WRITERS = "postgres_writers", Text("16"), Plain, COUNT,
        "Connections to PostgreSQL for writes, each used by one command at a time.";
    ALLOWED_DOMAINS = "access_allowed_domains" or "AGENTA_ACCESS_ALLOWED_DOMAINS" or "AGENTA_ALLOWED_DOMAINS", Text(""), Plain, LIST,
        "When not empty, only e-mail addresses of these domains and their subdomains may sign up or sign in.";
    BLOCKED_DOMAINS = "access_blocked_domains" or "AGENTA_ACCESS_BLOCKED_DOMAINS" or "AGENTA_BLOCKED_DOMAINS", Text(""), Plain, LIST,
        "E-mail domains, with their subdomains, that may not. Not read when `access_allowed_domains` has entries.";
    BLOCKED_EMAILS = "access_blocked_emails" or "AGENTA_ACCESS_BLOCKED_EMAILS" or "AGENTA_BLOCKED_EMAILS", Text(""), Plain, LIST,
        "E-mail addresses that may neither sign up nor sign in.";
    ALLOWED_OWNER_EMAILS = "access_allowed_owner_emails" or "AGENTA_ACCESS_ALLOWED_OWNER_EMAILS" or "AGENTA_ACCESS_ALLOWED_ORGANIZATION_OWNERS"
        or "AGENTA_ACCESS_ORG_CREATION_ALLOWLIST" or "AGENTA_ORG_CREATION_ALLOWLIST", Text(""), Plain, LIST,
        "When not empty, only these people get a personal organization and may create others. Empty means everybody.";
    ACCESS_ROLES = "access_roles" or "AGENTA_ACCESS_ROLES", Text(""), Plain, "a JSON object (see above)",
        "Roles of your own: all but `owner`, `admin` and `viewer`, by scope.";
    ACCESS_ROLES_OVERLAY = "access_roles_overlay" or "AGENTA_ACCESS_ROLES_OVERLAY", Text(""), Plain, "a JSON object (see above)",
        "Changes to single roles of workspaces and projects, and new ones beside the built-in ones.";
    OPEN_SIGN_UP = "open_sign_up", Text("on"), Plain, SWITCH,
        "Whether anybody whom the access policy admits may sign up. When off, only who has an open invitation, or an account that an operator made.";
    INVITATION_LIMIT = "invitation_limit", Text("5000"), Plain, LIMIT,
        "How many people one organization may invite within a day; those who are asked again count again; 0 for no limit.";
    EMAIL_DISABLED = "access_email_disabled" or "AGENTA_ACCESS_EMAIL_DISABLED" or "SUPERTOKENS_EMAIL_DISABLED", Text("off"), Plain, SWITCH,
        "Turns signing in with an e-mail address off. Refused in this version, which has no other way to sign in.";
    PASSWORD_POLICY = "password_policy" or "SUPERTOKENS_PASSWORD_POLICY", Text("strong"), Plain, "none, basic or strong",
        "`basic` asks for length; `strong` also for a capital letter, a digit and a special character.";
    PASSWORD_MIN_LENGTH = "password_min_length" or "SUPERTOKENS_PASSWORD_MIN_LENGTH", Text("8"), Plain, COUNT,
        "The fewest characters of a new password.";
    PASSWORD_MAX_LENGTH = "password_max_length" or "SUPERTOKENS_PASSWORD_MAX_LENGTH", Derived("none"), Plain, COUNT,
        "The most characters of a new password.";
    PASSWORD_REGEX = "password_regex" or "SUPERTOKENS_PASSWORD_REGEX", Derived("none"), Plain, "a regular expression",
        "When set, a new password has to match all of it, and the policy is not asked.";
    SMTP_HOST = "smtp_host" or "SMTP_HOST", Derived("none"), Plain, "the name of a mail server",
        "The mail server that letters go to. With it go `smtp_port` and `smtp_from_email`; without it, and without SendGrid, links are handed out instead of mailed.";
    SMTP_PORT = "smtp_port" or "SMTP_PORT", Derived("none"), Plain, "a port from 1 to 65535",
        "Where the mail server listens: usually 587, or 465 with `smtp_use_ssl`.";
    SMTP_USERNAME = "smtp_username" or "SMTP_USERNAME", Derived("none"), Plain, "a user name",
        "Who the server is at the mail server.";
    SMTP_PASSWORD = "smtp_password" or "SMTP_PASSWORD", Derived("none"), Secret, "a password",
        "The password to `smtp_username`.";
    SMTP_FROM_EMAIL = "smtp_from_email" or "SMTP_FROM_EMAIL" or "AGENTA_AUTHN_EMAIL_FROM" or "AGENTA_SEND_EMAIL_FROM_ADDRESS",
        Derived("none"), Plain, SENDER,
        "In whose name letters are sent.";
    SMTP_USE_TLS = "smtp_use_tls" or "SMTP_USE_TLS", Text("on"), Plain, SWITCH,
        "Whether the line to the mail server turns to TLS (STARTTLS) before anything is sent. Gives way to `smtp_use_ssl`; setting both is refused.";
    SMTP_USE_SSL = "smtp_use_ssl" or "SMTP_USE_SSL", Text("off"), Plain, SWITCH,
        "Whether the line to the mail server is TLS from the first byte.";
    SMTP_TIMEOUT_SECONDS = "smtp_timeout_seconds" or "SMTP_TIMEOUT", Text("60"), Plain, SECONDS,
        "How long it may take to hand one letter over to the mail server; at most two minutes count.";
    SMTP_CERTIFICATES = "smtp_certificates", Derived("none"), Plain, "the path of a PEM file",
        "Certificates that are believed of the mail server beside those that this machine believes.";
    SENDGRID_API_KEY = "sendgrid_api_key" or "SENDGRID_API_KEY", Derived("none"), Secret, "a key of SendGrid",
        "Letters go through SendGrid with this key, unless a mail server is set up. With it goes `sendgrid_from_email`.";
    SENDGRID_FROM_EMAIL = "sendgrid_from_email" or "SENDGRID_FROM_EMAIL" or "SENDGRID_FROM_ADDRESS" or "AGENTA_AUTHN_EMAIL_FROM"
        or "AGENTA_SEND_EMAIL_FROM_ADDRESS", Derived("none"), Plain, SENDER,
        "In whose name letters are sent through SendGrid.";
    SENDGRID_URL = "sendgrid_url", Text("https://api.sendgrid.com"), Plain, WEB_ADDRESS,
        "Where SendGrid's API is; `https://api.eu.sendgrid.com` for accounts in the European Union.";
    MAIL_PRODUCT_NAME = "mail_product_name", Text("Agenta"), Plain, "a name",
        "What letters call the place that people are invited to: your product.";
    MAIL_LIMIT_RECIPIENT = "mail_limit_recipient", Text("10"), Plain, LIMIT,
        "Letters that others cause (invitations, news of members) to one address within an hour. What is more waits; a password reset never does.";
}

/// Variables of the contract that later versions will read. Setting one is no
/// mistake, but somebody who does should hear that nothing comes of it yet.
pub const NO_EFFECT_YET: &[&str] = &[
    "AGENTA_LICENSE",
    "AGENTA_API_INTERNAL_URL",
    "AGENTA_CRYPT_KEY",
    "AGENTA_API_CACHING_ENABLED",
    "AGENTA_CACHING_ENABLED",
    "AGENTA_CACHE_ENABLED",
    "AGENTA_ACCESS_DEFAULT_PLAN",
    "AGENTA_DEFAULT_PLAN",
    "AGENTA_ACCESS_DEFAULT_PLAN_OVERLAY",
    "AGENTA_ACCESS_PLANS",
    "AGENTA_BILLING_CATALOG",
    "AGENTA_BILLING_PRICING",
    "AGENTA_PRICING",
    "SUPERTOKENS_URI_CORE",
    "SUPERTOKENS_CONNECTION_URI",
    "SUPERTOKENS_API_KEY",
    "SUPERTOKENS_APPLICATION",
    "SUPERTOKENS_TENANT",
    "POSTGRES_URI_TRACING",
    "POSTGRES_URI_SUPERTOKENS",
    "POSTGRES_DB_PREFIX",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "GITLAB_BASE_URL",
    "GOOGLE_WORKSPACES_HD",
    "APPLE_KEY_ID",
    "APPLE_TEAM_ID",
    "APPLE_PRIVATE_KEY",
    "AZURE_AD_DIRECTORY_ID",
    "ACTIVE_DIRECTORY_DIRECTORY_ID",
    "OKTA_DOMAIN",
    "BOXY_SAML_URL",
];

/// Beginnings and endings of whole families of such variables.
pub const NO_EFFECT_YET_BELOW: &[&str] = &[
    "STRIPE_",
    "REDIS_URI",
    "POSTHOG_",
    "LOOPS_",
    "CLOUDFLARE_TURNSTILE_",
];

/// See [`NO_EFFECT_YET_BELOW`]; these are how the social providers' end.
pub const NO_EFFECT_YET_ENDING: &[&str] = &["_OAUTH_CLIENT_ID", "_OAUTH_CLIENT_SECRET"];

/// Whether the contract knows `name` and this version does nothing with it.
#[must_use]
pub fn has_no_effect_yet(name: &str) -> bool {
    NO_EFFECT_YET.contains(&name)
        || NO_EFFECT_YET_BELOW
            .iter()
            .any(|family| name.starts_with(family))
        || NO_EFFECT_YET_ENDING
            .iter()
            .any(|ending| name.ends_with(ending))
}

/// The name among `known` that somebody who wrote `written` probably meant.
#[must_use]
pub fn nearest(written: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|name| (steps_between(written, &name), name))
        .filter(|(steps, name)| *steps <= 2.max(name.len() / 4))
        .min()
        .map(|(_, name)| name)
}

/// How many letters have to be put in, taken out or changed to get from one
/// word to the other.
fn steps_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
