//! Commands of operators: one account, 1,000 accounts, an import of a million, and
//! searches among them. Not here: targets (`report::targets`).

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    process::Stdio,
    time::Instant,
};

use reqwest::Method;
use serde_json::{Value, json};

use super::run::EngineRun;
use crate::{
    error::{BenchError, Result, io},
    load::wrk::Job,
    plan::Part,
    report,
    results::median_and_max,
    system::{
        process::RssSampler,
        server::{Server, Settings, operator},
    },
};

/// Connections of the load with single accounts.
const SINGLE_ACCOUNT_CONNECTIONS: u32 = 16;
/// Accounts in one request, and in one transaction of an import.
const BATCH: usize = 1_000;
/// How often each search is sent.
const REPETITIONS: u32 = 21;

impl EngineRun<'_> {
    /// Measures all parts of operators, in a separate database.
    pub(crate) fn operators(&mut self) -> Result<()> {
        let folder = self.folder.join("operators");
        io("a folder", fs::create_dir(&folder))?;
        let outer = std::mem::replace(&mut self.folder, folder);
        let result = self.run_operator_parts();
        self.folder = outer;
        result
    }

    fn run_operator_parts(&mut self) -> Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.fresh_database(self.client)?;
        }
        let key = self.folder.join("operator");
        io("the operator's key", fs::write(&key, operator()))?;
        let server = self.start(false)?;
        create_first_accounts(self, &server)?;
        self.part(Part::AdminSingle, |engine_run| {
            engine_run.single_accounts(&server, &key, Part::AdminSingle)
        });
        self.part(Part::AdminBatch, |engine_run| {
            engine_run.account_batches(&server, &key)
        });
        server.stop()?;

        let before = self.measured.problems.len();
        self.part(Part::Import, Self::import);
        if self.measured.problems.len() > before
            || !(self.bench.wants(Part::AdminMillion) || self.bench.wants(Part::Search))
        {
            return Ok(());
        }
        if let Some(cluster) = self.cluster {
            // Autovacuum would do this later.
            self.client
                .sql(&cluster.database, &["VACUUM ANALYZE", "CHECKPOINT"])?;
        }
        let server = self.start(false)?;
        self.part(Part::AdminMillion, |engine_run| {
            engine_run.single_accounts(&server, &key, Part::AdminMillion)
        });
        self.part(Part::Search, |engine_run| engine_run.searches(&server));
        server.stop()
    }

    /// Measures requests with one account.
    fn single_accounts(&mut self, server: &Server, key: &Path, part: Part) -> Result<()> {
        let url = server.url("/admin/simple/accounts/");
        let job = self.job("admin_single.lua", url, Some(key));
        let job = Job {
            connections: SINGLE_ACCOUNT_CONNECTIONS,
            ..job
        };
        let load = self.load(server.pid(), &job, true, true)?;
        self.record(part, load);
        Ok(())
    }

    /// Measures requests with 1,000 accounts, one at a time.
    fn account_batches(&mut self, server: &Server, key: &Path) -> Result<()> {
        let url = server.url("/admin/simple/accounts/");
        let job = self.job("admin_batch.lua", url, Some(key));
        let job = Job {
            connections: 1,
            // Requests are slow, so a longer load is needed for enough of them.
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, true, true)?;
        self.record(Part::AdminBatch, load);
        Ok(())
    }

    fn import(&mut self) -> Result<()> {
        let accounts = self.bench.accounts;
        let file = self.folder.join("accounts.ndjson");
        io("the accounts to import", write_accounts(&file, accounts))?;
        let settings = Settings {
            seeds: false,
            ..self.settings(false)
        };
        let output = self.folder.join("import.log");
        let out = io("the import's log", File::create(&output))?;
        let started = Instant::now();
        let mut child = io(
            "freehold import",
            settings
                .program()
                .args(["import", "--no-seeds", "--output", "json"])
                .arg(&file)
                .stdin(Stdio::null())
                .stderr(io("the import's log", out.try_clone())?)
                .stdout(out)
                .spawn(),
        )?;
        let watch = RssSampler::start(child.id());
        let status = io("freehold import", child.wait())?;
        let seconds = started.elapsed().as_secs_f64();
        let peak_kib = watch.max_kib();
        let output = io("the import's log", fs::read_to_string(&output))?;
        let created = created_count(&output);
        if !status.success() || created != Some(u64::from(accounts)) {
            return Err(BenchError::Program {
                program: "freehold import",
                output,
            });
        }
        io("the imported file", fs::remove_file(&file))?;
        let rate = f64::from(accounts) / seconds;
        let mib = peak_kib as f64 / 1024.0;
        let text =
            format!("{accounts} accounts in {seconds:.1} s: {rate:.0}/s, at most {mib:.1} MiB");
        report::line(self.measured.engine, Part::Import.name(), &text);
        self.measured.operators.insert("import", rate);
        self.measured.operators.insert("import-mib", mib);
        Ok(())
    }

    fn searches(&mut self, server: &Server) -> Result<()> {
        for (name, path) in [
            ("users", "/admin/users?limit=50&email="),
            ("organizations", "/admin/organizations?limit=50&name="),
        ] {
            let mut all = Vec::new();
            // The first request only warms up.
            for n in 0..=REPETITIONS {
                all.push(self.search(server, name, path, n)?);
            }
            let (median, max) = median_and_max(all.split_off(1));
            let text = format!("{name} {median:.2} ms, at most {max:.2} ms");
            report::line(self.measured.engine, Part::Search.name(), &text);
            self.measured.operators.insert(name, median);
        }
        Ok(())
    }

    /// Sends one search and returns its milliseconds.
    fn search(&self, server: &Server, name: &str, path: &str, n: u32) -> Result<f64> {
        // Each search has another prefix; of a million accounts, about ten match.
        let full = account_name(self.bench.accounts / (REPETITIONS + 1) * n);
        let prefix = &full[..full.len() - 2];
        let url = server.url(&format!("{path}{prefix}"));
        let started = Instant::now();
        let reply = self
            .client
            .expect(200, Method::GET, &url, Some(&operator()), None)?;
        let took = started.elapsed().as_secs_f64() * 1e3;
        let results: Value = serde_json::from_str(&reply.body)?;
        if results[name].as_array().is_none_or(Vec::is_empty) {
            return Err(BenchError::Response {
                request: format!("GET {url}"),
                status: reply.status,
                body: reply.body,
            });
        }
        Ok(took)
    }
}

/// Creates the same first accounts in each database, so that none is empty.
fn create_first_accounts(engine_run: &EngineRun<'_>, server: &Server) -> Result<()> {
    let accounts: serde_json::Map<String, Value> = (0..BATCH)
        .map(|n| {
            let name = format!("first{n}");
            let user = json!({"email": format!("{name}@bench.example"), "name": name});
            (name, json!({ "user": user }))
        })
        .collect();
    let body = json!({
        "options": {"seed_defaults": false, "create_api_keys": true},
        "accounts": accounts,
    });
    let url = server.url("/admin/simple/accounts/");
    let reply =
        engine_run
            .client
            .expect(200, Method::POST, &url, Some(&operator()), Some(&body))?;
    let created: Value = serde_json::from_str(&reply.body)?;
    if created["accounts"].as_object().map(serde_json::Map::len) == Some(BATCH) {
        return Ok(());
    }
    Err(BenchError::Response {
        request: format!("POST {url}"),
        status: reply.status,
        body: reply.body.chars().take(300).collect(),
    })
}

/// Returns the name of the account with this number. Names are not sorted, because
/// sorted addresses would be faster to index than real ones. Numbers below ten
/// million have different names, because the factor is coprime to it.
fn account_name(n: u32) -> String {
    format!("imported{:07}", u64::from(n) * 7_654_321 % 10_000_000)
}

fn write_accounts(file: &Path, accounts: u32) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    for name in (0..accounts).map(account_name) {
        writeln!(out, r#"{{"email":"{name}@bench.example","name":"{name}"}}"#)?;
    }
    out.flush()
}

/// Reads the number of created accounts from the JSON summary of an import.
fn created_count(output: &str) -> Option<u64> {
    let summary = output.get(output.find('{')?..=output.rfind('}')?)?;
    let summary: Value = serde_json::from_str(summary).ok()?;
    summary["created"].as_u64()
}
