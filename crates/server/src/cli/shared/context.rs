//! The operator and the request id of a command that is typed here, as the audit
//! events have them.

use freehold_app::RequestContext;

/// Who stands in the audit events of what is typed here.
pub(crate) fn operator_name() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    format!(
        "command line, {}",
        user.as_deref().unwrap_or("unknown login")
    )
}

/// A command of this process; its id finds it in the audit events.
pub(crate) fn request_context() -> RequestContext {
    RequestContext {
        request_id: format!("cli-{}", std::process::id()),
        ..RequestContext::default()
    }
}
