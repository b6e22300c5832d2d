//! Sorting in little code.
//!
//! The standard library's sorts are fast, and 3 KB of program for each type and each order that something is sorted by. A browser loads the
//! program over a network, so what is sorted once or is short is sorted here: all of it by one sort, of positions.

use std::cmp::Ordering;

/// Sorts `items`; what is equal stays in order.
pub fn sort<T: Ord>(items: &mut Vec<T>) {
    sort_by(items, T::cmp);
}

/// Sorts `items` by what `key` says of each; what is equal stays in order.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts `items` by what `compare` says of two; what is equal stays in order.
pub fn sort_by<T>(items: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let Some(order) = sorted(items.len(), &|a, b| compare(&items[a], &items[b])) else { return };
    let mut left: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|place| left[place].take()));
}

/// The order of `count` items; none if they are in order.
fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Option<Vec<usize>> {
    if (1..count).all(|at| compare(at - 1, at) != Ordering::Greater) {
        return None;
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| compare(*a, *b));
    Some(order)
}
