//! What a report comes to, in words.

use super::ratings::RUNS;
use super::{Call, Finding, Import, Rating, Safety, Stream};

/// Why pickles are reported on, and what avoids them.
pub const WHY: &str = "A pickle is a program: whoever loads the file runs it. The safetensors format avoids the question. Such a file has names, \
                       shapes and numbers, and nothing to run.";

/// Why code in descriptions is reported on, and what avoids it.
pub const WHY_CODE: &str = "Descriptions of models may have code in them, and may name what is imported: programs that load the file run it, unless \
                            they are told not to. Weights alone, without a description, have nothing to run.";

/// What `safety` comes to, in a sentence or two.
pub fn summary(safety: &Safety) -> String {
    match safety.rating {
        rating if safety.streams.is_empty() => match safety.findings.iter().find(|finding| finding.rating == rating) {
            Some(first) if rating > Rating::Inert => {
                let more = safety.findings.iter().filter(|finding| finding.rating > Rating::Inert).count() - 1;
                let more = if more > 0 {
                    format!(" There is more: {}.", count(more, "other finding", "other findings"))
                } else {
                    String::new()
                };
                format!("{}{more}", first.message)
            }
            _ => "Nothing known to be dangerous was found.".into(),
        },
        Rating::Dangerous => dangerous(safety),
        Rating::Unknown => {
            let names: usize = safety.streams.iter().map(unknown).sum();
            let odd = safety.streams.iter().flat_map(|stream| &stream.findings).chain(&safety.findings);
            let odd = odd.filter(|finding| finding.rating > Rating::Inert).count();
            let names = (names > 0)
                .then(|| format!("it imports {}", count(names, "name that is not known", "names that are not known")));
            let odd = (odd > 0).then(|| count(odd, "thing about it is odd", "things about it are odd"));
            let what: Vec<String> = names.into_iter().chain(odd).collect();
            let but = if what.is_empty() { String::new() } else { format!(", but {}", what.join(", and ")) };
            format!("Nothing known to be dangerous was found{but}.")
        }
        Rating::Inert => "Nothing known to be dangerous was found.".into(),
    }
}

fn dangerous(safety: &Safety) -> String {
    let grave = |call: &&Call| call.rating == Rating::Dangerous;
    let calls = || safety.streams.iter().flat_map(|stream| stream.calls.iter().map(move |call| (stream, call)));
    // What is run by loading the file comes first, and what says it best: commands, and code.
    let rank =
        |(stream, call): &(&Stream, &Call)| (stream.aside, !RUNS.iter().any(|reason| call.reason.ends_with(reason)));
    let count: usize = calls().map(|(_, call)| call).filter(grave).map(|call| call.count).sum();
    if let Some((stream, call)) = calls().filter(|(_, call)| grave(call)).min_by_key(rank) {
        let more = if count > 1 { format!(" There are {count} dangerous calls in all.") } else { String::new() };
        return format!("{} calls `{}`: {}.{more}", who(stream), call.text.replace('`', "'"), call.reason);
    }
    let imports = safety.streams.iter().flat_map(|stream| stream.imports.iter().map(move |import| (stream, import)));
    match imports.filter(|(_, import)| import.rating == Rating::Dangerous).min_by_key(|(stream, _)| stream.aside) {
        Some((stream, import)) => {
            let (path, reason) = (import.path.replace('`', "'"), import.reason);
            format!("{} imports `{path}`, which {reason}. It is not called at once, but handed on.", who(stream))
        }
        None => "Something dangerous was found.".into(),
    }
}

/// The subject of a sentence on what `stream` does.
fn who(stream: &Stream) -> &'static str {
    if stream.aside { "A pickle that is hidden in this file" } else { "Loading this file" }
}

/// How many names of `stream` are not known.
fn unknown(stream: &Stream) -> usize {
    stream.imports.iter().filter(|import| import.rating == Rating::Unknown).count() + stream.more_imports
}

fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

impl Safety {
    /// The report as text, some lines with their line feeds.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.rating.name(), self.summary)];
        lines.extend(self.findings.iter().map(|found| line("  ", found)));
        for stream in &self.streams {
            pickle(stream, &mut lines);
        }
        if self.more > 0 {
            lines.push(format!("  {} not listed", count(self.more, "more pickle is", "more pickles are")));
        }
        if self.unseen > 0 {
            lines.push(format!("  {} not looked at", count(self.unseen, "entry was", "entries were")));
        }
        if self.rating > Rating::Inert {
            lines.push(format!("  {}", self.why));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// The lines on `stream`.
fn pickle(stream: &Stream, lines: &mut Vec<String>) {
    let name = if stream.name.is_empty() { "pickle" } else { &*stream.name };
    let (at, end) = (stream.span.at, stream.span.end());
    lines.push(format!(
        "  {} at {at:#x} to {end:#x}, protocol {}: {}",
        plain(name),
        stream.protocol,
        stream.rating.name()
    ));
    lines.extend(stream.findings.iter().map(|found| line("    ", found)));
    for call in &stream.calls {
        let more = if call.count > 1 { format!(" (and {} more)", call.count - 1) } else { String::new() };
        lines.push(format!("    {} {:#x} {} {}{more}", call.rating.name(), call.at, call.opcode, plain(&call.text)));
        lines.push(format!("      {}", plain(&call.reason)));
    }
    if stream.more_calls > 0 {
        lines.push(format!("    {} not listed", count(stream.more_calls, "more call is", "more calls are")));
    }
    for import in stream.imports.iter().filter(|import| import.rating > Rating::Inert) {
        let Import { rating, at, opcode, path, reason, .. } = import;
        lines.push(format!("    {} {at:#x} {opcode} {}, which {reason}", rating.name(), plain(path)));
    }
    let inert = stream.imports.iter().filter(|import| import.rating == Rating::Inert);
    let inert: Vec<String> = inert.map(|import| plain(&import.path)).collect();
    if !inert.is_empty() {
        lines.push(format!("    inert {}", inert.join(", ")));
    }
    if stream.more_imports > 0 {
        lines.push(format!("    {} not listed", count(stream.more_imports, "more name is", "more names are")));
    }
}

fn line(indent: &str, Finding { rating, message, at }: &Finding) -> String {
    let place = at.map(|at| format!("{at:#x} ")).unwrap_or_default();
    let mark = if *rating > Rating::Inert { "odd" } else { "note" };
    format!("{indent}{mark} {place}{}", plain(message))
}

/// `text` from a file without what would steer a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
