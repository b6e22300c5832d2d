//! The options of builtin operators: fields by their numbers, as the schema names them.
//!
//! `options.tsv` has a line for each enumeration: its name, and its members in order. Behind `= BuiltinOptions` and `= BuiltinOptions2` there is a line
//! for each table of that union, in the order of their numbers: fields with their types and, where that is not zero, their usual values.

use super::dtype;
use crate::codec::flatbuffer::Table;
use crate::model::{Literal, Type};
use crate::report::Result;
use crate::source::Span;
use std::sync::LazyLock;

/// What an option holds.
pub enum Setting {
    /// A value.
    Literal(Literal),
    /// Subgraphs by their numbers, and whether it is a list of them.
    Graphs(Vec<i64>, bool),
    /// A FlexBuffer.
    Flex(Span),
}

static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("options.tsv").lines().collect());

/// The names of both unions.
const UNIONS: [&str; 2] = ["= BuiltinOptions", "= BuiltinOptions2"];

/// The line of options `kind` in union `union`, if that is known.
fn line(union: usize, kind: u8) -> Option<&'static str> {
    let start = LINES.iter().position(|line| UNIONS.get(union) == Some(line))?;
    let mut lines = LINES.iter().skip(start + 1).take_while(|line| !line.starts_with('='));
    lines.nth(kind.into()).copied()
}

/// The member of `enumeration` with `number`.
fn member(enumeration: &str, number: i64) -> Literal {
    let members = LINES.iter().find_map(|line| line.strip_prefix(enumeration)?.strip_prefix('\t'));
    let name = members.and_then(|members| members.split(' ').nth(usize::try_from(number).ok()?));
    name.map_or(Literal::Int(number), |name| Literal::String(name.into()))
}

/// The options in `table`, which is of `kind` in union `union`; none if that is not known.
///
/// # Errors
/// When a field is outside of the buffer; those of the source.
pub fn read(union: usize, kind: u8, table: &Table) -> Result<Option<Vec<(&'static str, Setting)>>> {
    let Some(line) = line(union, kind) else { return Ok(None) };
    let mut settings = Vec::new();
    for (number, field) in line.split('\t').enumerate() {
        let mut words = field.split(' ');
        let (Some(name), Some(kind)) = (words.next(), words.next()) else { continue };
        let usual = words.next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        if let Some(setting) = setting(table, number, kind, usual)? {
            settings.push((name, setting));
        }
    }
    Ok(Some(settings))
}

/// The field with `number`, which is of type `kind`.
fn setting(table: &Table, number: u16, kind: &str, usual: f64) -> Result<Option<Setting>> {
    let (list, kind) = (kind.starts_with('['), kind.trim_matches(['[', ']']));
    let (kind, enumeration) = kind.split_once(':').unwrap_or((kind, ""));
    let items = if list { scalars(table, number, kind)? } else { vec![scalar(table, number, kind, usual)?] };
    let named = |literal: Literal| match literal {
        Literal::Int(number) if kind == "TensorType" => match dtype(number) {
            crate::model::DType::Unknown => Literal::Int(number),
            dtype => Literal::Type(Type::Tensor { dtype, shape: None }),
        },
        Literal::Int(number) if !enumeration.is_empty() => member(enumeration, number),
        literal => literal,
    };
    let integer = |literal: Literal| if let Literal::Int(number) = literal { number } else { -1 };
    Ok(match kind {
        "flexbuffer" => table.bytes(number)?.map(Setting::Flex),
        "graph" => Some(Setting::Graphs(items.into_iter().map(integer).collect(), list)),
        _ if list => Some(Setting::Literal(Literal::List(items.into_iter().map(named).collect()))),
        _ => items.into_iter().next().map(|item| Setting::Literal(named(item))),
    })
}

fn scalar(table: &Table, number: u16, kind: &str, usual: f64) -> Result<Literal> {
    let whole = usual as i64;
    Ok(match kind {
        "bool" => Literal::Bool(table.number(number, whole != 0)?),
        "f32" => Literal::Float(table.number(number, usual as f32)?),
        "text" => Literal::String(table.text(number)?.as_str().into()),
        "i8" | "TensorType" => Literal::Int(table.number(number, whole as i8)?.into()),
        "u32" => Literal::Int(table.number(number, whole as u32)?.into()),
        "i64" => Literal::Int(table.number(number, whole)?),
        "i32" | "graph" => Literal::Int(table.number(number, whole as i32)?.into()),
        _ => Literal::Absent,
    })
}

fn scalars(table: &Table, number: u16, kind: &str) -> Result<Vec<Literal>> {
    Ok(match kind {
        "bool" => table.numbers(number)?.into_iter().map(Literal::Bool).collect(),
        "f32" => table.numbers(number)?.into_iter().map(Literal::Float).collect(),
        "u32" => table.numbers::<u32>(number)?.into_iter().map(|item| Literal::Int(item.into())).collect(),
        "i64" => table.numbers(number)?.into_iter().map(Literal::Int).collect(),
        _ => table.numbers::<i32>(number)?.into_iter().map(|item| Literal::Int(item.into())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_table_can_be_read() {
        const KINDS: [&str; 9] = ["bool", "f32", "text", "i8", "u32", "i64", "i32", "graph", "TensorType"];
        let tables = LINES.iter().skip_while(|line| !line.starts_with('=')).filter(|line| !line.starts_with('='));
        for field in tables.flat_map(|line| line.split('\t')).filter(|field| field.contains(' ')) {
            let kind = field.split(' ').nth(1).unwrap_or_default();
            let (kind, enumeration) = kind.trim_matches(['[', ']']).split_once(':').unwrap_or((kind, ""));
            assert!(KINDS.contains(&kind.trim_matches(['[', ']'])) || kind == "flexbuffer", "{field}");
            assert!(enumeration.is_empty() || matches!(member(enumeration, 0), Literal::String(_)), "{field}");
        }
    }

    #[test]
    fn tables_have_the_numbers_of_the_schema() {
        assert!(line(0, 1).is_some_and(|line| line.starts_with("padding i8:Padding\tstride_w i32")));
        assert!(line(0, 92).is_some_and(|line| line.starts_with("then_subgraph_index graph")));
        assert!(line(1, 21).is_some_and(|line| line.starts_with("name text\tdecomposition_subgraph_index graph")));
        assert!(line(0, 200).is_none() && line(1, 200).is_none());
        assert_eq!(member("Padding", 1), Literal::String("VALID".into()));
        assert_eq!(member("Padding", 7), Literal::Int(7));
    }
}
