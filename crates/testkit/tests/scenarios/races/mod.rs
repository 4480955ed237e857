//! Races for the same people and places: two requests that leave at the same
//! moment, three hundred times, on each database. After each of them the two
//! answers have to be those of one order or the other, and agree with what is
//! in the database; and nothing that always holds may have ceased to.
//!
//! Each race is also run with its protection taken out, and has to be seen to
//! break then: a race that shows nothing shows nothing.
//!
//! Here: how a race is run. The races are in the files below, what always holds
//! is in `invariants`, and where it all happens is in `fixture`.

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
use freehold_testkit::{Answer, Ask, TestApp};
use tokio::sync::Barrier;

use fixture::{Layout, Place, Square};
use invariants::invariants;

/// How long after the other one the later request may leave.
const LATEST: u64 = 4_000;

/// A race as tests: `name::sqlite` and `name::postgres`.
macro_rules! race {
    ($name:ident, $layout:expr, $round:expr $(,)?) => {
        freehold_testkit::on_each_engine!($name, async |engine| {
            $crate::races::holds(engine, $layout, $round).await
        });
    };
}

/// The same race on PostgreSQL with its protection taken out: this has to be
/// seen to go wrong.
macro_rules! control {
    ($name:ident, $layout:expr, $loose:expr, $round:expr, $wrong:expr $(,)?) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::races::breaks($layout, $loose, $round, $wrong).await;
        }
    };
}

use {control, race};

/// What is taken out for a control.
#[derive(Clone, Copy, Debug, Default)]
struct Loose {
    /// All row locks.
    locks: bool,
    /// Tables and the rules of theirs that go.
    rules: &'static [(&'static str, &'static str)],
    /// What makes only the first of two updates of an invitation change it.
    guard: bool,
}

impl Loose {
    const LOCKS: Self = Self {
        locks: true,
        rules: &[],
        guard: false,
    };

    /// Without the guard of an update there are no row locks either that would
    /// make the second one wait: both find the invitation as it was.
    const LOCKS_AND_GUARD: Self = Self {
        guard: true,
        ..Self::LOCKS
    };

    async fn take_out(self, app: &TestApp) {
        if self.locks {
            app.store().disable_row_locks();
        }
        for (table, rule) in self.rules {
            app.db().loosen(table, rule).await;
        }
        if self.guard {
            app.db().raw(WITHOUT_GUARD).await.unwrap();
        }
    }
}

/// Every update of an invitation is said to have found it, and changes nothing.
const WITHOUT_GUARD: &str = "
    ALTER TABLE project_invitations RENAME TO kept_invitations;
    CREATE VIEW project_invitations AS SELECT * FROM kept_invitations;
    CREATE FUNCTION finds_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER finds_it INSTEAD OF UPDATE ON project_invitations
        FOR EACH ROW EXECUTE FUNCTION finds_it();";

/// How often each race is run.
fn rounds() -> usize {
    let told = std::env::var("FREEHOLD_TEST_RACES").ok();
    told.map_or(300, |told| told.parse().expect("a number of rounds"))
}

/// Runs a race; nothing may go wrong.
async fn holds(engine: Engine, layout: Layout, round: impl AsyncFn(&Square<'_>, &Place) -> Round) {
    let app = start(engine).await;
    let square = Square::lay(&app, layout, rounds()).await;
    let (mut possible, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for place in square.places() {
        let round = round(&square, place).await;
        let mut wrong = round.wrong;
        wrong.extend(invariants(app.db()).await);
        assert!(wrong.is_empty(), "round {}: {wrong:#?}", place.n);
        possible.extend(round.possible);
        seen.extend(round.seen);
    }
    // If one of them always came first, it was no race.
    assert!(rounds() < 100 || seen == possible, "only {seen:?}");
    app.finish().await;
}

/// Runs a race without its protection; what goes wrong has to be this.
async fn breaks(
    layout: Layout,
    loose: Loose,
    round: impl AsyncFn(&Square<'_>, &Place) -> Round,
    expected: &str,
) {
    let app = start(Engine::Postgres).await;
    let square = Square::lay(&app, layout, rounds().max(100)).await;
    loose.take_out(&app).await;
    let mut seen = Vec::new();
    for place in square.places() {
        let mut wrong = round(&square, place).await.wrong;
        wrong.extend(invariants(app.db()).await);
        if wrong.iter().any(|it| it.contains(expected)) {
            return;
        }
        seen.extend(wrong);
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

/// What came of a round.
#[derive(Debug, Default)]
struct Round {
    wrong: Vec<String>,
    /// The statuses of the two answers.
    seen: Option<(u16, u16)>,
    /// What they can be, whichever comes first.
    possible: Vec<(u16, u16)>,
}

impl Round {
    /// Notes what is wrong, unless all is well.
    fn unless(&mut self, well: bool, wrong: impl FnOnce() -> String) {
        if !well {
            self.wrong.push(wrong());
        }
    }

    /// The statuses of the two answers have to be one of these pairs.
    fn unless_one_of(&mut self, pairs: &[(u16, u16)], [one, other]: &[Answer; 2]) {
        let got = (one.status(), other.status());
        self.unless(pairs.contains(&got), || {
            format!("the answers fit no order: {got:?}\n{one}\n{other}")
        });
        self.seen = Some(got);
        self.possible = pairs.to_vec();
    }
}

/// Two requests that leave at the same moment, or one a little later. Which of
/// them it is, and how much later, follows from the round.
async fn at_once(round: &mut Round, place: &Place, one: Ask, other: Ask) -> [Answer; 2] {
    let barrier = Barrier::new(2);
    let number = scattered(place.n as u64);
    // A third leave together; the others a little after each other.
    let late = Duration::from_micros((number >> 8) % LATEST);
    let [first, second] = match number % 3 {
        0 => [Duration::ZERO, Duration::ZERO],
        1 => [late, Duration::ZERO],
        _ => [Duration::ZERO, late],
    };
    let sends = async |ask: Ask, late: Duration| {
        barrier.wait().await;
        let start = Instant::now();
        while start.elapsed() < late {
            tokio::task::yield_now().await;
        }
        ask.await
    };
    let (one, other) = tokio::join!(sends(one, first), sends(other, second));
    for answer in [&one, &other] {
        round.unless(answer.status() < 500, || {
            format!("a fault of the server: {answer}")
        });
    }
    [one, other]
}

/// A number that looks like chance and is the same in every run (SplitMix64).
fn scattered(n: u64) -> u64 {
    let mut z = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
