//! The network address of the client, also behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::settings::HttpSettings;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Returns the address for rate limits and the audit log: the peer's, or the one that trusted
/// proxies forwarded.
pub(crate) fn client_address(parts: &Parts, settings: &HttpSettings) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(resolve_forwarded(
        peer.ip().to_canonical(),
        &parts.headers,
        settings,
    ))
}

/// Reads `X-Forwarded-For` from its end and returns the first address that is not a trusted
/// proxy. Any client can write the entries before it.
fn resolve_forwarded(peer: IpAddr, headers: &HeaderMap, settings: &HttpSettings) -> IpAddr {
    let trusted = |client_address: &IpAddr| {
        settings
            .trusted_proxies
            .iter()
            .any(|net| net.contains(client_address))
    };
    let mut client_address = peer;
    let lines: Vec<_> = headers.get_all(&X_FORWARDED_FOR).iter().collect();
    let mut hops = lines
        .iter()
        .rev()
        .flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    while trusted(&client_address) {
        match hops.next().and_then(parse_hop) {
            Some(previous) => client_address = previous,
            None => break,
        }
    }
    client_address
}

/// Parses one entry of the list, with or without a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .trim_start_matches('[')
        .split(']')
        .next()
        .unwrap_or_default();
    let client_address = bare
        .parse()
        .ok()
        .or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))?;
    Some(IpAddr::to_canonical(&client_address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_may_forward_an_address() {
        let settings = HttpSettings {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HttpSettings::default()
        };
        let resolve = |peer: &str, forwarded: &[&str]| {
            let headers = forwarded
                .iter()
                .map(|line| (X_FORWARDED_FOR.clone(), line.parse().unwrap()))
                .collect();
            resolve_forwarded(peer.parse().unwrap(), &headers, &settings).to_string()
        };
        assert_eq!(resolve("9.9.9.9", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(resolve("10.0.0.1", &["6.6.6.6, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(
            resolve("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"]),
            "1.1.1.1"
        );
        assert_eq!(resolve("10.0.0.1", &["6.6.6.6", "1.1.1.1:77"]), "1.1.1.1");
        assert_eq!(resolve("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(resolve("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(resolve("10.0.0.1", &[]), "10.0.0.1");
    }
}
