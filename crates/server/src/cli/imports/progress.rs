//! The progress line, which is shown only on a terminal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use super::summary::Counts;

/// Minimum time between two updates.
const REFRESH_INTERVAL: Duration = Duration::from_millis(200);
const BAR_WIDTH: usize = 24;
/// Moves the cursor to the beginning of the line and clears it.
const CLEAR_LINE: &str = "\r\x1b[2K";

pub(super) struct Progress {
    is_terminal: bool,
    length: u64,
    rows_done: u64,
    started: Instant,
    last_shown: Option<Instant>,
}

impl Progress {
    /// Starts with `rows_done` rows of an earlier run, in a file of `length` bytes.
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

    /// Clears the line.
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
