//! What a password must look like. How it is hashed is not here.

use std::fmt;
use std::sync::Arc;

/// How much a password must contain when no pattern is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordLevel {
    /// Anything.
    None,
    /// Enough characters.
    Basic,
    /// Enough characters, among them a capital, a digit and a special one.
    #[default]
    Strong,
}

/// Says whether the whole password matches the operator's pattern. A function,
/// so that this crate need not know a pattern language.
pub type PasswordPattern = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The operator's rule for new passwords.
#[derive(Clone)]
pub struct PasswordPolicy {
    /// Read when there is no pattern.
    pub level: PasswordLevel,
    /// In characters; read unless the level is `None`.
    pub min_length: usize,
    /// In characters; read unless the level is `None`.
    pub max_length: Option<usize>,
    /// Replaces level and lengths when given.
    pub pattern: Option<PasswordPattern>,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            level: PasswordLevel::Strong,
            min_length: 8,
            max_length: None,
            pattern: None,
        }
    }
}

impl PasswordPolicy {
    /// In bytes, whatever is configured: longer ones only keep the hash busy.
    pub const MAX_BYTES: usize = 1024;

    /// The first rule that is broken, in the words for the form field.
    pub fn check(&self, password: &str) -> Result<(), String> {
        if password.len() > Self::MAX_BYTES {
            return Err(at_most(Self::MAX_BYTES));
        }
        // No configuration can mean that an empty password is one.
        if password.is_empty() {
            return Err(at_least(self.min_length.max(1)));
        }
        if let Some(matches) = &self.pattern {
            return if matches(password) {
                Ok(())
            } else {
                Err("Password does not meet the required format.".to_owned())
            };
        }
        match self.level {
            PasswordLevel::None => Ok(()),
            PasswordLevel::Basic => self.check_length(password),
            PasswordLevel::Strong => {
                self.check_length(password)?;
                check_variety(password)
            }
        }
    }

    fn check_length(&self, password: &str) -> Result<(), String> {
        let length = password.chars().count();
        if length < self.min_length {
            return Err(at_least(self.min_length));
        }
        match self.max_length {
            Some(max) if length > max => Err(at_most(max)),
            _ => Ok(()),
        }
    }
}

fn at_least(length: usize) -> String {
    format!("Password must be at least {length} characters long.")
}

fn at_most(length: usize) -> String {
    format!("Password must be at most {length} characters long.")
}

fn check_variety(password: &str) -> Result<(), String> {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let missing = if !has(char::is_uppercase) {
        "uppercase letter."
    } else if !has(|c| c.is_ascii_digit()) {
        "digit."
    } else if !has(|c| !c.is_alphanumeric()) {
        "special character (!@#$%^&* etc.)."
    } else {
        return Ok(());
    };
    Err(format!("Password must contain at least one {missing}"))
}

impl fmt::Debug for PasswordPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordPolicy")
            .field("level", &self.level)
            .field("min_length", &self.min_length)
            .field("max_length", &self.max_length)
            .field("pattern", &self.pattern.is_some())
            .finish()
    }
}
