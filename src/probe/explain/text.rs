//! Text files: pages and messages that servers send, models as text, programs, tables, notes.

use super::{Beside, Foreign, Later, Probe, Verdict, quote, size, tell};
use crate::report::Error;

/// What the text says.
pub fn explain(probe: &Probe) -> Option<Error> {
    let text = probe.text()?;
    let text = text.trim_start();
    if text.is_empty() {
        return Some(tell(probe, Foreign, "blank space"));
    }
    page(probe, text)
        .or_else(|| markup(probe, text))
        .or_else(|| message(probe, text))
        .or_else(|| model(probe, text))
        .or_else(|| source(probe, text))
        .or_else(|| by_extension(probe))
        .or_else(|| table(probe, text))
        .or_else(|| shape(probe, text))
}

/// Whether `text` begins with `start`, whatever the case.
fn begins(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// A web page that was saved in place of the file that it offers.
fn page(probe: &Probe, text: &str) -> Option<Error> {
    const SITES: [(&[&str], &str); 7] = [
        (
            &["huggingface.co", "hugging face"],
            "On Hugging Face, use the download button of the file; its address has /resolve/ where the page has /blob/.",
        ),
        (
            &["github.com", "githubassets"],
            "On GitHub, use “Download raw file”; its address is at raw.githubusercontent.com or has /raw/ where the page has /blob/.",
        ),
        (
            &["drive.google", "google drive", "docs.google"],
            "On Google Drive, confirm “Download anyway” on this page, or ask the owner for access.",
        ),
        (&["kaggle"], "On Kaggle, sign in and use the download button."),
        (&["dropbox"], "On Dropbox, end the address with dl=1."),
        (&["sharepoint", "onedrive", "1drv.ms"], "On OneDrive, use Download on this page."),
        (
            &["just a moment", "captcha", "cloudflare"],
            "The site wanted to see that a person asks: open its page in a browser and download the file there.",
        ),
    ];
    let text =
        text.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")).map_or(text, |(_, rest)| rest.trim_start());
    let is_page = ["<!doctype html", "<html", "<head", "<body", "<script"].iter().any(|start| begins(text, start));
    let lower = text.to_ascii_lowercase();
    is_page.then(|| {
        let titled =
            lower.find("<title").zip(lower.find("</title>")).and_then(|(from, to)| text.get(from..to)?.split_once('>'));
        let title = titled.map(|(_, title)| title.trim()).filter(|title| !title.is_empty());
        let title = title.map(|title| format!(" with the title {}", quote(title))).unwrap_or_default();
        let advice = SITES.iter().find(|(names, _)| names.iter().any(|name| lower.contains(name))).map_or(
            "Use the download link of the file itself; if the page asks to sign in, do so first.",
            |(_, advice)| advice,
        );
        Error::missing(format!(
            "This is a web page ({}){title}, not a model: the page was saved in place of the file. {advice}",
            size(probe.len())
        ))
    })
}

/// XML, by its outermost element.
fn markup(probe: &Probe, text: &str) -> Option<Error> {
    let mut rest = text;
    while let Some(after) = rest.strip_prefix("<?").or_else(|| rest.strip_prefix("<!")) {
        rest = after.split_once('>')?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?.split(|c: char| !c.is_alphanumeric() && !"_:-.".contains(c)).next()?;
    if name.is_empty() || !(text.starts_with("<?xml") || rest.contains("</") || rest.contains("/>")) {
        return None;
    }
    let part = |element: &str| {
        let (_, after) = rest.split_once(&format!("<{element}>"))?;
        after.split_once(&format!("</{element}>")).map(|(content, _)| content)
    };
    Some(match name.rsplit(':').next().unwrap_or(name) {
        "Error" => {
            let code = [part("Code"), part("Message")].into_iter().flatten().collect::<Vec<_>>().join(": ");
            Error::missing(format!(
                "This is the answer of a storage server, not a model: {}. The link may have expired, or the file may want an account. \
                 Get a new link, then download it again.",
                quote(&code)
            ))
        }
        "net" if rest.contains("<layers>") || rest.contains("<layer ") => tell(probe, Later, "an OpenVINO model"),
        "PMML" => tell(probe, Later, "a PMML model"),
        "opencv_storage" => tell(probe, Later, "a model or data of OpenCV"),
        "svg" => tell(probe, Foreign, "an SVG drawing"),
        "plist" => tell(probe, Foreign, "an Apple property list"),
        "rss" | "feed" => tell(probe, Foreign, "a news feed"),
        _ => tell(probe, Foreign, &format!("an XML file with the element {}", quote(name))),
    })
}

/// A line that a server sent in place of the file.
fn message(probe: &Probe, text: &str) -> Option<Error> {
    const SAID: [&str; 11] = [
        "invalid username or password",
        "not found",
        "unauthorized",
        "forbidden",
        "access to model",
        "access denied",
        "you need to agree",
        "rate limit",
        "too many requests",
        "bad gateway",
        "service unavailable",
    ];
    let lower = text.to_ascii_lowercase();
    (probe.len() <= 1024 && text.lines().count() <= 5 && SAID.iter().any(|said| lower.contains(said))).then(|| {
        Error::missing(format!(
            "This is the answer of a server, not a model: {}. Check the address and whether it wants an account, then download it \
             again.",
            quote(text)
        ))
    })
}

/// Models that are text.
fn model(probe: &Probe, text: &str) -> Option<Error> {
    /// A test of the text, and what it tells.
    type Rule = (fn(&str) -> bool, &'static str);
    const RULES: [Rule; 6] = [
        (|text| text.starts_with("tree\n") && text.contains("version="), "a LightGBM model"),
        (|text| begins(text, "[net]") || begins(text, "[network]"), "a Darknet configuration"),
        (|text| text.starts_with("version 1.") && text.contains("graph "), "an NNEF graph"),
        (|text| text.starts_with("program(1.") || text.starts_with("program (1."), "a Core ML program"),
        (|text| text.starts_with("module ") && (text.contains('{') && text.contains("func")), "an MLIR module"),
        (|text| text.starts_with("HloModule "), "an HLO module"),
    ];
    if text.starts_with("#version: 0.") {
        return Some(tell(probe, Beside, "the merges of a tokenizer"));
    }
    if text.starts_with("[PAD]\n") || text.starts_with("[PAD]\r\n") {
        return Some(tell(probe, Beside, "the vocabulary of a tokenizer"));
    }
    if text.starts_with("solid ") && text.contains("facet") {
        return Some(tell(probe, Foreign, "an STL shape in three dimensions"));
    }
    let (_, what) = RULES.iter().find(|(fits, _)| fits(text))?;
    Some(tell(probe, Later, what))
}

/// Programs, by how they begin.
fn source(probe: &Probe, text: &str) -> Option<Error> {
    let first = text.lines().next()?;
    let what = match first.strip_prefix("#!") {
        Some(line) if line.contains("python") => "a Python program",
        Some(line) if line.contains("sh") => "a shell script",
        Some(_) => "a script",
        None => {
            let is_python = |line: &str| {
                let from = line.strip_prefix("from ").is_some_and(|rest| rest.contains(" import "));
                from || line.starts_with("import ")
                    || (line.starts_with("def ") || line.starts_with("class ")) && line.ends_with(':')
            };
            let is_other = probe.name().contains('.') && !probe.has_extension("py") && !probe.has_extension("txt");
            if is_other || !text.lines().any(is_python) {
                return None;
            }
            "a Python program"
        }
    };
    Some(tell(probe, Foreign, what))
}

/// Plain texts, of which the extension tells more than the content.
fn by_extension(probe: &Probe) -> Option<Error> {
    const EXTENSIONS: &[(&[&str], Verdict, &str)] = &[
        (&["py", "pyi"], Foreign, "a Python program"),
        (&["ipynb"], Foreign, "a Jupyter notebook"),
        (&["md", "markdown", "rst"], Foreign, "a README or another text with markup"),
        (&["csv"], Foreign, "a CSV table"),
        (&["tsv"], Foreign, "a TSV table"),
        (&["yaml", "yml"], Foreign, "a YAML file"),
        (&["toml", "ini", "cfg", "conf"], Foreign, "a configuration file"),
        (&["jsonl", "ndjson"], Foreign, "data in JSON lines"),
        (&["js", "mjs", "ts", "css"], Foreign, "a part of a web page"),
        (
            &["c", "h", "cc", "cpp", "hpp", "cu", "rs", "go", "java", "m", "r", "jl", "lua"],
            Foreign,
            "the source of a program",
        ),
        (&["sh", "bat", "ps1"], Foreign, "a script"),
        (&["proto", "fbs"], Foreign, "a schema, which says how files are made up"),
        (&["log"], Foreign, "a log"),
        (&["prototxt", "pbtxt"], Later, "a model as protobuf text"),
        (&["model"], Later, "a model as text"),
    ];
    let (_, verdict, what) =
        EXTENSIONS.iter().find(|(names, ..)| names.iter().any(|name| probe.has_extension(name)))?;
    Some(tell(probe, *verdict, what))
}

/// Lines with as many separators each.
fn table(probe: &Probe, text: &str) -> Option<Error> {
    let mut lines: Vec<&str> = text.lines().take(20).collect();
    if probe.len() > text.len() as u64 {
        lines.pop();
    }
    let same = |separator: char| {
        let counts: Vec<usize> = lines.iter().map(|line| line.matches(separator).count()).collect();
        counts.len() >= 2 && counts.iter().all(|count| *count > 0 && Some(count) == counts.first())
    };
    let what = [(',', "a CSV table"), ('\t', "a TSV table")].into_iter().find(|(separator, _)| same(*separator))?.1;
    Some(tell(probe, Foreign, what))
}

/// Other texts, by the look of their lines.
fn shape(probe: &Probe, text: &str) -> Option<Error> {
    let first = text.lines().next()?;
    let what = if first == "---" || first.starts_with("# ") || first.starts_with("## ") {
        "a README or another text with markup"
    } else if first.starts_with('[') && first.trim_end().ends_with(']') {
        "a configuration file"
    } else if text
        .lines()
        .take(5)
        .all(|line| line.split_once(": ").is_some_and(|(key, _)| !key.contains(' ')) || line.ends_with(':'))
    {
        "a YAML file"
    } else {
        return Some(Error::unsupported(format!(
            "This is a text ({}) that begins with {}, not a model. {}",
            size(probe.len()),
            quote(first),
            super::known()
        )));
    };
    Some(tell(probe, Foreign, what))
}
