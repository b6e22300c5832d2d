//! Commands about the elements of tensors.

use crate::Subject;
use lamina::codec::scalar::double_text;
use lamina::convert::Output;
use lamina::inspect::Statistics;
use lamina::model::TensorId;
use lamina::report::{Error, Result};
use lamina::view::{Viewer, Work};
use std::io::{self, Write};

/// The tensors of `viewer` that are called `name`.
fn called(viewer: &Viewer, name: &str) -> Result<Vec<TensorId>> {
    let found: Vec<TensorId> =
        viewer.model().stored().filter(|(_, tensor)| &*tensor.name == name).map(|(id, _)| id).collect();
    if found.is_empty() { Err(Error::missing(format!("there is no tensor {name:?}"))) } else { Ok(found) }
}

/// Prints a line for each tensor that is called one of `names`, or for each at all: name, type, shape, and its statistics, separated by tabs. What
/// cannot be read is said in their place.
pub fn list_statistics(
    subject: Result<Subject>,
    names: &[String],
    dequantise: bool,
    out: &mut impl Write,
) -> io::Result<Result<()>> {
    let tensors = subject.and_then(|Subject { opened, files, .. }| {
        let viewer = Viewer::new(opened, files);
        let named = names.iter().map(|name| called(&viewer, name)).collect::<Result<Vec<_>>>()?.concat();
        let tensors = if names.is_empty() { viewer.model().stored().map(|(id, _)| id).collect() } else { named };
        Ok((viewer, tensors))
    });
    let (viewer, tensors) = match tensors {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    for id in tensors {
        let id = if dequantise { meant(&viewer, id) } else { id };
        let tensor = &viewer.model().tensors[id];
        let name = tensor.name.replace(['\t', '\n'], " ");
        write!(out, "{name}\t{}\t{}", tensor.dtype.name(), lamina::view::shape(&tensor.shape))?;
        match survey(&viewer, id) {
            Ok(statistics) => write_figures(&statistics, out)?,
            Err(error) => writeln!(out, "\t{error}")?,
        }
    }
    Ok(Ok(()))
}

/// The tensor that `tensor` stands for, if it is one of codes; else itself.
fn meant(viewer: &Viewer, tensor: TensorId) -> TensorId {
    viewer.model().dequantised.get(&tensor).copied().unwrap_or(tensor)
}

fn survey(viewer: &Viewer, tensor: TensorId) -> Result<Statistics> {
    let mut work = viewer.survey(tensor)?;
    while viewer.step(&mut work)? < 1.0 {}
    match work {
        Work::Survey(survey) => Ok(survey.statistics()),
        Work::Exposure(_) => Err(Error::missing("these are no statistics")),
    }
}

fn write_figures(statistics: &Statistics, out: &mut impl Write) -> io::Result<()> {
    let Statistics { min, max, mean, std, l2, zeros, nan, infinite, unique, .. } = statistics;
    for (name, figure) in [("min", min), ("max", max), ("mean", mean), ("std", std), ("l2", l2)] {
        match figure {
            Some(figure) => write!(out, "\t{name} {}", double_text(*figure))?,
            None => write!(out, "\t{name} none")?,
        }
    }
    let more = if unique.exact { "" } else { ">" };
    writeln!(out, "\tzeros {zeros}\tnan {nan}\tinfinite {infinite}\tunique {more}{}", unique.count)
}

/// Writes the tensor that is called `name` as a file of NumPy, to `path` or to `out`.
pub fn write_npy(
    subject: Result<Subject>,
    name: &str,
    dequantise: bool,
    path: Option<&str>,
    out: &mut impl Write,
) -> io::Result<Result<()>> {
    let begun = subject.and_then(|Subject { opened, files, .. }| {
        let viewer = Viewer::new(opened, files);
        let tensor = match *called(&viewer, name)? {
            [tensor] => tensor,
            _ => return Err(Error::unsupported(format!("several tensors are called {name:?}"))),
        };
        let output = viewer.npy(if dequantise { meant(&viewer, tensor) } else { tensor })?;
        Ok((viewer, output))
    });
    match begun {
        Ok((viewer, mut output)) => write_output(&viewer, &mut output, path, out),
        Err(error) => Ok(Err(error)),
    }
}

/// Writes the weights of a model as a file of safetensors, to `path` or to `out`. What is left out is said on the other output.
pub fn convert(subject: Result<Subject>, path: Option<&str>, out: &mut impl Write) -> io::Result<Result<()>> {
    let begun = subject.and_then(|Subject { opened, files, .. }| {
        let viewer = Viewer::new(opened, files);
        let output = viewer.safetensors(None)?;
        Ok((viewer, output))
    });
    match begun {
        Ok((viewer, mut output)) => {
            for left in &output.left {
                eprintln!("left out: {}: {}", left.name, left.reason);
            }
            write_output(&viewer, &mut output, path, out)
        }
        Err(error) => Ok(Err(error)),
    }
}

/// Writes all of `output`, to `path` or to `out`.
fn write_output(
    viewer: &Viewer,
    output: &mut dyn Output,
    path: Option<&str>,
    out: &mut impl Write,
) -> io::Result<Result<()>> {
    let mut file = match path {
        Some(path) => Some(io::BufWriter::new(std::fs::File::create(path)?)),
        None => None,
    };
    let out: &mut dyn Write = match &mut file {
        Some(file) => file,
        None => out,
    };
    loop {
        match viewer.piece(output) {
            Ok(piece) if piece.is_empty() => break,
            Ok(piece) => out.write_all(&piece)?,
            Err(error) => return Ok(Err(error)),
        }
    }
    out.flush()?;
    Ok(Ok(()))
}
