//! Counts the round trips to PostgreSQL for each request, with the server's
//! counter.

use std::{
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;

use crate::{
    error::{BenchError, Result},
    load::client::Client,
    system::server::Server,
};

/// The counter of round trips in `/metrics`.
pub(crate) const ROUND_TRIPS: &str = "freehold_store_round_trips_total";
/// The counter of statements in `/metrics`.
pub(crate) const STATEMENTS: &str = "freehold_store_statements_total";
const REQUESTS: u32 = 200;

/// Returns the round trips per request, from 200 requests, one at a time. The round
/// trips of the idle server are measured before and subtracted.
pub(crate) fn per_request(
    client: &Client,
    server: &Server,
    request: impl Fn() -> Result<()>,
) -> Result<f64> {
    // The first request prepares statements and updates the key's last use.
    request()?;
    let start = total_round_trips(client, server)?;
    thread::sleep(Duration::from_secs(1));
    let idle_per_second = total_round_trips(client, server)? - start;
    let (start, clock) = (total_round_trips(client, server)?, Instant::now());
    for _ in 0..REQUESTS {
        request()?;
    }
    let idle = idle_per_second * clock.elapsed().as_secs_f64();
    Ok((total_round_trips(client, server)? - start - idle) / f64::from(REQUESTS))
}

/// Returns the number of round trips since the server started.
pub(crate) fn total_round_trips(client: &Client, server: &Server) -> Result<f64> {
    let reply = client.expect(200, Method::GET, &server.url("/metrics"), None, None)?;
    total(&reply.body, ROUND_TRIPS).ok_or_else(|| BenchError::Program {
        program: "freehold",
        output: format!("/metrics has no {ROUND_TRIPS}"),
    })
}

/// Returns the sum of a counter over all labels, or `None` if it is missing.
pub(crate) fn total(metrics: &str, counter: &str) -> Option<f64> {
    metrics
        .lines()
        .filter(|line| line.split(['{', ' ']).next() == Some(counter))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse().ok())
        .reduce(|a: f64, b: f64| a + b)
}

#[cfg(test)]
mod tests {
    use super::{ROUND_TRIPS, total};

    #[test]
    fn the_counter_is_summed_over_labels() {
        let text = "# TYPE freehold_store_round_trips counter\n\
            freehold_store_round_trips_total{kind=\"read\"} 3\n\
            freehold_store_round_trips_total{kind=\"write\"} 4\n\
            freehold_store_round_trips_total_other 9\n";
        assert_eq!(total(text, ROUND_TRIPS), Some(7.0));
        assert_eq!(total("freehold_up 1\n", ROUND_TRIPS), None);
    }
}
