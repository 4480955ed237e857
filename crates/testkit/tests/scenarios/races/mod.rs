//! Races for the same users and scopes: two requests that are sent at the same
//! moment, three hundred times, on each database. After each of them the two
//! responses have to be those of one order or the other, and agree with the
//! database; and all invariants still hold.
//!
//! Each race is also run without its protection, and has to fail then.
//!
//! This module runs the races. They are in the files below; the invariants are
//! in `invariants`, and the fixture is in `fixture`.

mod api_keys;
mod auth;
mod fixture;
mod idempotency;
mod invariants;
mod invitations;
mod members;
mod ownership;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use freehold_app::{Engine, Extensions};
use freehold_testkit::{PendingRequest, Response, TestApp};
use tokio::sync::Barrier;

use fixture::{InitialMembers, RaceFixture, RaceScope};
use invariants::invariants;

/// The longest delay of the later request.
const MAX_DELAY_MICROS: u64 = 4_000;

/// A race as tests: `name::sqlite` and `name::postgres`.
macro_rules! race {
    ($name:ident, $initial:expr, $round:expr $(,)?) => {
        freehold_testkit::on_each_engine!($name, async |engine| {
            $crate::races::run_race(engine, $initial, $round).await
        });
    };
}

/// The same race on PostgreSQL without its protection, which has to fail.
macro_rules! control {
    ($name:ident, $initial:expr, $disabled:expr, $round:expr, $violations:expr $(,)?) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::races::run_control($initial, $disabled, $round, $violations).await;
        }
    };
}

use {control, race};

/// The protection that a control run is without.
#[derive(Clone, Copy, Debug, Default)]
struct DisabledProtections {
    /// All row locks.
    locks: bool,
    /// Tables and their constraints that are dropped.
    rules: &'static [(&'static str, &'static str)],
    /// The guard by which only the first of two updates of an invitation changes it.
    guard: bool,
}

impl DisabledProtections {
    const LOCKS: Self = Self {
        locks: true,
        rules: &[],
        guard: false,
    };

    /// Without the guard of an update there are no row locks either that would
    /// make the second one wait: both read the invitation before the change.
    const LOCKS_AND_GUARD: Self = Self {
        guard: true,
        ..Self::LOCKS
    };

    async fn disable(self, app: &TestApp) {
        if self.locks {
            app.store().disable_row_locks();
        }
        for (table, rule) in self.rules {
            app.db().drop_constraint(table, rule).await;
        }
        if self.guard {
            app.db().execute(DISABLE_UPDATE_GUARD).await.unwrap();
        }
    }
}

/// Every update of an invitation reports success, and changes nothing.
const DISABLE_UPDATE_GUARD: &str = "
    ALTER TABLE project_invitations RENAME TO kept_invitations;
    CREATE VIEW project_invitations AS SELECT * FROM kept_invitations;
    CREATE FUNCTION finds_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER finds_it INSTEAD OF UPDATE ON project_invitations
        FOR EACH ROW EXECUTE FUNCTION finds_it();";

/// The number of rounds of each race.
fn rounds() -> usize {
    let setting = std::env::var("FREEHOLD_TEST_RACES").ok();
    setting.map_or(300, |setting| setting.parse().expect("a number of rounds"))
}

/// Runs a race, which has to succeed in each round.
async fn run_race(
    engine: Engine,
    initial: InitialMembers,
    round: impl AsyncFn(&RaceFixture<'_>, &RaceScope) -> RoundOutcome,
) {
    let app = start(engine).await;
    let fixture = RaceFixture::create(&app, initial, rounds()).await;
    let (mut possible, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for scope in fixture.scopes() {
        let round = round(&fixture, scope).await;
        let mut violations = round.violations;
        violations.extend(invariants(app.db()).await);
        assert!(violations.is_empty(), "round {}: {violations:#?}", scope.n);
        possible.extend(round.possible);
        seen.extend(round.seen);
    }
    // If one request always came first, there was no race.
    assert!(rounds() < 100 || seen == possible, "only {seen:?}");
    app.finish().await;
}

/// Runs a race without its protection, which has to fail with these problems.
async fn run_control(
    initial: InitialMembers,
    disabled: DisabledProtections,
    round: impl AsyncFn(&RaceFixture<'_>, &RaceScope) -> RoundOutcome,
    expected: &str,
) {
    let app = start(Engine::Postgres).await;
    let fixture = RaceFixture::create(&app, initial, rounds().max(100)).await;
    disabled.disable(&app).await;
    let mut seen = Vec::new();
    for scope in fixture.scopes() {
        let mut violations = round(&fixture, scope).await.violations;
        violations.extend(invariants(app.db()).await);
        if violations.iter().any(|it| it.contains(expected)) {
            return;
        }
        seen.extend(violations);
    }
    panic!("the race goes well without its protection, or goes wrong otherwise: {seen:#?}");
}

async fn start(engine: Engine) -> TestApp {
    TestApp::start(
        engine,
        |settings| settings.seeds = false,
        Extensions::none(),
    )
    .await
}

/// The result of a round.
#[derive(Debug, Default)]
struct RoundOutcome {
    violations: Vec<String>,
    /// The statuses of the two responses.
    seen: Option<(u16, u16)>,
    /// The possible statuses, in either order of the requests.
    possible: Vec<(u16, u16)>,
}

impl RoundOutcome {
    /// Records a violation unless `ok`.
    fn check(&mut self, ok: bool, violations: impl FnOnce() -> String) {
        if !ok {
            self.violations.push(violations());
        }
    }

    /// Requires that the statuses of the two responses are one of these pairs.
    fn check_statuses(&mut self, pairs: &[(u16, u16)], [one, other]: &[Response; 2]) {
        let got = (one.status(), other.status());
        self.check(pairs.contains(&got), || {
            format!("the answers fit no order: {got:?}\n{one}\n{other}")
        });
        self.seen = Some(got);
        self.possible = pairs.to_vec();
    }
}

/// Sends two requests at the same moment, or one a little later. Which of them, and
/// how much later, depends on the round.
async fn send_concurrently(
    round: &mut RoundOutcome,
    scope: &RaceScope,
    one: PendingRequest,
    other: PendingRequest,
) -> [Response; 2] {
    let barrier = Barrier::new(2);
    let number = pseudo_random(scope.n as u64);
    // A third are sent at the same moment; the others a little after each other.
    let delay = Duration::from_micros((number >> 8) % MAX_DELAY_MICROS);
    let [first, second] = match number % 3 {
        0 => [Duration::ZERO, Duration::ZERO],
        1 => [delay, Duration::ZERO],
        _ => [Duration::ZERO, delay],
    };
    let send_after = async |request: PendingRequest, delay: Duration| {
        barrier.wait().await;
        let start = Instant::now();
        while start.elapsed() < delay {
            tokio::task::yield_now().await;
        }
        request.await
    };
    let (one, other) = tokio::join!(send_after(one, first), send_after(other, second));
    for response in [&one, &other] {
        round.check(response.status() < 500, || {
            format!("a fault of the server: {response}")
        });
    }
    [one, other]
}

/// A pseudorandom number that is the same in every run (SplitMix64).
fn pseudo_random(n: u64) -> u64 {
    let mut z = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
