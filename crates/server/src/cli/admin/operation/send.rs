//! Sends a request and refuses every response that is not a success.

use serde_json::Value;

use super::{
    super::transport::{Reply, Request, Transport},
    errors,
};
use crate::cli::shared::error::CommandError;

/// Sends `request` and returns the response.
///
/// # Errors
/// If the server is not reachable, or refuses the request.
pub(super) async fn send(request: &Request, transport: &Transport) -> Result<Reply, CommandError> {
    let reply = transport.send(request).await?;
    if reply.status.is_success() {
        Ok(reply)
    } else {
        Err(CommandError::Refused(errors::refusal_message(&reply)))
    }
}

/// Sends `request` and returns the body of the response.
pub(in crate::cli::admin) async fn fetch(
    request: &Request,
    transport: &Transport,
) -> Result<Value, CommandError> {
    Ok(send(request, transport).await?.body.unwrap_or_default())
}
