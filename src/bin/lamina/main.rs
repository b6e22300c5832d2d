//! The native command line.

mod tables;
mod weights;

use lamina::analysis::infer::{Shapes, Sizes};
use lamina::formats::{self, FORMATS, Opened};
use lamina::model::{GraphId, dump};
use lamina::report::{Error, Result};
use lamina::safety::Rating;
use lamina::source::{CountingSource, Files, Folder, NativeFile, NativeFolder, Source};
use lamina::view::{CostInfo, Flow, Level, SceneOptions, Step, Theme, Viewer};
use std::cell::Cell;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;
use tables::{Form, What};

/// How the name of the index of several files ends: with PyTorch and safetensors, and with Keras.
const INDEX: [&str; 2] = [".index.json", ".weights.json"];

/// Whether a file called `name` is the index of several.
fn is_index(name: &str) -> bool {
    INDEX.iter().any(|end| name.ends_with(end))
}

const USAGE: &str = "\
Lamina: see inside model files.

usage: lamina summary MODEL...      one line a model:
                                    format | graphs | nodes | edges | initializers | params | bytes read | seconds | MACs | FLOPs |
                                    bytes of activations | bytes of activations at the peak; these four are of its first graph,
                                    with 1 for each size that is open
       lamina summary --size NAME=NUMBER MODEL
                                    the same with a size that the model leaves open
       lamina dump [--json] MODEL   all that the file says, without its weights
       lamina svg [--direction down|right] [--theme light|dark] [--level flat|groups|all] [--graph N] MODEL [-o OUT.svg]
                                    the drawing of its first graph, or of graph N as the dump counts them; a large one with
                                    as many groups open as fit a screen, unless a level is given
       lamina shapes [--size NAME=NUMBER]... MODEL
                                    a line a value: graph, name, stated or inferred, type, separated by tabs
       lamina tensors [--csv|--json] MODEL...
       lamina modules [--csv|--json] MODEL...
       lamina operators [--csv|--json] MODEL...
                                    all tensors under all their names, all groups of the first graph, or all nodes of all graphs:
                                    a line each
       lamina statistics [--dequantise] MODEL [TENSOR]...
                                    a line a tensor: name, type, shape, and figures about its elements, separated by tabs; of codes
                                    of quantised tensors about the numbers that they stand for, where that is asked for
       lamina npy [--dequantise] MODEL TENSOR [-o OUT.npy]
                                    a tensor as a file of NumPy, likewise
       lamina convert MODEL... [-o OUT.safetensors]
                                    the weights as a file of safetensors; nothing of the model is executed
       lamina safety [--json] FILE...
                                    what the pickles of a file would do to whoever loads it; in JSON, a line a file

A model is a file, the index of several files, or a folder with either. Files that it refers to are looked for in its folder; dump, svg and
convert take files that belong together one after the other. Exit status: 0, 1 if a file could not be read, 2 if the
command was not understood, 3 if `safety` found something dangerous.
";

/// The exit status when something dangerous was found.
const DANGEROUS: u8 = 3;

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let done = run(Arguments::new(std::env::args().skip(1)), &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        Ok(code) => code,
        // Whoever reads our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lamina: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Arguments, out: &mut impl Write) -> io::Result<ExitCode> {
    let json = arguments.flag("--json");
    let csv = arguments.flag("--csv");
    let dequantise = arguments.flag("--dequantise");
    let form = if json {
        Form::Json
    } else if csv {
        Form::Csv
    } else {
        Form::Tabs
    };
    let help = arguments.flag("--help") || arguments.flag("-h");
    let drawing = match Drawing::take(&mut arguments) {
        Ok(drawing) => drawing,
        Err(message) => return Ok(misused(&message)),
    };
    let sizes = match sizes(&mut arguments) {
        Ok(sizes) => sizes,
        Err(message) => return Ok(misused(&message)),
    };
    if let Some(unknown) = arguments.unknown() {
        return Ok(misused(&format!("there is no option {unknown}")));
    }
    let files = &arguments.words;
    match (files.split_first().map(|(command, files)| (command.as_str(), files)), help, json) {
        (_, true, _) => out.write_all(USAGE.as_bytes()).map(|()| ExitCode::SUCCESS),
        (Some(("summary", files @ [_, ..])), _, false) => each(files, |path| summary(path, &sizes, out)),
        (Some(("safety", files @ [_, ..])), ..) => examine(files, json, out),
        (Some(("dump", files @ [first, ..])), ..) => {
            each(std::slice::from_ref(first), |_| print(open(files), json, out))
        }
        (Some(("shapes", files @ [first, ..])), _, false) => {
            each(std::slice::from_ref(first), |_| list_shapes(open(files), &sizes, out))
        }
        (Some((command @ ("tensors" | "modules" | "operators"), files @ [first, ..])), ..) => {
            let what = match command {
                "tensors" => What::Tensors,
                "modules" => What::Modules,
                _ => What::Operators,
            };
            each(std::slice::from_ref(first), |_| tables::list(what, open(files), form, out))
        }
        (Some(("statistics", [first, names @ ..])), _, false) => {
            let file = std::slice::from_ref(first);
            each(file, |_| weights::list_statistics(open(file), names, dequantise, out))
        }
        (Some(("npy", [first, name])), _, false) => {
            let file = std::slice::from_ref(first);
            each(file, |_| weights::write_npy(open(file), name, dequantise, drawing.path.as_deref(), out))
        }
        (Some(("convert", files @ [first, ..])), _, false) => {
            each(std::slice::from_ref(first), |_| weights::convert(open(files), drawing.path.as_deref(), out))
        }
        (Some(("svg", files @ [first, ..])), _, false) => {
            each(std::slice::from_ref(first), |_| draw(open(files), &drawing, out))
        }
        _ => Ok(misused("which command, on which files?")),
    }
}

/// The words of the command line.
struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    fn new(words: impl Iterator<Item = String>) -> Self {
        Self { words: words.collect() }
    }

    /// Takes the option `name` off the words; says whether it was there.
    fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes the option `name` and the word after it off the words.
    fn option(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(place) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        self.words.remove(place);
        if place < self.words.len() { Ok(Some(self.words.remove(place))) } else { Err(format!("{name} wants a word")) }
    }

    /// An option that nobody took.
    fn unknown(&self) -> Option<&str> {
        self.words.iter().map(String::as_str).find(|word| word.starts_with('-'))
    }
}

/// The sizes that names stand for: `--size batch=8`.
fn sizes(arguments: &mut Arguments) -> Result<Sizes, String> {
    let mut sizes = Sizes::new();
    while let Some(word) = arguments.option("--size")? {
        let (name, size) = word.rsplit_once('=').ok_or_else(|| format!("{word} is not NAME=NUMBER"))?;
        sizes.push((name.into(), size.parse().map_err(|_| format!("{size} is no size"))?));
    }
    Ok(sizes)
}

/// How and where a drawing is to be written.
#[derive(Default)]
struct Drawing {
    options: SceneOptions,
    theme: Theme,
    graph: GraphId,
    path: Option<String>,
}

impl Drawing {
    fn take(arguments: &mut Arguments) -> Result<Self, String> {
        let mut drawing = Self { path: arguments.option("-o")?, ..Self::default() };
        drawing.options.direction = match arguments.option("--direction")?.as_deref() {
            None => Flow::Auto,
            Some("down") => Flow::Down,
            Some("right") => Flow::Right,
            Some(other) => return Err(format!("there is no direction {other}")),
        };
        drawing.theme = match arguments.option("--theme")?.as_deref() {
            None | Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            Some(other) => return Err(format!("there is no theme {other}")),
        };
        (drawing.options.level, drawing.options.step) = match arguments.option("--level")?.as_deref() {
            None => (Level::Auto, None),
            Some("flat") => (Level::Flat, None),
            Some("groups") => (Level::Groups, None),
            Some("all") => (Level::Groups, Some(Step::All)),
            Some(other) => return Err(format!("there is no level {other}")),
        };
        if let Some(number) = arguments.option("--graph")? {
            drawing.graph = GraphId(number.parse().map_err(|_| format!("{number} is no number of a graph"))?);
        }
        Ok(drawing)
    }
}

fn misused(message: &str) -> ExitCode {
    eprintln!("lamina: {message}\n\n{USAGE}");
    ExitCode::from(2)
}

/// Does `work` on each file; what cannot be read is said, and the others go on.
fn each(files: &[String], mut work: impl FnMut(&String) -> io::Result<Result<()>>) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for path in files {
        if let Err(error) = work(path)? {
            eprintln!("{path}: {error}");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// A file that is open, and how many of its bytes were read for that.
struct Subject {
    opened: Opened,
    files: Files,
    read: u64,
}

/// A folder whose files are read through the same counter.
struct CountedFolder {
    folder: NativeFolder,
    read: Rc<Cell<u64>>,
}

impl Folder for CountedFolder {
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>> {
        let source = self.folder.open(path)?;
        Ok(source.map(|source| Rc::new(CountingSource::new(source, self.read.clone())) as Rc<dyn Source>))
    }

    fn is_remote(&self) -> bool {
        self.folder.is_remote()
    }
}

/// The files at `paths`, which belong together, and the count of the bytes that are read.
fn files(paths: &[String]) -> Result<(Files, Rc<Cell<u64>>)> {
    let mut paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    if let [folder] = &*paths
        && folder.is_dir()
    {
        paths = vec![main_of(folder)?];
    }
    // An index speaks for all; else the first is the main file.
    let index = paths.iter().position(|path| is_index(&path.to_string_lossy())).unwrap_or(0);
    if let Some(before) = paths.get_mut(..=index) {
        before.rotate_right(1);
    }
    let read = Rc::new(Cell::new(0));
    let source = |path: &Path| -> Result<_> {
        let name = path.file_name().ok_or_else(|| Error::io("this is no file"))?.to_string_lossy().into_owned();
        Ok((name, Rc::new(CountingSource::new(NativeFile::open(path)?, read.clone()))))
    };
    let (main, companions) = paths.split_first().ok_or_else(|| Error::io("there is no file"))?;
    let (name, main_source) = source(main)?;
    let folder = main.parent().unwrap_or(Path::new("")).to_owned();
    let files = Files::new(&name, main_source)
        .with_folder(Rc::new(CountedFolder { folder: NativeFolder(folder), read: read.clone() }));
    for companion in companions {
        let (name, source) = source(companion)?;
        files.add(&name, source);
    }
    Ok((files, read))
}

/// Opens what is at `paths`, which belong together.
fn open(paths: &[String]) -> Result<Subject> {
    let (files, read) = files(paths)?;
    let opened = formats::open(&files, &|_| ())?;
    Ok(Subject { opened, files, read: read.get() })
}

/// The file of `folder` that is opened for all of it: an index; else the largest that has an extension of models.
fn main_of(folder: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let rank = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let known = FORMATS.iter().flat_map(|format| format.extensions);
        if is_index(&name) {
            Some(2)
        } else {
            known.clone().any(|extension| name.ends_with(&format!(".{extension}"))).then_some(1)
        }
    };
    let files = entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file());
    let ranked = files.filter_map(|path| Some((rank(&path)?, path.metadata().ok()?.len(), path)));
    let main = ranked.max_by(|(a, size_a, path_a), (b, size_b, path_b)| (a, size_a, path_b).cmp(&(b, size_b, path_a)));
    main.map(|(.., path)| path).ok_or_else(|| Error::missing("there is no model in this folder"))
}

fn summary(path: &String, sizes: &Sizes, out: &mut impl Write) -> io::Result<Result<()>> {
    let start = Instant::now();
    let Subject { opened, files, read } = match open(std::slice::from_ref(path)) {
        Ok(subject) => subject,
        Err(error) => return Ok(Err(error)),
    };
    let seconds = start.elapsed().as_secs_f64();
    let totals = opened.model.totals();
    write!(
        out,
        "{} | {} | {} | {} | {} | {} | {read} | {seconds:.3}",
        opened.model.format, totals.graphs, totals.nodes, totals.edges, totals.initializers, totals.parameters
    )?;
    let safety = opened.safety.clone();
    let viewer = Viewer::new(opened, files);
    if !sizes.is_empty() {
        viewer.set_sizes(sizes.clone());
    }
    match viewer.cost() {
        Some(CostInfo { total, peak, .. }) => {
            writeln!(out, " | {} | {} | {} | {peak}", total.macs, total.flops, total.activations)?;
        }
        None => writeln!(out, " | 0 | 0 | 0 | 0")?,
    }
    out.flush()?;
    // Programs read one line a file; what a person must not miss is said beside it.
    if let Some(safety) = safety.filter(|safety| safety.rating == Rating::Dangerous) {
        eprintln!("{path}: dangerous: {}", safety.summary);
    }
    Ok(Ok(()))
}

/// Prints the report on the pickles of each file.
fn examine(paths: &[String], json: bool, out: &mut impl Write) -> io::Result<ExitCode> {
    let mut dangerous = false;
    let code = each(paths, |path| {
        let files = match files(std::slice::from_ref(path)) {
            Ok((files, _)) => files,
            Err(error) => return Ok(Err(error)),
        };
        // Of a file that is no model, the pickles are of interest all the same.
        let (safety, error) = match formats::open(&files, &|_| ()) {
            Ok(opened) => (opened.safety, None),
            Err(error) => (formats::inspect(&files), Some(error)),
        };
        dangerous |= safety.as_ref().is_some_and(|safety| safety.rating == Rating::Dangerous);
        if json {
            writeln!(out, "{}", serde_json::json!({ "file": path, "safety": safety }))?;
        } else if let Some(safety) = &safety {
            write!(out, "{path}: {}", safety.text())?;
        } else if error.is_none() {
            writeln!(out, "{path}: no pickles")?;
        }
        out.flush()?;
        Ok(error.map_or(Ok(()), Err))
    })?;
    Ok(if dangerous { ExitCode::from(DANGEROUS) } else { code })
}

fn print(subject: Result<Subject>, json: bool, out: &mut impl Write) -> io::Result<Result<()>> {
    let Opened { model, report, .. } = match subject {
        Ok(subject) => subject.opened,
        Err(error) => return Ok(Err(error)),
    };
    if json {
        dump::json(&model, &report, &mut *out)?;
        writeln!(out)?;
    } else {
        out.write_all(dump::text(&model, &report).as_bytes())?;
    }
    Ok(Ok(()))
}

/// Prints what is known of each value; contradictions go to the other output.
fn list_shapes(subject: Result<Subject>, sizes: &Sizes, out: &mut impl Write) -> io::Result<Result<()>> {
    let Subject { opened: Opened { model, format, .. }, files, .. } = match subject {
        Ok(subject) => subject,
        Err(error) => return Ok(Err(error)),
    };
    let shapes = Shapes::of(&model, &files, format.domain, sizes);
    for (id, graph) in model.graphs.iter() {
        for (value, of) in graph.values.iter() {
            let typed = shapes.typed(&model, id, value);
            let origin = typed.as_ref().map_or("unknown", |typed| if typed.inferred { "inferred" } else { "stated" });
            let ty = typed.map_or_else(|| "?".into(), |typed| typed.ty.to_string());
            let name = of.name.replace(['\t', '\n'], " ");
            writeln!(out, "{}\t{name}\t{origin}\t{ty}", id.0)?;
        }
    }
    out.flush()?;
    for diagnostic in &shapes.report.diagnostics {
        eprintln!("{}", diagnostic.message);
    }
    Ok(Ok(()))
}

fn draw(subject: Result<Subject>, drawing: &Drawing, out: &mut impl Write) -> io::Result<Result<()>> {
    let viewer = match subject {
        Ok(Subject { opened, files, .. }) => Viewer::new(opened, files),
        Err(error) => return Ok(Err(error)),
    };
    let Some(svg) = viewer.svg(drawing.graph, &drawing.options, drawing.theme) else {
        return Ok(Err(Error::missing(format!("there is no graph {}", drawing.graph.0))));
    };
    match &drawing.path {
        Some(path) => std::fs::write(path, svg)?,
        None => out.write_all(svg.as_bytes())?,
    }
    Ok(Ok(()))
}
