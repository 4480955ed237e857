//! Rules for new passwords. Not here: hashing (`app`).

use std::fmt;
use std::sync::Arc;

/// The rules for a password when no pattern is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordLevel {
    /// Any password that is not empty.
    None,
    /// Checks the length only.
    Basic,
    /// Checks the length and requires an uppercase letter, a digit and a special
    /// character.
    #[default]
    Strong,
}

/// Returns whether the whole password matches the operator's pattern. It is a
/// function so that this crate does not depend on a pattern language.
pub type PasswordPattern = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The operator's rules for new passwords.
#[derive(Clone)]
pub struct PasswordPolicy {
    /// Ignored if there is a pattern.
    pub level: PasswordLevel,
    /// The minimum length in characters. Ignored if the level is `None`.
    pub min_length: usize,
    /// The maximum length in characters. Ignored if the level is `None`.
    pub max_length: Option<usize>,
    /// Replaces the level and both lengths.
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
    /// The maximum length in bytes, whatever is configured: longer passwords only
    /// make hashing slower.
    pub const MAX_BYTES: usize = 1024;

    /// Checks a password.
    ///
    /// # Errors
    /// The message for the form field, about the first rule that is broken.
    pub fn check(&self, password: &str) -> Result<(), String> {
        if password.len() > Self::MAX_BYTES {
            return Err(at_most(Self::MAX_BYTES));
        }
        // An empty password is refused whatever is configured.
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
