//! Tables whose rows are for several names each.

use foldhash::HashMap;

/// Where each name is among the rows of a table.
///
/// It holds numbers, whatever the rows hold: all tables share the code of one map.
#[derive(Debug, Default)]
pub struct Table(HashMap<&'static str, u32>);

impl Table {
    /// Of `rows`, whose names are separated by blanks.
    pub fn of<T>(rows: &[(T, &'static str)]) -> Self {
        let mut table = Self::default();
        rows.iter().zip(0..).for_each(|((_, names), at)| table.add(names, at));
        table
    }

    fn add(&mut self, names: &'static str, at: u32) {
        for name in names.split_whitespace() {
            self.0.insert(name, at);
        }
    }

    /// What is in the row of `name`.
    pub fn find<T: Copy>(&self, rows: &[(T, &'static str)], name: &str) -> Option<T> {
        Some(rows.get(*self.0.get(name)? as usize)?.0)
    }
}
