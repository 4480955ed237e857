//! `freehold explain`: whether somebody may do something, and why.

use std::process::ExitCode;

use clap::Args;
use freehold_app::{Extensions, WhichThing};

use super::{
    arguments::{Who, thing},
    common::Common,
    operation::Errand,
    transport::path,
};
use crate::{cli::shared::error::Failed, config::Sources, startup::Missing};

/// A question about somebody's rights.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Who would do it, by e-mail address or id.
    #[arg(long, value_name = "EMAIL|ID")]
    user: Who,
    /// What they would do: sign_in, sign_up, create_organization, invite, accept, or a permission
    /// such as view_spans.
    #[arg(long)]
    action: String,
    /// To what: an organization, a workspace, a project, or an invitation to accept.
    #[arg(long, value_name = "ID|SLUG", value_parser = thing)]
    on: Option<WhichThing>,
    /// The role that an invitation would give.
    #[arg(long)]
    role: Option<String>,
    /// Whom an invitation would be for.
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Explain {
    fn errand(self) -> Errand {
        Errand::look(path(&["admin", "explain"]))
            .asking("user", Some(self.user.text()))
            .asking("action", Some(self.action))
            .asking("on", self.on)
            .asking("role", self.role)
            .asking("email", self.email)
    }
}

impl Explain {
    pub(in crate::cli) fn run(
        mut self,
        sources: &Sources,
        extensions: &Extensions,
    ) -> Result<ExitCode, Failed> {
        let common = std::mem::take(&mut self.common);
        common.run(sources, extensions, Missing::Leave, async |_| {
            Ok(self.errand())
        })
    }
}
