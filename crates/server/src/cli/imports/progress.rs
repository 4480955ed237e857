//! A line at the terminal that says how far it is. Where nobody looks, none.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use super::summary::Counts;

/// Often enough for eyes.
const PAUSE: Duration = Duration::from_millis(200);
const WIDTH: usize = 24;
/// To the beginning of the line, and nothing behind it.
const ANEW: &str = "\r\x1b[2K";

pub(super) struct Progress {
    shown: bool,
    length: u64,
    before: u64,
    started: Instant,
    last: Option<Instant>,
}

impl Progress {
    /// Of so many bytes, behind rows that were dealt with before.
    pub(super) fn start(length: u64, before: u64) -> Self {
        Self {
            shown: io::stderr().is_terminal(),
            length,
            before,
            started: Instant::now(),
            last: None,
        }
    }

    pub(super) fn show(&mut self, counts: Counts, bytes: u64) {
        let now = Instant::now();
        if !self.shown || self.last.is_some_and(|last| now - last < PAUSE) {
            return;
        }
        self.last = Some(now);
        let line = self.line(counts, bytes);
        let mut terminal = io::stderr().lock();
        _ = write!(terminal, "{ANEW}{line}");
        _ = terminal.flush();
    }

    /// Leaves the line to whoever comes next.
    pub(super) fn end(&self) {
        if self.last.is_some() {
            let mut terminal = io::stderr().lock();
            _ = write!(terminal, "{ANEW}");
            _ = terminal.flush();
        }
    }

    fn line(&self, counts: Counts, bytes: u64) -> String {
        let part = bytes.min(self.length) as f64 / self.length.max(1) as f64;
        let full = (part * WIDTH as f64) as usize;
        let bar = format!("{}{}", "#".repeat(full), ".".repeat(WIDTH - full));
        let here = counts.rows().saturating_sub(self.before) as f64;
        let pace = here / self.started.elapsed().as_secs_f64().max(1e-9);
        let Counts {
            created,
            existing,
            refused,
        } = counts;
        format!(
            "[{bar}] {:3.0} %  {} rows, {pace:.0}/s: {created} created, {existing} existing, {refused} refused",
            100.0 * part,
            counts.rows(),
        )
    }
}
