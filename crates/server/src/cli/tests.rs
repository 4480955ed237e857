//! The help of every command, compared with `snapshots/`.
//!
//! `INSTA_UPDATE=always cargo test --workspace --lib cli::tests` accepts a change.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use super::Cli;

#[test]
fn the_help_of_every_command_is_as_in_the_snapshot() {
    let mut text = String::new();
    write_help(&mut text, Cli::command().term_width(100));
    insta::assert_snapshot!("help", text);
}

#[test]
fn every_command_that_can_be_run_has_an_example() {
    let mut command = Cli::command();
    command.build();
    let mut without = Vec::new();
    collect_without_example(&command, &mut without);
    assert!(without.is_empty(), "{without:?}");
}

/// Writes the help of `command` and of all its subcommands.
fn write_help(text: &mut String, mut command: Command) {
    command.build();
    let mut commands = vec![command];
    while let Some(mut command) = commands.pop() {
        let name = command.get_bin_name().unwrap_or("freehold").to_owned();
        let help = command.render_long_help();
        _ = writeln!(text, "$ {name} --help\n{help}\n");
        let subcommands = command
            .get_subcommands()
            .filter(|command| command.get_name() != "help");
        let mut subcommands: Vec<Command> = subcommands.cloned().collect();
        subcommands.reverse();
        commands.append(&mut subcommands);
    }
}

fn collect_without_example(command: &Command, without: &mut Vec<String>) {
    let subcommands = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help");
    let mut is_group = false;
    for subcommand in subcommands {
        is_group = true;
        collect_without_example(subcommand, without);
    }
    let after_help = command.get_after_help().map(ToString::to_string);
    if !is_group && !after_help.is_some_and(|help| help.contains("Example")) {
        without.push(command.get_bin_name().unwrap_or_default().to_owned());
    }
}
