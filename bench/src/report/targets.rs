//! The figures of the table, how they are derived, and their targets on each
//! database.

use super::growth;
use crate::{
    plan::Part,
    results::{Measured, get, write_limit},
};

pub(crate) type Derivation = fn(&Measured) -> Option<f64>;

/// A figure of the table, and how it is derived.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) at_least: bool,
    pub(crate) targets: [Option<f64>; 2],
    pub(crate) derive: Derivation,
}

/// A figure that must not be below its target.
pub(super) const fn at_least(
    name: &'static str,
    unit: &'static str,
    targets: [f64; 2],
    derive: Derivation,
) -> Figure {
    Figure {
        name,
        unit,
        at_least: true,
        targets: [Some(targets[0]), Some(targets[1])],
        derive,
    }
}

/// A figure that must not be above its target.
pub(super) const fn at_most(
    name: &'static str,
    unit: &'static str,
    targets: [f64; 2],
    derive: Derivation,
) -> Figure {
    Figure {
        name,
        unit,
        at_least: false,
        targets: [Some(targets[0]), Some(targets[1])],
        derive,
    }
}

/// Like [`at_most`], for a figure that only PostgreSQL has.
const fn at_most_on_postgres(
    name: &'static str,
    unit: &'static str,
    target: f64,
    derive: Derivation,
) -> Figure {
    Figure {
        name,
        unit,
        at_least: false,
        targets: [None, Some(target)],
        derive,
    }
}

/// A figure without a target.
const fn without_target(name: &'static str, unit: &'static str, derive: Derivation) -> Figure {
    Figure {
        name,
        unit,
        at_least: false,
        targets: [None, None],
        derive,
    }
}

/// Every row of the table, in order.
pub(crate) fn figures() -> impl Iterator<Item = Figure> {
    USERS
        .into_iter()
        .chain(LARGE_ORGANIZATION)
        .chain(OPERATORS)
        .chain(growth::FIGURES)
}

/// Users of small organizations, and the server itself.
const USERS: [Figure; 13] = [
    at_least(
        "create organization, share of the raw limit",
        "",
        [0.5, 0.7],
        |m| Some(get(m, Part::Create)?.figures.rate() / write_limit(m)?.1),
    ),
    at_most(
        "create organization, CPU per request",
        "µs",
        [300.0, 900.0],
        |m| Some(get(m, Part::Create)?.cpu_us()),
    ),
    at_most("seeds on, extra CPU per creation", "%", [50.0, 40.0], |m| {
        Some((get(m, Part::CreateSeeded)?.cpu_us() / get(m, Part::Create)?.cpu_us() - 1.0) * 100.0)
    }),
    at_least(
        "list by API key, share of plain axum",
        "",
        [0.4, 0.22],
        |m| Some(get(m, Part::ListKey)?.figures.rate() / get(m, Part::Plain)?.figures.rate()),
    ),
    at_most(
        "list by API key, CPU per request",
        "µs",
        [60.0, 110.0],
        |m| Some(get(m, Part::ListKey)?.cpu_us()),
    ),
    at_most(
        "list by access token over list by API key, CPU",
        "times",
        [1.3; 2],
        |m| Some(get(m, Part::ListSession)?.cpu_us() / get(m, Part::ListKey)?.cpu_us()),
    ),
    at_most_on_postgres("round trips, create organization", "trips", 3.0, |m| {
        m.trips_create
    }),
    at_most_on_postgres("round trips, authenticated read", "trips", 1.0, |m| {
        m.trips_read
    }),
    at_most("sign-up, CPU beyond Argon2id", "ms", [1.0, 1.5], |m| {
        beyond_argon2(m, Part::SignUp)
    }),
    at_most("sign-in, CPU beyond Argon2id", "ms", [1.0, 1.5], |m| {
        beyond_argon2(m, Part::SignIn)
    }),
    at_most("p99 of reads beside 64 sign-ups", "x", [5.0, 5.0], |m| {
        Some(m.reads_beside_sign_ups_p99_us? as f64 / m.reads_alone_p99_us?.max(1) as f64)
    }),
    at_most("resident memory, idle", "MiB", [20.0; 2], |m| {
        Some(m.idle_kib? as f64 / 1024.0)
    }),
    at_most("resident memory, under load", "MiB", [40.0; 2], |m| {
        Some(m.loaded_kib? as f64 / 1024.0)
    }),
];

/// An organization with many members, and a user in many organizations.
const LARGE_ORGANIZATION: [Figure; 9] = [
    at_most("10,000 members: details", "ms", [10.0, 15.0], |m| {
        m.large_organization.get("details").copied()
    }),
    at_most("10,000 members: assign a role", "ms", [20.0; 2], |m| {
        m.large_organization.get("assign").copied()
    }),
    at_most("10,000 members: remove a member", "ms", [20.0; 2], |m| {
        m.large_organization.get("remove").copied()
    }),
    at_most(
        "10,000 members: create a project",
        "ms",
        [70.0, 150.0],
        |m| m.large_organization.get("create-project").copied(),
    ),
    at_most("2,000 organizations: list", "ms", [30.0; 2], |m| {
        m.large_organization.get("organizations").copied()
    }),
    at_most("2,000 organizations: projects", "ms", [60.0; 2], |m| {
        m.large_organization.get("projects").copied()
    }),
    without_target("10,000 members: accept an invitation", "ms", |m| {
        m.large_organization.get("accept").copied()
    }),
    at_most_on_postgres(
        "round trips, accept an invitation",
        "trips",
        // One for authentication, two for the decision and the writes.
        3.0,
        |m| m.large_organization.get("accept-trips").copied(),
    ),
    at_most("1,000 invitations in one call", "ms", [1_000.0; 2], |m| {
        m.large_organization.get("invite-many").copied()
    }),
];

/// Commands of operators.
const OPERATORS: [Figure; 8] = [
    at_most(
        "one account by an operator, CPU",
        "µs",
        [350.0, 1_000.0],
        |m| Some(get(m, Part::AdminSingle)?.cpu_us()),
    ),
    at_least(
        "1,000 accounts in one call",
        "per s",
        [8_000.0, 3_500.0],
        |m| Some(get(m, Part::AdminBatch)?.figures.rate() * 1_000.0),
    ),
    without_target("1,000 accounts in one call, CPU per account", "µs", |m| {
        Some(get(m, Part::AdminBatch)?.cpu_us() / 1_000.0)
    }),
    at_least("import", "per s", [8_000.0, 3_500.0], |m| {
        operator_figure(m, "import")
    }),
    at_most("import, resident memory", "MiB", [200.0; 2], |m| {
        operator_figure(m, "import-mib")
    }),
    at_most(
        "one account among all imported, CPU",
        "times",
        [1.3; 2],
        |m| Some(get(m, Part::AdminMillion)?.cpu_us() / get(m, Part::AdminSingle)?.cpu_us()),
    ),
    at_most("search users by email", "ms", [20.0; 2], |m| {
        operator_figure(m, "users")
    }),
    at_most("search organizations by name", "ms", [20.0; 2], |m| {
        operator_figure(m, "organizations")
    }),
];

/// Processor time per request in milliseconds without the hash. The hash is the one
/// with its memory kept: the cost of fresh memory depends on the allocator and the
/// machine, and can be avoided.
fn beyond_argon2(measured: &Measured, part: Part) -> Option<f64> {
    Some((get(measured, part)?.cpu_us() - measured.argon?.cpu_us_memory_kept) / 1e3)
}

fn operator_figure(measured: &Measured, name: &str) -> Option<f64> {
    measured.operators.get(name).copied()
}
