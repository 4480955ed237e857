//! Authentication: signing up, in and out, sessions and their tokens, password resets.

mod attempts;
mod browser_client;
mod password_reset;
mod sessions;
mod sign_up;
mod tokens;
