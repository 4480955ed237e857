//! Decisions that can be explained: the answer together with the rules that
//! were asked, in order, and what they were asked about.
//!
//! Not here: the rules.

use serde::Serialize;

use crate::Refusal;

/// In bytes; an address has at most 254.
const MAX_INPUT_BYTES: usize = 300;

/// One rule that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceStep {
    /// A stable name.
    pub rule: &'static str,
    /// What it was asked about; never a secret.
    pub input: String,
    /// Its answer.
    pub passed: bool,
}

/// The rules that were asked, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Trace {
    steps: Vec<TraceStep>,
}

impl Trace {
    /// Nothing asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an answer and hands it back, so that it can stand in an `if`. Of
    /// a long input, which somebody may have sent, the beginning is kept.
    pub fn step(&mut self, rule: &'static str, input: impl Into<String>, passed: bool) -> bool {
        let mut input = input.into();
        if input.len() > MAX_INPUT_BYTES {
            input.truncate(input.floor_char_boundary(MAX_INPUT_BYTES));
        }
        self.steps.push(TraceStep {
            rule,
            input,
            passed,
        });
        passed
    }

    /// What was noted.
    #[must_use]
    pub fn steps(&self) -> &[TraceStep] {
        &self.steps
    }
}

/// An answer and how it came about.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a decision that nobody looks at decides nothing"]
pub struct Decision {
    /// Why not; nothing when allowed.
    pub refusal: Option<Refusal>,
    /// The rules behind it.
    pub trace: Trace,
}

impl Decision {
    /// Yes.
    pub const fn allowed(trace: Trace) -> Self {
        Self {
            refusal: None,
            trace,
        }
    }

    /// No.
    pub const fn refused(refusal: Refusal, trace: Trace) -> Self {
        Self {
            refusal: Some(refusal),
            trace,
        }
    }

    /// For a `?`: the answer without its trace.
    pub fn into_result(self) -> Result<(), Refusal> {
        self.refusal.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_keeps_its_steps_in_order() {
        let mut trace = Trace::new();
        assert!(trace.step("member", "user 1", true));
        assert!(!trace.step("owner", "user 1", false));
        assert_eq!(
            serde_json::to_string(&trace).ok().as_deref(),
            Some(
                r#"[{"rule":"member","input":"user 1","passed":true},{"rule":"owner","input":"user 1","passed":false}]"#
            )
        );
        let no = Decision::refused(Refusal::Forbidden, trace.clone());
        assert_eq!(no.into_result(), Err(Refusal::Forbidden));
        assert_eq!(Decision::allowed(trace).into_result(), Ok(()));
    }
}
