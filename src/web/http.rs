//! Remote files, read in parts by synchronous requests with a `Range` header (RFC 9110, section 14), which Workers may send.

use super::blob::copy_out;
use crate::report::{Error, Kind, Result};
use crate::source::{BytesSource, Folder, Source, copy};
use js_sys::Uint8Array;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Url, WorkerGlobalScope, XmlHttpRequest, XmlHttpRequestResponseType};

/// The bytes that the first request asks for: one page.
const FIRST: u64 = 64 << 10;
/// A file up to this size may come whole, without a progress bar.
const WHOLE: u64 = 16 << 20;

/// A remote file, as its server gives it.
pub enum Remote {
    /// Part by part.
    Parts(HttpSource),
    /// It came whole: it is small, and the server does not send parts.
    Whole(BytesSource),
    /// Only whole, and it may be large: download it with a progress bar, then open the result as a `Blob`.
    Download {
        /// Its size in bytes, where the server says so.
        len: Option<u64>,
    },
}

impl Remote {
    /// Looks at the file at `url` (absolute): asks for its size, then for its first bytes.
    ///
    /// The size is asked for first so that a server which ignores `Range` does not send gigabytes that cannot be stopped.
    ///
    /// # Errors
    /// [`Kind::Missing`] when there is none; [`Kind::Io`] when the server refuses, fails or cannot be reached.
    pub fn open(url: &str) -> Result<Self> {
        let parsed = Url::new(url).ok().filter(|url| matches!(url.protocol().as_str(), "http:" | "https:"));
        if parsed.is_none() {
            return Err(Error::io(format!("{url} is not a web address; it must begin with https://")));
        }
        let known = match request("HEAD", url, Some(0..FIRST)) {
            Ok(answer) if matches!(answer.status, 404 | 410) => return Err(answer.refusal(url)),
            Ok(answer) if answer.is_encoded() => return Ok(Self::Download { len: None }),
            Ok(answer) if answer.status == 200 => {
                let len = answer.header("Content-Length").and_then(|len| len.parse().ok());
                let parts = answer.header("Accept-Ranges").is_some_and(|unit| unit == "bytes");
                if !parts && len.is_none_or(|len| len > WHOLE) {
                    return Ok(Self::Download { len });
                }
                len
            }
            // Some servers answer only GET; it decides.
            _ => None,
        };
        Self::first(url, known)
    }

    fn first(url: &str, known: Option<u64>) -> Result<Self> {
        let answer = match request("GET", url, Some(0..FIRST)) {
            Ok(answer) => answer,
            // A browser that asks for a part refuses to get it compressed, and may have to ask for leave first (CORS).
            Err(_) if request("HEAD", url, None)?.status == 200 => return Ok(Self::Download { len: None }),
            Err(error) => return Err(error),
        };
        match answer.status {
            200 => Ok(Self::Whole(BytesSource(answer.body()))),
            206 if answer.is_encoded() => Ok(Self::Download { len: None }),
            206 => {
                let head = answer.body();
                let range = answer.header("Content-Range").and_then(|range| content_range(&range));
                // Other sites may hide `Content-Range`; fewer bytes than asked for are then the whole file.
                let short = (head.len() as u64) < FIRST;
                let len = match range {
                    Some((0, total)) => total.or(known),
                    Some(_) => None,
                    None if short => Some(head.len() as u64),
                    None => known,
                };
                Ok(match len {
                    Some(len) if len >= head.len() as u64 => {
                        let reached = RefCell::new(answer.url());
                        Self::Parts(HttpSource { url: url.into(), reached, len, head })
                    }
                    _ => Self::Download { len: None },
                })
            }
            416 => Ok(Self::Whole(BytesSource::default())),
            _ => Err(answer.refusal(url)),
        }
    }
}

/// A remote file whose server sends parts of it.
pub struct HttpSource {
    url: String,
    /// Where the redirections from `url` ended: asking there saves a round trip for each part.
    reached: RefCell<String>,
    len: u64,
    head: Vec<u8>,
}

impl HttpSource {
    fn part(&self, at: u64, end: u64) -> Result<Answer> {
        let reached = self.reached.borrow().clone();
        let answer = request("GET", &reached, Some(at..end));
        if reached == self.url || answer.as_ref().is_ok_and(|answer| answer.status == 206) {
            return answer;
        }
        // The place that was reached may have been lent for a while only.
        let answer = request("GET", &self.url, Some(at..end))?;
        self.reached.replace(answer.url());
        Ok(answer)
    }
}

impl Source for HttpSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let end = self.len.min(at.saturating_add(buffer.len() as u64));
        if at >= end {
            return Ok(0);
        }
        if let Some(known) =
            usize::try_from(at).ok().zip(usize::try_from(end).ok()).and_then(|(at, end)| self.head.get(at..end))
        {
            return Ok(copy(buffer, known));
        }
        let answer = self.part(at, end).map_err(|error| error.at(at))?;
        let total = answer.header("Content-Range").and_then(|range| content_range(&range)?.1);
        if answer.status == 416 || total.is_some_and(|total| total != self.len) {
            return Err(Error::io("the file changed on its server while it was read; open it again").at(at));
        }
        if answer.status != 206 {
            return Err(answer.refusal(&self.url).at(at));
        }
        let bytes = answer.bytes();
        if u64::from(bytes.length()) != end - at {
            let message = format!("the server sent {} bytes where {} were asked for", bytes.length(), end - at);
            return Err(Error::io(message).at(at));
        }
        Ok(copy_out(&bytes, buffer))
    }
}

/// The folder of a remote file, where its companions are: `model.onnx_data` beside `model.onnx`.
pub struct HttpFolder {
    base: String,
}

impl HttpFolder {
    /// The folder of the file at `url`.
    pub fn of(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let base = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        Self { base: base.into() }
    }
}

impl Folder for HttpFolder {
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>> {
        let parts: Vec<&str> = path.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Ok(None);
        }
        let mut url = self.base.clone();
        for part in parts {
            url.push('/');
            url.push_str(&String::from(js_sys::encode_uri_component(part)));
        }
        match Remote::open(&url) {
            Ok(Remote::Parts(source)) => Ok(Some(Rc::new(source))),
            Ok(Remote::Whole(source)) => Ok(Some(Rc::new(source))),
            Ok(Remote::Download { .. }) => Err(Error::unsupported(format!(
                "the server does not send parts of {path}; download it and the model, then drop both"
            ))),
            Err(error) if error.kind == Kind::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// What a server answered.
struct Answer {
    request: XmlHttpRequest,
    status: u16,
}

impl Answer {
    fn header(&self, name: &str) -> Option<String> {
        self.request.get_response_header(name).ok().flatten()
    }

    /// Whether the bytes are an encoding of the file, whose ranges are of no use.
    fn is_encoded(&self) -> bool {
        self.header("Content-Encoding").is_some_and(|encoding| !matches!(encoding.as_str(), "" | "identity"))
    }

    fn url(&self) -> String {
        self.request.response_url()
    }

    fn bytes(&self) -> Uint8Array {
        Uint8Array::new(&self.request.response().unwrap_or(JsValue::UNDEFINED))
    }

    fn body(&self) -> Vec<u8> {
        self.bytes().to_vec()
    }

    fn refusal(&self, url: &str) -> Error {
        let status = self.status;
        match status {
            404 | 410 => Error::missing(format!("there is no file at {url} ({status}); check the address")),
            401 | 403 => Error::io(format!(
                "the server refuses to send {url} ({status}): it wants an account, or the link has expired; \
                 download the file and drop it here"
            )),
            429 => Error::io(format!("the server has had too many requests ({status}); try again later")),
            500.. => Error::io(format!("the server failed ({status}); try again later")),
            _ => Error::io(format!("the server answered with status {status} instead of the file at {url}")),
        }
    }
}

/// Asks for `range` of the file at `url`, or for all of it, and waits for the answer.
fn request(method: &str, url: &str, range: Option<Range<u64>>) -> Result<Answer> {
    let send = || {
        let request = XmlHttpRequest::new()?;
        request.open_with_async(method, url, false)?;
        request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
        if let Some(Range { start, end }) = range {
            request.set_request_header("Range", &format!("bytes={start}-{}", end.saturating_sub(1)))?;
        }
        request.send()?;
        let status = request.status()?;
        Ok(Answer { request, status })
    };
    send().map_err(|_: JsValue| no_answer(url))
}

/// Why there is no answer. A browser keeps the reason from the page, so this tells what it can be.
fn no_answer(url: &str) -> Error {
    let scope: Option<WorkerGlobalScope> = js_sys::global().dyn_into().ok();
    let host = Url::new(url).map(|url| url.host()).unwrap_or_default();
    let (secure, here) = scope
        .as_ref()
        .map(|scope| scope.location())
        .map(|location| (location.protocol() == "https:", location.host() == host))
        .unwrap_or_default();
    Error::io(if scope.is_some_and(|scope| !scope.navigator().on_line()) {
        "the browser is offline".into()
    } else if secure && url.starts_with("http:") {
        format!("this page is loaded over https, so the browser does not ask {host} over http; use an https:// address")
    } else if here {
        format!("{host} does not answer; check the network and try again")
    } else {
        format!(
            "{host} does not answer, or does not let pages of other sites read its files (CORS); \
             download the file and drop it here"
        )
    })
}

/// The first byte and the size of the file (none if the server does not know it), of a header like `bytes 0-65535/98304`.
fn content_range(header: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
    let first = range.split_once('-')?.0.trim().parse().ok()?;
    Some((first, total.trim().parse().ok()))
}
