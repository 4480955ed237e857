//! Processor time and memory of other processes, read from `/proc`.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::error::{BenchError, Result, io};

/// The needed fields of `/proc/<pid>/stat`, times in clock ticks.
struct Stat {
    parent: u32,
    own: u64,
    reaped_children: u64,
}

fn stat(pid: u32) -> Result<Stat> {
    let path = format!("/proc/{pid}/stat");
    let text = io(&path, fs::read_to_string(&path))?;
    parse_stat(&text).ok_or(BenchError::Proc(path))
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name of the program is in brackets and may contain anything, so fields
    // are counted after the last bracket: state is field 0, parent 1.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok());
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own: number(11)? + number(12)?,
        reaped_children: number(13)? + number(14)?,
    })
}

fn micros(ticks: u64) -> u64 {
    ticks * 1_000_000 / rustix::param::clock_ticks_per_second().max(1)
}

/// The processes whose processor time is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CpuScope {
    /// One process with all its threads.
    Process(u32),
    /// A process, its running children, and those that it has waited for. For
    /// PostgreSQL, where every connection is a child of the postmaster.
    ProcessTree(u32),
}

/// Microseconds of processor time used so far, user and system.
pub(crate) fn cpu_us(scope: CpuScope) -> Result<u64> {
    match scope {
        CpuScope::Process(pid) => Ok(micros(stat(pid)?.own)),
        CpuScope::ProcessTree(pid) => {
            let head = stat(pid)?;
            let mut ticks = head.own + head.reaped_children;
            for entry in io("/proc", fs::read_dir("/proc"))?.flatten() {
                let Some(child) = entry
                    .file_name()
                    .to_str()
                    .and_then(|n| n.parse::<u32>().ok())
                else {
                    continue;
                };
                // A process may end between listing and reading.
                if let Ok(s) = stat(child)
                    && s.parent == pid
                {
                    ticks += s.own + s.reaped_children;
                }
            }
            Ok(micros(ticks))
        }
    }
}

/// Microseconds of processor time used so far by the threads of a process whose name
/// begins with `prefix`. Threads must not end in between.
pub(crate) fn threads_cpu_us(pid: u32, prefix: &str) -> Result<u64> {
    let folder = format!("/proc/{pid}/task");
    let mut ticks = 0;
    for entry in io(&folder, fs::read_dir(&folder))?.flatten() {
        let path = entry.path();
        let name = io(&folder, fs::read_to_string(path.join("comm")))?;
        if name.starts_with(prefix) {
            let text = io(&folder, fs::read_to_string(path.join("stat")))?;
            ticks += parse_stat(&text)
                .ok_or_else(|| BenchError::Proc(path.display().to_string()))?
                .own;
        }
    }
    Ok(micros(ticks))
}

/// Waits until the processes use almost no processor time, so that the rest of one
/// load is not counted in the next one.
pub(crate) fn wait_until_idle(scope: CpuScope) -> Result<()> {
    let limit = Instant::now() + Duration::from_secs(20);
    let mut before = cpu_us(scope)?;
    while Instant::now() < limit {
        thread::sleep(Duration::from_millis(300));
        let now = cpu_us(scope)?;
        if now.saturating_sub(before) <= 20_000 {
            return Ok(());
        }
        before = now;
    }
    Ok(())
}

fn status_kib(pid: u32, field: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = io(&path, fs::read_to_string(&path))?;
    text.lines()
        .find_map(|l| {
            l.strip_prefix(field)?
                .strip_prefix(':')?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .ok_or(BenchError::Proc(path))
}

/// Resident memory now, in KiB.
pub(crate) fn rss_kib(pid: u32) -> Result<u64> {
    status_kib(pid, "VmRSS")
}

/// The maximum resident memory since the process started, in KiB.
pub(crate) fn peak_kib(pid: u32) -> Result<u64> {
    status_kib(pid, "VmHWM")
}

/// Samples the resident memory of a process in a thread.
pub(crate) struct RssSampler {
    stop: Arc<AtomicBool>,
    sampler: JoinHandle<u64>,
}

impl RssSampler {
    /// Starts sampling, twenty times a second.
    pub(crate) fn start(pid: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let sampler = thread::spawn(move || {
            let mut max = 0;
            while !stopped.load(Ordering::Relaxed) {
                max = max.max(rss_kib(pid).unwrap_or(0));
                thread::sleep(Duration::from_millis(50));
            }
            max
        });
        Self { stop, sampler }
    }

    /// Stops sampling and returns the largest sample in KiB.
    pub(crate) fn max_kib(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.sampler.join().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::parse_stat;

    #[test]
    fn brackets_and_spaces_in_a_process_name_do_not_shift_the_fields() {
        let line = "42 (a) b (c) S 7 42 42 0 -1 0 1 2 3 4 100 20 30 4 20 0 1 0";
        let stat = parse_stat(line).map(|s| (s.parent, s.own, s.reaped_children));
        assert_eq!(stat, Some((7, 120, 34)));
    }

    #[test]
    fn a_truncated_stat_line_is_refused() {
        assert!(parse_stat("42 (a) S 7 42").is_none());
    }
}
