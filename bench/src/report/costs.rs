//! The table of what single commands cost.

use crate::{costs::Cost, plan::Engine};

/// Prints the costs of one engine.
pub(crate) fn costs(engine: Engine, costs: &[Cost]) {
    println!();
    println!(
        "| {:<10} | {:<32} | statements | round trips | rows | index entries |   bytes | instructions |",
        "engine", "command"
    );
    println!(
        "| {:-<10} | {:-<32} | ---------: | ----------: | ---: | ------------: | ------: | -----------: |",
        "", ""
    );
    for cost in costs {
        let instructions = cost.instructions.map_or("–".into(), |n| n.to_string());
        println!(
            "| {:<10} | {:<32} | {:>10} | {:>11} | {:>4} | {:>13} | {:>7} | {instructions:>12} |",
            engine.name(),
            cost.command,
            cost.statements,
            cost.round_trips,
            cost.rows,
            cost.index_entries,
            cost.bytes,
        );
    }
    if costs.iter().any(|cost| cost.instructions.is_none()) {
        println!(
            "Instructions were not counted: `valgrind` is not installed, or costs were only compared."
        );
    }
}
