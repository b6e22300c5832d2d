//! Prints a model.
