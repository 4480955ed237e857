//! `freehold explain`: shows whether a user may perform an action, and why.

use std::process::ExitCode;

use clap::Args;
use freehold_app::TargetReference;

use super::{
    arguments::{UserArgument, parse_object},
    common_options::CommonOptions,
    operation::Operation,
    transport::path,
};
use crate::{cli::shared::error::CommandError, config::ConfigSources, startup::MissingDatabase};

/// Arguments of `freehold explain`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// The user, by email address or id.
    #[arg(long, value_name = "EMAIL|ID")]
    user: UserArgument,
    /// The action: sign_in, sign_up, create_organization, invite, accept, or a permission
    /// such as view_spans.
    #[arg(long)]
    action: String,
    /// The target: an organization, workspace, project or invitation.
    #[arg(long, value_name = "ID|SLUG", value_parser = parse_object)]
    on: Option<TargetReference>,
    /// For `invite`: the role of the invitation.
    #[arg(long)]
    role: Option<String>,
    /// For `invite`: the email address of the invitee.
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    #[command(flatten)]
    common: CommonOptions,
}

impl Explain {
    fn operation(self) -> Operation {
        Operation::read(path(&["admin", "explain"]))
            .with_query("user", Some(self.user.text()))
            .with_query("action", Some(self.action))
            .with_query("on", self.on)
            .with_query("role", self.role)
            .with_query("email", self.email)
    }
}

impl Explain {
    pub(in crate::cli) fn run(mut self, sources: &ConfigSources) -> Result<ExitCode, CommandError> {
        let common = std::mem::take(&mut self.common);
        common.run(sources, MissingDatabase::Fail, async |_| {
            Ok(self.operation())
        })
    }
}
