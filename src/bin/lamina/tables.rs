//! Commands that list what is in a model.

use crate::Subject;
use lamina::model::GraphId;
use lamina::report::Result;
use lamina::view::Viewer;
use serde::Serialize;
use std::io::{self, Write};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Cells between tabs.
    Tabs,
    /// RFC 4180.
    Csv,
    /// A list of objects.
    Json,
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// All tensors, under all their names.
    Tensors,
    /// All groups of the hierarchy of the first graph.
    Modules,
    /// All nodes.
    Operators,
}

/// Lists all tensors, groups or nodes, after a line with the names of the columns.
pub fn list(what: What, subject: Result<Subject>, form: Form, out: &mut impl Write) -> io::Result<Result<()>> {
    let viewer = match subject {
        Ok(Subject { opened, files, .. }) => Viewer::new(opened, files),
        Err(error) => return Ok(Err(error)),
    };
    match what {
        What::Tensors => {
            let columns = ["name", "dtype", "shape", "elements", "bytes", "tied", "file"];
            write_rows(&viewer.tensors(), &columns, form, out)?;
        }
        What::Modules => {
            write_rows(&viewer.modules(GraphId(0)), &["path", "nodes", "parameters", "bytes"], form, out)?;
        }
        What::Operators => {
            let columns = ["graph", "operator", "name", "category", "parameters", "macs"];
            write_rows(&viewer.operators(), &columns, form, out)?;
        }
    }
    Ok(Ok(()))
}

fn write_rows<T: Serialize>(rows: &[T], columns: &[&str], form: Form, out: &mut impl Write) -> io::Result<()> {
    if form == Form::Json {
        serde_json::to_writer_pretty(&mut *out, rows)?;
        return writeln!(out);
    }
    write_line(columns.iter().map(ToString::to_string), form, out)?;
    for row in rows {
        let row = serde_json::to_value(row)?;
        let cells = columns.iter().map(|column| match row.get(column) {
            None | Some(serde_json::Value::Null) => String::new(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        write_line(cells, form, out)?;
    }
    Ok(())
}

fn write_line(cells: impl Iterator<Item = String>, form: Form, out: &mut impl Write) -> io::Result<()> {
    let spelled = |cell: String| match form {
        Form::Csv if cell.contains(['"', ',', '\n', '\r']) => format!("\"{}\"", cell.replace('"', "\"\"")),
        Form::Csv => cell,
        _ => cell.replace(['\t', '\n'], " "),
    };
    let cells: Vec<String> = cells.map(spelled).collect();
    writeln!(out, "{}", cells.join(if form == Form::Csv { "," } else { "\t" }))
}
