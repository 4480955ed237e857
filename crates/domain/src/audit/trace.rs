//! Decisions with their traces: the rules that were checked, in order, with their
//! inputs and results.
//!
//! Not here: the rules.

use serde::Serialize;

use crate::Refusal;

/// The maximum length of an input in bytes; an email address has at most 254.
const MAX_INPUT_BYTES: usize = 300;

/// One rule that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceStep {
    /// The stable name of the rule.
    pub rule: &'static str,
    /// What the rule was checked against; never a secret.
    pub input: String,
    /// Whether the rule was met.
    pub passed: bool,
}

/// The rules that were checked, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Trace {
    steps: Vec<TraceStep>,
}

impl Trace {
    /// Creates an empty trace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a step and returns `passed`, for use in an `if`. A long input is
    /// truncated, because it may come from a request.
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

    /// The recorded steps.
    #[must_use]
    pub fn steps(&self) -> &[TraceStep] {
        &self.steps
    }
}

/// A decision and its trace.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a decision has no effect unless it is checked"]
pub struct Decision {
    /// The refusal; `None` if the request is allowed.
    pub refusal: Option<Refusal>,
    /// The rules that were checked.
    pub trace: Trace,
}

impl Decision {
    /// The request is allowed.
    pub const fn allowed(trace: Trace) -> Self {
        Self {
            refusal: None,
            trace,
        }
    }

    /// The request is refused.
    pub const fn refused(refusal: Refusal, trace: Trace) -> Self {
        Self {
            refusal: Some(refusal),
            trace,
        }
    }

    /// Returns the decision without its trace, for use with `?`.
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
        let refused = Decision::refused(Refusal::Forbidden, trace.clone());
        assert_eq!(refused.into_result(), Err(Refusal::Forbidden));
        assert_eq!(Decision::allowed(trace).into_result(), Ok(()));
    }
}
