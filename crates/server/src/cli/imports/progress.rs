//! A line at the terminal that says how far it is. Where nobody looks, none.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use super::summary::Counts;

/// Often enough for eyes.
const REFRESH_INTERVAL: Duration = Duration::from_millis(200);
const BAR_WIDTH: usize = 24;
/// To the beginning of the line, and nothing behind it.
const CLEAR_LINE: &str = "\r\x1b[2K";

pub(super) struct Progress {
    is_terminal: bool,
    length: u64,
    rows_done: u64,
    started: Instant,
    last_shown: Option<Instant>,
}

impl Progress {
    /// Of so many bytes, behind rows that were dealt with before.
    pub(super) fn start(length: u64, rows_done: u64) -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            length,
            rows_done,
            started: Instant::now(),
            last_shown: None,
        }
    }

    pub(super) fn show(&mut self, counts: Counts, bytes: u64) {
        let now = Instant::now();
        if !self.is_terminal
            || self
                .last_shown
                .is_some_and(|last_shown| now - last_shown < REFRESH_INTERVAL)
        {
            return;
        }
        self.last_shown = Some(now);
        let line = self.line(counts, bytes);
        let mut terminal = io::stderr().lock();
        _ = write!(terminal, "{CLEAR_LINE}{line}");
        _ = terminal.flush();
    }

    /// Leaves the line to whoever comes next.
    pub(super) fn end(&self) {
        if self.last_shown.is_some() {
            let mut terminal = io::stderr().lock();
            _ = write!(terminal, "{CLEAR_LINE}");
            _ = terminal.flush();
        }
    }

    fn line(&self, counts: Counts, bytes: u64) -> String {
        let fraction = bytes.min(self.length) as f64 / self.length.max(1) as f64;
        let filled = (fraction * BAR_WIDTH as f64) as usize;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(BAR_WIDTH - filled));
        let rows = counts.rows().saturating_sub(self.rows_done) as f64;
        let rows_per_second = rows / self.started.elapsed().as_secs_f64().max(1e-9);
        let Counts {
            created,
            existing,
            refused,
        } = counts;
        format!(
            "[{bar}] {:3.0} %  {} rows, {rows_per_second:.0}/s: {created} created, {existing} existing, {refused} refused",
            100.0 * fraction,
            counts.rows(),
        )
    }
}
