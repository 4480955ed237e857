//! The operation of an admin command: one request, its confirmation if it is
//! destructive, and its output.

mod errors;
mod output;
pub(super) mod preview;
mod send;

use std::io::{self, IsTerminal as _, Write as _};

use axum::http::Method;
use serde_json::Value;

use super::{
    arguments::{DestructiveOptions, Page, WriteOptions},
    transport::{Reply, Request, Transport},
};
use crate::{
    cli::shared::{arguments::OutputFormat, error::CommandError, table},
    terminal,
};
use preview::OwnershipTransfer;
use send::send;

pub(super) use send::fetch;

/// One request of the admin API, and how to send it.
pub(super) struct Operation {
    request: Request,
    /// Whether the operator has confirmed the command; `None` if it is not
    /// destructive.
    confirmed: Option<bool>,
    dry_run: bool,
    transfer: Option<OwnershipTransfer>,
}

impl Operation {
    /// Creates an operation that reads.
    pub(super) fn read(path: impl Into<String>) -> Self {
        Self {
            request: Request::get(path),
            confirmed: None,
            dry_run: false,
            transfer: None,
        }
    }

    /// Creates an operation that writes.
    pub(super) fn create(
        path: impl Into<String>,
        body: Value,
        write_options: WriteOptions,
    ) -> Self {
        Self::new(Method::POST, path, write_options).with_body(body)
    }

    /// Creates an operation that deletes.
    pub(super) fn delete(path: impl Into<String>, destructive_options: DestructiveOptions) -> Self {
        Self {
            confirmed: Some(destructive_options.yes),
            ..Self::new(Method::DELETE, path, destructive_options.write_options)
        }
    }

    /// Creates an operation that transfers ownership.
    pub(super) fn transfer(
        path: impl Into<String>,
        body: Value,
        destructive_options: DestructiveOptions,
    ) -> Self {
        Self {
            confirmed: Some(destructive_options.yes),
            ..Self::create(path, body, destructive_options.write_options)
        }
    }

    /// Sets the transfer that a preview describes; the response does not name the
    /// organizations.
    pub(super) fn with_transfer_preview(mut self, transfer: OwnershipTransfer) -> Self {
        self.transfer = Some(transfer);
        self
    }

    fn new(method: Method, path: impl Into<String>, write_options: WriteOptions) -> Self {
        let mut request = Request::new(method, path);
        request.idempotency_key = write_options.idempotency_key;
        Self {
            request,
            confirmed: None,
            dry_run: write_options.dry_run,
            transfer: None,
        }
    }

    pub(super) fn with_body(mut self, body: Value) -> Self {
        self.request.body = Some(body);
        self
    }

    /// Adds a parameter to the query, if it has a value.
    pub(super) fn with_query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.request = self.request.with_query(name, value);
        self
    }

    /// Adds the parameters of a page to the query.
    pub(super) fn with_page(self, page: Page) -> Self {
        self.with_query("limit", page.limit)
            .with_query("cursor", page.after)
    }

    /// Confirms the operation if necessary, sends its request, and prints the result.
    pub(super) async fn run(
        mut self,
        transport: &Transport,
        reason: Option<String>,
        format: OutputFormat,
    ) -> Result<(), CommandError> {
        self = self.with_query("reason", reason);
        if self.confirmed == Some(false) && !self.dry_run {
            self.confirm(transport).await?;
        }
        let reply = send(&self.request(self.dry_run), transport).await?;
        match reply.dry_run && self.confirmed.is_some() && format == OutputFormat::Table {
            true => terminal::print_output(self.preview(transport, &reply).await),
            false => print_output(&reply, format),
        }
        print_notes(&reply, format);
        errors::partial_failure(reply.body.as_ref()).map_or(Ok(()), Err)
    }

    /// Returns what would be deleted or transferred, with names beside the ids.
    async fn preview(&self, transport: &Transport, reply: &Reply) -> String {
        let body = reply.body.as_ref();
        let preview = match &self.transfer {
            Some(transfer) => Some(transfer.preview(transport, body).await),
            None => preview::deletion_preview(transport, self.request.body.as_ref(), body).await,
        };
        output::human_readable(preview.as_ref().or(body))
    }

    fn request(&self, dry_run: bool) -> Request {
        let mut request = self.request.clone();
        if dry_run {
            request.query.push(("dry_run", "true".to_owned()));
            // `dry_run` in the body has to agree with the query.
            if let Some(Value::Object(body)) = &mut request.body
                && body.contains_key("dry_run")
            {
                body.insert("dry_run".to_owned(), true.into());
            }
        }
        request
    }

    /// Shows the operator the effect of a dry run, and asks for confirmation.
    async fn confirm(&self, transport: &Transport) -> Result<(), CommandError> {
        if !io::stdin().is_terminal() {
            return Err(CommandError::InvalidArgument(
                "this command is destructive and there is no terminal to confirm it: pass --yes, \
                 or --dry-run to preview it"
                    .to_owned(),
            ));
        }
        let reply = send(&self.request(true), transport).await?;
        let preview = self.preview(transport, &reply).await;
        let mut terminal = io::stderr().lock();
        _ = write!(
            terminal,
            "This command would do the following:\n\n{preview}\nContinue? [y/N] "
        );
        _ = terminal.flush();
        drop(terminal);
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .map_err(CommandError::StandardInput)?;
        if matches!(line.trim(), "y" | "Y" | "yes") {
            Ok(())
        } else {
            Err(CommandError::Refused(
                "cancelled; nothing was changed".to_owned(),
            ))
        }
    }
}

fn print_output(reply: &Reply, format: OutputFormat) {
    let empty = Value::Object(serde_json::Map::new());
    let body = reply.body.as_ref();
    table::print_as(format, body.unwrap_or(&empty), |_| {
        output::human_readable(body)
    });
}

/// Prints notes about the response.
fn print_notes(reply: &Reply, format: OutputFormat) {
    if format == OutputFormat::Table {
        if reply.dry_run {
            terminal::print_note("dry run: nothing was changed");
        }
        if reply.replayed {
            terminal::print_note(
                "replayed response: the command was executed before with this idempotency key",
            );
        }
    }
}
