//! What a command of operators comes down to: one request, whether it takes
//! something away, and what is said when it is done.

mod errors;
mod output;
pub(super) mod preview;

use std::io::{self, IsTerminal as _, Write as _};

use axum::http::Method;
use serde_json::Value;

use super::{
    arguments::{Doing, Page, Removing},
    transport::{Reply, Request, Wire},
};
use crate::{
    cli::shared::{arguments::Format, error::Failed, table},
    terminal,
};
use preview::OwnershipTransfer;

/// One request, and how to go about it.
#[derive(Debug)]
pub(super) struct Errand {
    request: Request,
    /// Whether this was meant without being asked again; nothing if it need
    /// not be.
    sure: Option<bool>,
    rehearsal: bool,
    handover: Option<OwnershipTransfer>,
}

impl Errand {
    /// A question.
    pub(super) fn look(path: impl Into<String>) -> Self {
        Self {
            request: Request::new(Method::GET, path),
            sure: None,
            rehearsal: false,
            handover: None,
        }
    }

    /// A change.
    pub(super) fn change(path: impl Into<String>, body: Value, doing: Doing) -> Self {
        Self::command(Method::POST, path, doing).with(body)
    }

    /// A change that takes something away.
    pub(super) fn removal(path: impl Into<String>, removing: Removing) -> Self {
        Self {
            sure: Some(removing.yes),
            ..Self::command(Method::DELETE, path, removing.doing)
        }
    }

    /// A change that takes something away from somebody and gives it to another.
    pub(super) fn handover(path: impl Into<String>, body: Value, removing: Removing) -> Self {
        Self {
            sure: Some(removing.yes),
            ..Self::change(path, body, removing.doing)
        }
    }

    /// What a handover would move, which its answer does not say.
    pub(super) fn moving(mut self, handover: OwnershipTransfer) -> Self {
        self.handover = Some(handover);
        self
    }

    fn command(method: Method, path: impl Into<String>, doing: Doing) -> Self {
        let mut request = Request::new(method, path);
        request.idempotency_key = doing.idempotency_key;
        Self {
            request,
            sure: None,
            rehearsal: doing.dry_run,
            handover: None,
        }
    }

    pub(super) fn with(mut self, body: Value) -> Self {
        self.request.body = Some(body);
        self
    }

    /// Adds to the query what was said.
    pub(super) fn asking(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        let value = value.map(|value| value.to_string());
        self.request.query.extend(value.map(|value| (name, value)));
        self
    }

    /// Adds to the query which page of a list is asked for.
    pub(super) fn paged(self, page: Page) -> Self {
        self.asking("limit", page.limit)
            .asking("cursor", page.after)
    }

    /// The answer to a question on the way to another.
    pub(super) async fn found(self, wire: &Wire) -> Result<Value, Failed> {
        let reply = granted(wire.ask(&self.request).await?)?;
        Ok(reply.body.unwrap_or_default())
    }

    /// Does it, and says what came of it.
    pub(super) async fn run(
        mut self,
        wire: &Wire,
        reason: Option<String>,
        format: Format,
    ) -> Result<(), Failed> {
        self = self.asking("reason", reason);
        if self.sure == Some(false) && !self.rehearsal {
            self.make_sure(wire).await?;
        }
        let reply = wire.ask(&self.request(self.rehearsal)).await?;
        let reply = granted(reply)?;
        match reply.rehearsed && self.sure.is_some() && format == Format::Table {
            true => terminal::answer(self.preview(wire, &reply).await),
            false => answer(&reply, format),
        }
        remark(&reply, format);
        errors::left_undone(reply.body.as_ref()).map_or(Ok(()), Err)
    }

    /// What would go or move, for eyes: ids with the names that they have.
    async fn preview(&self, wire: &Wire, rehearsed: &Reply) -> String {
        let body = rehearsed.body.as_ref();
        let shown = match &self.handover {
            Some(handover) => Some(handover.preview(wire, body).await),
            None => preview::of_removal(wire, self.request.body.as_ref(), body).await,
        };
        output::as_table(shown.as_ref().or(body))
    }

    fn request(&self, rehearsal: bool) -> Request {
        let mut request = self.request.clone();
        if rehearsal {
            request.query.push(("dry_run", "true".to_owned()));
            // Where a body has a say of its own, it says the same.
            if let Some(Value::Object(body)) = &mut request.body
                && body.contains_key("dry_run")
            {
                body.insert("dry_run".to_owned(), true.into());
            }
        }
        request
    }

    /// Shows whoever sits there what would happen, and asks whether it shall.
    async fn make_sure(&self, wire: &Wire) -> Result<(), Failed> {
        if !io::stdin().is_terminal() {
            return Err(Failed::Typed(
                "this takes something away, and nobody can be asked: add --yes, or --dry-run to \
                 see what would happen"
                    .to_owned(),
            ));
        }
        let preview = granted(wire.ask(&self.request(true)).await?)?;
        let shown = self.preview(wire, &preview).await;
        let mut terminal = io::stderr().lock();
        _ = write!(terminal, "This would happen:\n\n{shown}\nGo on? [y/N] ");
        _ = terminal.flush();
        drop(terminal);
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(Failed::Input)?;
        if matches!(line.trim(), "y" | "Y" | "yes") {
            Ok(())
        } else {
            Err(Failed::Refused("nothing was done".to_owned()))
        }
    }
}

/// The reply, if it is not a refusal.
fn granted(reply: Reply) -> Result<Reply, Failed> {
    if reply.status.is_success() {
        Ok(reply)
    } else {
        Err(Failed::Refused(errors::refusal(&reply)))
    }
}

fn answer(reply: &Reply, format: Format) {
    let empty = Value::Object(serde_json::Map::new());
    let body = reply.body.as_ref();
    table::answer(format, body.unwrap_or(&empty), |_| output::as_table(body));
}

/// What is to be said beside the answer.
fn remark(reply: &Reply, format: Format) {
    if format == Format::Table {
        if reply.rehearsed {
            terminal::remark("this was a rehearsal: nothing was kept");
        }
        if reply.replayed {
            terminal::remark("this was done before: nothing was done again");
        }
    }
}
