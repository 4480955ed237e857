//! What the doors need to know about the deployment. Where the values come from is `server`'s
//! business.

use ipnet::IpNet;

/// Settings of the HTTP API.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Origins whose pages may use the API with the user's cookies, exactly as browsers send them
    /// (`https://app.example.com`).
    pub allowed_origins: Vec<String>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The path of the public API address (`/api`, or empty): the refresh cookie is sent only to
    /// the refresh endpoint below it.
    pub api_path: String,
    /// Whether the public address is https, so that browsers are told to keep cookies off http.
    pub secure_cookies: bool,
}
