//! The part of Python that `torch.jit` prints programs in (`torch/csrc/jit/serialization/python_print.cpp`), and a little more than that.
//!
//! A program that is at fault somewhere is read all the same: the statement is left out, and the fault told with its place.

mod expression;
mod parse;
mod token;
mod tree;

pub use parse::{Parsed, parse};
pub use tree::{Class, Expr, Function, Kind, Parameter, Stmt, Target};
