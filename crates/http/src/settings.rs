//! Settings of the HTTP API. `server` reads them from the configuration.

use ipnet::IpNet;
use url::{Host, Url};

use crate::extension_routes::ExtensionRoute;

/// Settings of the HTTP API.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Origins whose pages may use the API with the user's cookies, exactly as browsers send them
    /// (`https://app.example.com`).
    pub allowed_origins: Vec<String>,
    /// Peers whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The path of the public API address (`/api`, or empty): the refresh cookie is sent only to
    /// the refresh endpoint below it.
    pub api_path: String,
    /// Whether the public API address is https: then cookies have the attribute `Secure`.
    pub secure_cookies: bool,
    /// Whether the pages are on another site than the API ([`is_cross_site`]): then cookies have
    /// the attributes `SameSite=None; Secure`, without which browsers would not send them.
    pub cross_site: bool,
    /// The routes of the edition's extensions.
    pub extension_routes: Vec<ExtensionRoute>,
}

/// Whether the pages at `web` and the API at `api` are different sites for browsers.
///
/// Browsers use the list of public suffixes, which is not available here. Instead, two addresses
/// are one site if their names are equal, if one name is below the other, or if both are below a
/// common parent of at least two labels.
#[must_use]
pub fn is_cross_site(web: &Url, api: &Url) -> bool {
    let same_host = match (web.host(), api.host()) {
        (Some(Host::Domain(web)), Some(Host::Domain(api))) => {
            web == api || is_below(web, api) || is_below(api, web) || are_siblings(web, api)
        }
        (web, api) => web == api,
    };
    web.scheme() != api.scheme() || !same_host
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// Whether one of the names is below the other's parent, at any depth.
fn are_siblings(one: &str, other: &str) -> bool {
    let below_parent = |name: &str, of: &str| {
        of.split_once('.').is_some_and(|(_, parent)| {
            parent.contains('.') && (name == parent || is_below(name, parent))
        })
    };
    below_parent(one, other) || below_parent(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_differ_by_scheme_and_name() {
        let cross = |web: &str, api: &str| {
            let (web, api) = (Url::parse(web).unwrap(), Url::parse(api).unwrap());
            assert_eq!(is_cross_site(&web, &api), is_cross_site(&api, &web));
            is_cross_site(&web, &api)
        };
        for (web, api) in [
            ("http://localhost:3000", "http://localhost:8080/api"),
            ("http://127.0.0.1:1", "http://127.0.0.1:2"),
            ("https://example.com", "https://api.example.com"),
            ("https://app.example.com", "https://api.example.com/api"),
            ("https://app.eu.example.com", "https://api.example.com"),
        ] {
            assert!(!cross(web, api), "{web} {api}");
        }
        for (web, api) in [
            ("http://app.example.com", "https://api.example.com"),
            ("https://example.com", "https://example.org"),
            ("https://one.com", "https://two.com"),
            ("https://notexample.com", "https://example.com"),
            ("https://127.0.0.1", "https://127.0.1.1"),
            ("https://localhost", "https://127.0.0.1"),
        ] {
            assert!(cross(web, api), "{web} {api}");
        }
    }
}
