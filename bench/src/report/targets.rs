//! What operators' work may cost: the rows of the table. How it is measured is
//! in `provisioning`.

use crate::{
    Part,
    report::{Figure, at_least, at_most, get, untold},
    results::Measured,
};

/// The rows of the table.
pub(crate) const FIGURES: [Figure; 8] = [
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
    untold("1,000 accounts in one call, CPU per account", "µs", |m| {
        Some(get(m, Part::AdminBatch)?.cpu_us() / 1_000.0)
    }),
    at_least("import", "per s", [8_000.0, 3_500.0], |m| told(m, "import")),
    at_most("import, resident memory", "MiB", [200.0; 2], |m| {
        told(m, "import-mib")
    }),
    at_most(
        "one account among all imported, CPU",
        "times",
        [1.3; 2],
        |m| Some(get(m, Part::AdminMillion)?.cpu_us() / get(m, Part::AdminSingle)?.cpu_us()),
    ),
    at_most("search people by e-mail", "ms", [20.0; 2], |m| {
        told(m, "users")
    }),
    at_most("search organizations by name", "ms", [20.0; 2], |m| {
        told(m, "organizations")
    }),
];

fn told(measured: &Measured, name: &str) -> Option<f64> {
    measured.operators.get(name).copied()
}
