//! The address that a request came from, behind proxies.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::settings::HttpSettings;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that limits and the audit trail hold responsible: the peer's, or what proxies of
/// ours say it was.
pub(crate) fn address(parts: &Parts, settings: &HttpSettings) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(behind(peer.ip().to_canonical(), &parts.headers, settings))
}

/// Walks back through the proxies, and stops at the first address that is not one of them: what
/// stands before it, anybody can have written.
fn behind(peer: IpAddr, headers: &HeaderMap, settings: &HttpSettings) -> IpAddr {
    let trusted = |address: &IpAddr| {
        settings
            .trusted_proxies
            .iter()
            .any(|net| net.contains(address))
    };
    let mut address = peer;
    let lines: Vec<_> = headers.get_all(&X_FORWARDED_FOR).iter().collect();
    let mut hops = lines
        .iter()
        .rev()
        .flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    while trusted(&address) {
        match hops.next().and_then(hop) {
            Some(before) => address = before,
            None => break,
        }
    }
    address
}

/// One entry of the list, with or without a port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .trim_start_matches('[')
        .split(']')
        .next()
        .unwrap_or_default();
    let address = bare
        .parse()
        .ok()
        .or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_of_ours_are_believed() {
        let settings = HttpSettings {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HttpSettings::default()
        };
        let seen = |peer: &str, forwarded: &[&str]| {
            let headers = forwarded
                .iter()
                .map(|line| (X_FORWARDED_FOR.clone(), line.parse().unwrap()))
                .collect();
            behind(peer.parse().unwrap(), &headers, &settings).to_string()
        };
        assert_eq!(seen("9.9.9.9", &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "1.1.1.1:77"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
