//! All settings in one table: name, aliases, default and description. The reader,
//! `config print`, the suggestions for misspelled names and
//! `docs/CONFIGURATION.md` use it.
//!
//! Not here: the syntax of values (`values`), and the precedence of sources
//! (`sources`).

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the file. Its variable is `FREEHOLD_` and the key in capitals.
    pub key: &'static str,
    /// Names of the reference API with the same meaning, the one with the highest
    /// precedence first.
    pub aliases: &'static [&'static str],
    /// Its default value.
    pub default: Default,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
    /// Description of a valid value; error messages print it after "expected".
    pub expected: &'static str,
    /// What it does, for `docs/CONFIGURATION.md`.
    pub description: &'static str,
}

/// The default value of a setting.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// This text, parsed like a configured value.
    Text(&'static str),
    /// Derived from other settings or from the machine, as the text describes.
    Derived(&'static str),
}

/// Whether a setting may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Shown by `config print`.
    Plain,
    /// Never shown. The variable with the suffix `_FILE` reads it from a file.
    Secret,
}

impl Setting {
    /// Returns the name of its variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_ascii_uppercase())
    }
}

/// Prefix of our own variables.
pub const PREFIX: &str = "FREEHOLD_";

/// Variables that begin with [`PREFIX`] and are not settings.
pub const OTHER_VARIABLES: &[&str] = &[
    "FREEHOLD_CONFIG",
    "FREEHOLD_FAILPOINT_FILE",
    "FREEHOLD_BIN",
    "FREEHOLD_OPERATOR_KEY",
    "FREEHOLD_OPERATOR_KEY_FILE",
];

/// Prefixes of variables that tests and benchmarks read.
pub const OTHER_VARIABLE_PREFIXES: &[&str] = &["FREEHOLD_TEST_", "FREEHOLD_BENCH_"];

const SECONDS: &str = "a whole number of seconds, 1 or more";
const SWITCH: &str = "on or off";
const LIST: &str = "a list, separated by commas";
const WEB_URL: &str = "a URL that begins with http:// or https://";
const COUNT: &str = "a whole number, 1 or more";
const SENDER: &str = "an email address, or a name and an address as in `Acme <mail@acme.test>`";
const DAYS: &str = "a whole number of days; 0 to keep them for ever";
const LIMIT: &str = "a whole number; 0 for no limit";

macro_rules! settings {
    ($($constant:ident = $key:literal $(or $alias:literal)*, $default:ident($text:literal), $secrecy:ident, $expected:expr, $description:literal;)*) => {
        $(
            #[doc = $description]
            pub const $constant: Setting = Setting {
                key: $key,
                aliases: &[$($alias),*],
                default: Default::$default($text),
                secrecy: Secrecy::$secrecy,
                expected: $expected,
                description: $description,
            };
        )*
        /// All settings, in the order in which they are shown.
        pub const ALL: &[Setting] = &[$($constant),*];
    };
}

settings! {
    LISTEN = "listen", Text("127.0.0.1:8000"), Plain, "an address and a port, such as 127.0.0.1:8000 or [::]:8000",
        "Address and port that the server listens on.";
    DATABASE_URL = "database_url" or "POSTGRES_URI_CORE", Derived("`sqlite:` and `freehold.db` in the data directory"), Secret,
        "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        "The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`. `postgres://HOST1,HOST2/DB?target_session_attrs=read-write` follows a failover.";
    DATA_DIR = "data_dir", Text("./data"), Plain, "a directory",
        "Directory of the SQLite file and the generated admin key. Created with mode 700 if missing.";
    ADMIN_KEY = "admin_key" or "AGENTA_AUTH_KEY", Derived("generated once and stored in `admin.key` in the data directory"), Secret,
        "32 random bytes or more",
        "Authenticates requests to the admin API: 32 random bytes or more. Short and well-known keys are refused.";
    INIT_ADMIN_EMAIL = "init_admin_email", Derived("none"), Plain, "an email address",
        "Unattended bootstrap: email address of the account to create (see above).";
    INIT_ADMIN_PASSWORD = "init_admin_password", Derived("none: the user sets it with a reset link"), Secret, "a password that satisfies the password policy",
        "Unattended bootstrap: password of that account. It has to satisfy the password policy.";
    INIT_ORGANIZATION = "init_organization", Derived("none"), Plain, "a name",
        "Unattended bootstrap: name of the organization to create for that account.";
    INIT_KEY_FILE = "init_key_file", Derived("none"), Plain, "the path of a file",
        "Unattended bootstrap: file to write an API key of that account for the organization's project to.";
    INIT_FILE = "init_file", Derived("none"), Plain, "the path of a JSON file",
        "Unattended bootstrap: JSON file with accounts to create: the body of `POST /admin/accounts` or `POST /admin/simple/accounts`.";
    PUBLIC_URL = "public_url" or "AGENTA_WEB_URL", Derived("`http://localhost` and the port of `listen`"), Plain, WEB_URL,
        "Public URL of the web application; links in emails point to it.";
    API_URL = "api_url" or "AGENTA_API_URL", Derived("`public_url` and `/api`"), Plain, WEB_URL,
        "Public URL of the API; the issuer of access tokens.";
    SERVICES_URL = "services_url" or "AGENTA_SERVICES_URL", Text("http://localhost/services"), Plain, WEB_URL,
        "URL of the services that run the default evaluators.";
    SEEDS = "seeds", Text("on"), Plain, SWITCH,
        "Whether new projects get initial content. In the file also `enabled` in the section `[seeds]`.";
    SEEDS_FILE = "seeds_file", Derived("the built-in test set, evaluators and environments"), Plain, "the path of a seed catalog",
        "Seed catalog, a TOML file: the initial content of new projects.";
    DEMOS = "demos" or "AGENTA_EXTRAS_DEMOS" or "AGENTA_DEMOS", Text(""), Plain,
        "project ids: a JSON list of them, or separated by commas",
        "Ids of demo projects, which every new user can view: separated by commas, or a JSON list.";
    LOG = "log", Text("info"), Plain, "a filter such as info or freehold_store=debug,warn",
        "Log filter, such as `info` or `freehold_store=debug,warn`.";
    LOG_FORMAT = "log_format", Derived("`pretty` on a terminal, `json` elsewhere"), Plain, "pretty or json",
        "Format of log lines, `pretty` or `json`. They are written to standard error.";
    ACCESS_TOKEN_SECONDS = "access_token_seconds", Text("3600"), Plain, SECONDS,
        "Lifetime of an access token.";
    REFRESH_TOKEN_SECONDS = "refresh_token_seconds", Text("8640000"), Plain, SECONDS,
        "Lifetime of an unused session; the default is 100 days.";
    REFRESH_GRACE_SECONDS = "refresh_grace_seconds", Text("60"), Plain, "a whole number of seconds",
        "How long a replaced refresh token is still accepted, so that two tabs can refresh at the same time.";
    SIGN_IN_LIMIT_ACCOUNT = "sign_in_limit_account", Text("10"), Plain, LIMIT,
        "Failed sign-ins for one email address within the window before further attempts are refused; 0 for no limit.";
    SIGN_IN_LIMIT_ADDRESS = "sign_in_limit_address", Text("100"), Plain, LIMIT,
        "Failed sign-ins from one IP address within the window before further attempts are refused; 0 for no limit.";
    SIGN_IN_LIMIT_WINDOW_SECONDS = "sign_in_limit_window_seconds", Text("900"), Plain, SECONDS,
        "The window in which failed sign-ins are counted.";
    TRUSTED_PROXIES = "trusted_proxies", Text(""), Plain, "a list of networks such as 10.0.0.0/8, separated by commas",
        "Proxies whose `X-Forwarded-For` header is trusted: networks such as `10.0.0.0/8`. The header is ignored in all other requests.";
    CORS_ORIGINS = "cors_origins",
        Text("http://localhost:3000,http://localhost:3001,http://0.0.0.0:3000,http://0.0.0.0:3001,https://docs.agenta.ai,https://agenta.ai"),
        Plain, "a list of origins such as https://app.example.com, separated by commas",
        "Origins that may call the API with credentials (CORS). The origin of `public_url` is always allowed.";
    HASHING_THREADS = "hashing_threads", Derived("the number of processors"), Plain, COUNT,
        "Number of passwords hashed concurrently; further ones wait in a queue.";
    AUTO_MIGRATIONS = "auto_migrations" or "ALEMBIC_AUTO_MIGRATIONS" or "AGENTA_AUTO_MIGRATIONS", Text("on"), Plain, SWITCH,
        "Whether `serve` applies pending migrations. When off, run `freehold migrate`.";
    POSTGRES_READERS = "postgres_readers", Text("4"), Plain, COUNT,
        "PostgreSQL connections for reads outside transactions.";
    POSTGRES_WRITERS = "postgres_writers", Text("16"), Plain, COUNT,
        "PostgreSQL connections for transactions, each used by one command at a time.";
    ALLOWED_DOMAINS = "access_allowed_domains" or "AGENTA_ACCESS_ALLOWED_DOMAINS" or "AGENTA_ALLOWED_DOMAINS", Text(""), Plain, LIST,
        "If not empty, only users with an email address in these domains or their subdomains may sign up and sign in.";
    BLOCKED_DOMAINS = "access_blocked_domains" or "AGENTA_ACCESS_BLOCKED_DOMAINS" or "AGENTA_BLOCKED_DOMAINS", Text(""), Plain, LIST,
        "Email domains, including subdomains, whose users may not sign up or sign in. Ignored if `access_allowed_domains` is set.";
    BLOCKED_EMAILS = "access_blocked_emails" or "AGENTA_ACCESS_BLOCKED_EMAILS" or "AGENTA_BLOCKED_EMAILS", Text(""), Plain, LIST,
        "Email addresses that may neither sign up nor sign in.";
    ALLOWED_OWNER_EMAILS = "access_allowed_owner_emails" or "AGENTA_ACCESS_ALLOWED_OWNER_EMAILS" or "AGENTA_ACCESS_ALLOWED_ORGANIZATION_OWNERS"
        or "AGENTA_ACCESS_ORG_CREATION_ALLOWLIST" or "AGENTA_ORG_CREATION_ALLOWLIST", Text(""), Plain, LIST,
        "If not empty, only users with these email addresses get a personal organization and may create organizations. Empty: all users.";
    ACCESS_PERMISSIONS = "access_permissions", Text(""), Plain, "a JSON list",
        "Permissions of an application of yours, a JSON list (see above). Roles can have them, and `GET /access/permissions/check` knows them.";
    ACCESS_ROLES = "access_roles" or "AGENTA_ACCESS_ROLES", Text(""), Plain, "a JSON object",
        "Custom roles by scope, a JSON object (see above). They replace all built-in roles except `owner`, `admin` and `viewer`.";
    ACCESS_ROLES_OVERLAY = "access_roles_overlay" or "AGENTA_ACCESS_ROLES_OVERLAY", Text(""), Plain, "a JSON object",
        "Overrides of single workspace and project roles, and additional roles: a JSON object (see above).";
    OPEN_SIGN_UP = "open_sign_up", Text("on"), Plain, SWITCH,
        "Whether every user admitted by the access policy may sign up. When off, only invitees and users created by an operator may.";
    INVITATION_LIMIT = "invitation_limit", Text("5000"), Plain, LIMIT,
        "Invitations that one organization may send within a day, including resent ones; 0 for no limit.";
    EMAIL_DISABLED = "access_email_disabled" or "AGENTA_ACCESS_EMAIL_DISABLED" or "SUPERTOKENS_EMAIL_DISABLED", Text("off"), Plain, SWITCH,
        "Disables sign-in with an email address. Refused in this version, which has no other sign-in method.";
    PASSWORD_POLICY = "password_policy" or "SUPERTOKENS_PASSWORD_POLICY", Text("strong"), Plain, "none, basic or strong",
        "`none`, `basic` or `strong`: `basic` requires the minimum length, `strong` also an upper-case letter, a digit and a special character.";
    PASSWORD_MIN_LENGTH = "password_min_length" or "SUPERTOKENS_PASSWORD_MIN_LENGTH", Text("8"), Plain, COUNT,
        "Minimum length of a new password, in characters.";
    PASSWORD_MAX_LENGTH = "password_max_length" or "SUPERTOKENS_PASSWORD_MAX_LENGTH", Derived("none"), Plain, COUNT,
        "Maximum length of a new password, in characters.";
    PASSWORD_REGEX = "password_regex" or "SUPERTOKENS_PASSWORD_REGEX", Derived("none"), Plain, "a regular expression",
        "If set, a new password must match this expression completely, and `password_policy` is ignored.";
    SMTP_HOST = "smtp_host" or "SMTP_HOST", Derived("none"), Plain, "the name of a mail server",
        "Mail server that emails are sent through. Requires `smtp_port` and `smtp_from_email`. Without it and without SendGrid, links are returned to the caller instead of emailed.";
    SMTP_PORT = "smtp_port" or "SMTP_PORT", Derived("none"), Plain, "a port from 1 to 65535",
        "Port of the mail server: usually 587, or 465 with `smtp_use_ssl`.";
    SMTP_USERNAME = "smtp_username" or "SMTP_USERNAME", Derived("none"), Plain, "a user name",
        "User name at the mail server.";
    SMTP_PASSWORD = "smtp_password" or "SMTP_PASSWORD", Derived("none"), Secret, "a password",
        "Password of `smtp_username`.";
    SMTP_FROM_EMAIL = "smtp_from_email" or "SMTP_FROM_EMAIL" or "AGENTA_AUTHN_EMAIL_FROM" or "AGENTA_SEND_EMAIL_FROM_ADDRESS",
        Derived("none"), Plain, SENDER,
        "Sender of emails sent through the mail server: an email address, or a name and an address as in `Acme <mail@acme.test>`.";
    SMTP_USE_TLS = "smtp_use_tls" or "SMTP_USE_TLS", Text("on"), Plain, SWITCH,
        "Whether the connection to the mail server uses STARTTLS. `smtp_use_ssl` takes precedence over the default; setting both is refused.";
    SMTP_USE_SSL = "smtp_use_ssl" or "SMTP_USE_SSL", Text("off"), Plain, SWITCH,
        "Whether the connection to the mail server uses implicit TLS.";
    SMTP_TIMEOUT_SECONDS = "smtp_timeout_seconds" or "SMTP_TIMEOUT", Text("60"), Plain, SECONDS,
        "Timeout for sending one email to the mail server; at most two minutes.";
    SMTP_CERTIFICATES = "smtp_certificates", Derived("none"), Plain, "the path of a PEM file",
        "PEM file with CA certificates trusted for the mail server, in addition to those of the system.";
    SENDGRID_API_KEY = "sendgrid_api_key" or "SENDGRID_API_KEY", Derived("none"), Secret, "a SendGrid API key",
        "SendGrid API key: emails are sent through SendGrid unless a mail server is configured. Requires `sendgrid_from_email`.";
    SENDGRID_FROM_EMAIL = "sendgrid_from_email" or "SENDGRID_FROM_EMAIL" or "SENDGRID_FROM_ADDRESS" or "AGENTA_AUTHN_EMAIL_FROM"
        or "AGENTA_SEND_EMAIL_FROM_ADDRESS", Derived("none"), Plain, SENDER,
        "Sender of emails sent through SendGrid, like `smtp_from_email`.";
    SENDGRID_URL = "sendgrid_url", Text("https://api.sendgrid.com"), Plain, WEB_URL,
        "URL of the SendGrid API; `https://api.eu.sendgrid.com` for accounts in the European Union.";
    MAIL_PRODUCT_NAME = "mail_product_name", Text("Agenta"), Plain, "a name",
        "Name of your product, as emails show it.";
    MAIL_LIMIT_RECIPIENT = "mail_limit_recipient", Text("10"), Plain, LIMIT,
        "Emails to one address within an hour that other users cause (invitations, membership notices). Further ones are delayed; password resets are not limited. 0 for no limit.";
    RETENTION_AUDIT_DAYS = "retention_audit_days", Text("0"), Plain, DAYS,
        "Days that audit events are kept; 0, the default, keeps them for ever. Those of the unattended bootstrap always stay.";
    RETENTION_EVENT_DAYS = "retention_event_days", Text("30"), Plain, DAYS,
        "Days that undelivered events stay in the outbox; 0 keeps them for ever.";
    RETENTION_DELIVERED_DAYS = "retention_delivered_days", Text("7"), Plain, DAYS,
        "Days that emails stay in the outbox after they were sent or cancelled, and events after they were delivered; 0 keeps them for ever.";
    RETENTION_DEAD_EMAIL_DAYS = "retention_dead_email_days", Text("90"), Plain, DAYS,
        "Days that emails which could not be sent stay for `freehold email retry`; 0 keeps them for ever.";
    RETENTION_INVITATION_DAYS = "retention_invitation_days", Text("365"), Plain, DAYS,
        "Days that invitations are kept after they were accepted, declined or revoked, or have expired; 0 keeps them for ever.";
    RETENTION_IMPORT_DAYS = "retention_import_days", Text("90"), Plain, DAYS,
        "Days that the progress of a finished import is kept, so that running it again reports the same results; 0 keeps it for ever. The results are read from the audit log.";
}

/// Variables of the reference API that have no effect in this version
/// (docs/COMPATIBILITY.md#configuration). A notice at the start names those that
/// are set.
pub const UNSUPPORTED_VARIABLES: &[&str] = &[
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

/// Prefixes of further such variables.
pub const UNSUPPORTED_PREFIXES: &[&str] = &[
    "STRIPE_",
    "REDIS_URI",
    "POSTHOG_",
    "LOOPS_",
    "CLOUDFLARE_TURNSTILE_",
];

/// Suffixes of further such variables, those of the social providers.
pub const UNSUPPORTED_SUFFIXES: &[&str] = &["_OAUTH_CLIENT_ID", "_OAUTH_CLIENT_SECRET"];

/// Whether `name` is a variable of the reference API that has no effect in this
/// version.
#[must_use]
pub fn is_unsupported(name: &str) -> bool {
    UNSUPPORTED_VARIABLES.contains(&name)
        || UNSUPPORTED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
        || UNSUPPORTED_SUFFIXES
            .iter()
            .any(|suffix| name.ends_with(suffix))
}
