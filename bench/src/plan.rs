//! The requested databases and parts, and their sizes.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A part of the benchmark, for `--only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Costs,
    Plain,
    Argon2,
    RawInserts,
    SignUp,
    SignIn,
    Create,
    CreateSeeded,
    ListKey,
    ListSession,
    VerifyKey,
    BusyReads,
    RoundTrips,
    LargeOrganization,
    AdminSingle,
    AdminBatch,
    Import,
    AdminMillion,
    Search,
    Members,
    Growth,
}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Costs => "costs",
            Self::Plain => "plain",
            Self::Argon2 => "argon2",
            Self::RawInserts => "raw-inserts",
            Self::SignUp => "sign-up",
            Self::SignIn => "sign-in",
            Self::Create => "create",
            Self::CreateSeeded => "create-seeded",
            Self::ListKey => "list-key",
            Self::ListSession => "list-session",
            Self::VerifyKey => "verify-key",
            Self::BusyReads => "busy-reads",
            Self::RoundTrips => "round-trips",
            Self::LargeOrganization => "large-organization",
            Self::AdminSingle => "admin-single",
            Self::AdminBatch => "admin-batch",
            Self::Import => "import",
            Self::AdminMillion => "admin-million",
            Self::Search => "search",
            Self::Members => "members",
            Self::Growth => "growth",
        }
    }

    /// Whether users who have signed up send the requests.
    pub(crate) fn needs_users(self) -> bool {
        !matches!(
            self,
            Self::Costs
                | Self::Plain
                | Self::Argon2
                | Self::RawInserts
                | Self::Members
                | Self::Growth
        ) && !self.is_operator_part()
    }

    /// Whether an operator sends the requests.
    pub(crate) fn is_operator_part(self) -> bool {
        matches!(
            self,
            Self::AdminSingle | Self::AdminBatch | Self::Import | Self::AdminMillion | Self::Search
        )
    }

    /// The parts whose figures are compared with this one.
    pub(crate) fn compared_parts(self) -> &'static [Self] {
        match self {
            Self::Plain => &[Self::ListKey, Self::ListSession, Self::VerifyKey],
            Self::Argon2 => &[Self::SignUp, Self::SignIn],
            Self::RawInserts => &[Self::Create, Self::CreateSeeded, Self::Growth],
            Self::Create => &[Self::CreateSeeded],
            Self::Members => &[Self::Growth],
            Self::AdminSingle => &[Self::AdminMillion],
            Self::Import => &[Self::AdminMillion, Self::Search],
            _ => &[],
        }
    }
}

/// The options of a run.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) only: Vec<Part>,
    pub(crate) seconds: u32,
    pub(crate) connections: u32,
    pub(crate) accounts: u32,
    /// The largest number of organizations in the part `growth`.
    pub(crate) organizations: u32,
    pub(crate) binary: PathBuf,
}

impl Bench {
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|wanted| *wanted == part || part.compared_parts().contains(wanted))
    }

    pub(crate) fn wants_users(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| part.needs_users())
    }

    pub(crate) fn wants_operator_parts(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| part.is_operator_part())
    }
}
