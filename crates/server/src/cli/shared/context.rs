//! The operator and the request id that audit events of local commands have.

use freehold_app::RequestContext;

/// Returns the name of the operator, with the login name of this machine.
pub(crate) fn operator_name() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    format!(
        "command line, {}",
        user.as_deref().unwrap_or("unknown login")
    )
}

/// Returns a request context whose request id has the id of this process.
pub(crate) fn request_context() -> RequestContext {
    RequestContext {
        request_id: format!("cli-{}", std::process::id()),
        ..RequestContext::default()
    }
}
