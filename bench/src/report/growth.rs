//! The figures of databases that grow, and of memberships, and their targets.

use super::targets::{Figure, at_least, at_most};
use crate::{
    plan::Part,
    results::{Measured, get, write_limit},
    scenarios::growth::{Growth, SIZES},
};

/// By how much a cost may grow from 1,000 organizations to the largest number.
const FLAT: [f64; 2] = [1.15; 2];
/// The cost of a change of a membership, in multiples of a creation.
const ONE_CREATION: [f64; 2] = [0.8; 2];

pub(super) const FIGURES: [Figure; 15] = [
    at_least(
        "create among 100,000, share of the raw limit",
        "",
        [0.5, 0.7],
        |m| Some(get(m, Part::Growth)?.figures.rate() / write_limit(m)?.1),
    ),
    at_most("bytes per creation among 100,000", "KB", [20.0, 8.0], |m| {
        Some(m.bytes_per_creation? / 1e3)
    }),
    at_most(
        "invite, CPU over one creation",
        "times",
        ONE_CREATION,
        |m| over_creation(m, "invite"),
    ),
    at_most(
        "accept, CPU over one creation",
        "times",
        ONE_CREATION,
        |m| over_creation(m, "accept"),
    ),
    at_most("leave, CPU over one creation", "times", ONE_CREATION, |m| {
        over_creation(m, "leave")
    }),
    at_most("growth: create, CPU", "times", FLAT, |m| {
        growth(m, "create", cpu)
    }),
    at_most("growth: create, bytes", "times", FLAT, |m| {
        growth(m, "create", bytes)
    }),
    at_most("growth: list by API key, CPU", "times", FLAT, |m| {
        growth(m, "list", cpu)
    }),
    at_most("growth: accept, CPU", "times", FLAT, |m| {
        growth(m, "accept", cpu)
    }),
    at_most("growth: accept, bytes", "times", FLAT, |m| {
        growth(m, "accept", bytes)
    }),
    at_most("growth: sign-in beside the hash, CPU", "times", FLAT, |m| {
        growth(m, "sign-in", cpu)
    }),
    at_most("growth: sign-in, bytes", "times", FLAT, |m| {
        growth(m, "sign-in", bytes)
    }),
    at_most(
        "growth: one account by an operator, CPU",
        "times",
        FLAT,
        |m| growth(m, "admin-single", cpu),
    ),
    at_most(
        "growth: one account by an operator, bytes",
        "times",
        FLAT,
        |m| growth(m, "admin-single", bytes),
    ),
    at_most("growth: invite, bytes", "times", FLAT, |m| {
        growth(m, "invite", bytes)
    }),
];

fn cpu(growth: &Growth) -> f64 {
    growth.cpu_us
}

fn bytes(growth: &Growth) -> f64 {
    growth.bytes
}

/// The cost of a command among 1,000 organizations, in multiples of a creation.
fn over_creation(measured: &Measured, name: &str) -> Option<f64> {
    let costs = measured.growth.get(&SIZES[0])?;
    Some(costs.get(name)?.cpu_us / costs.get("create")?.cpu_us)
}

/// The cost at the largest size over the cost among 1,000 organizations.
fn growth(measured: &Measured, name: &str, figure: fn(&Growth) -> f64) -> Option<f64> {
    let (size, largest) = measured.growth.last_key_value()?;
    let first = measured
        .growth
        .get(&SIZES[0])
        .filter(|_| *size != SIZES[0])?;
    Some(figure(largest.get(name)?) / figure(first.get(name)?))
}

#[cfg(test)]
mod tests {
    use super::{Growth, cpu, growth, over_creation};
    use crate::{plan::Engine, results::Measured};

    fn measured(sizes: &[(u32, f64)]) -> Measured {
        let mut measured = Measured::new(Engine::Sqlite);
        for (size, cpu_us) in sizes {
            let costs = measured.growth.entry(*size).or_default();
            let cost = |cpu_us| Growth { cpu_us, bytes: 1.0 };
            costs.insert("create", cost(*cpu_us));
            costs.insert("leave", cost(50.0));
        }
        measured
    }

    #[test]
    fn growth_is_the_ratio_of_the_largest_size_to_the_first() {
        let both = measured(&[(1_000, 100.0), (100_000, 130.0), (1_000_000, 110.0)]);
        assert_eq!(growth(&both, "create", cpu), Some(1.1));
        assert_eq!(growth(&measured(&[(1_000, 100.0)]), "create", cpu), None);
        assert_eq!(growth(&both, "sign-in", cpu), None);
    }

    #[test]
    fn memberships_are_compared_with_creations_among_few_organizations() {
        let both = measured(&[(1_000, 100.0), (1_000_000, 200.0)]);
        assert_eq!(over_creation(&both, "leave"), Some(0.5));
    }
}
