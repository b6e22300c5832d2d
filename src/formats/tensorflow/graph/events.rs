//! Logs for TensorBoard: records of `Event` (`event.proto`), some of which are graphs.
//!
//! A record is its length in eight bytes, a checksum of that, its bytes, and a checksum of these (`tensorflow/core/lib/io/record_writer`).

use super::proto::{Event, MetaGraph};
use super::{Place, decode};
use crate::codec::protobuf::Message;
use crate::formats::Open;
use crate::probe::Probe;
use crate::report::{Error, Result, Severity};
use crate::source::{Reader, Span};

/// The bytes around a record.
const HEAD: u64 = 12;
const TAIL: u64 = 4;
/// What the first record begins with, apart from its time.
const VERSION: &[u8] = b"brain.Event:";
/// How many records are looked at: graphs come first, and numbers may follow for gigabytes.
const RECORDS: usize = 4096;

/// Whether the file is a log.
pub fn sniff(probe: &Probe) -> bool {
    // Behind the head of the record: time (a key and eight bytes), and the key and the length of the version.
    let at = HEAD as usize + 9 + 2;
    probe.has(HEAD as usize, &[0x09]) && probe.has(at, VERSION)
}

/// The graphs in the log that fills `place`.
///
/// # Errors
/// When it has none.
pub fn graphs(place: &Place, open: &mut Open) -> Result<Vec<MetaGraph>> {
    let mut metas = Vec::new();
    let mut reader = Reader::little(place.bytes.clone());
    for count in 0.. {
        if reader.left() == 0 {
            break;
        }
        if count == RECORDS {
            open.report.add(Severity::Note, format!("graphs are looked for in the first {RECORDS} records only"));
            break;
        }
        match record(&mut reader) {
            Ok(span) => {
                let (event, fault) = Event::decode(place.bytes.window(span));
                if let Some(fault) = fault {
                    open.report.add_error(&fault.within("a record"));
                }
                metas.extend(event.graph.map(|span| MetaGraph { graph: vec![span], ..MetaGraph::default() }));
                metas.extend(event.meta_graph.map(|span| decode::<MetaGraph>(place, span, open)));
            }
            Err(error) => {
                open.report.add_error(&error.within("the log"));
                break;
            }
        }
    }
    if metas.is_empty() {
        return Err(Error::missing("this log of TensorBoard has no graph: it holds other things that were measured"));
    }
    Ok(metas)
}

/// The next record.
fn record(reader: &mut Reader) -> Result<Span> {
    let len = reader.read_u64()?;
    reader.skip(HEAD - 8)?;
    let span = reader.read_span(len)?;
    reader.skip(TAIL)?;
    Ok(span)
}
