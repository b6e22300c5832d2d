//! Verifies what holds by construction.
