//! ZIP archives: what is in them, and where. Specification: APPNOTE.TXT 6.3 of PKWARE.
//!
//! Only the directory at the end is read. The bytes of a stored entry are a range of the file; those of a deflated one are inflated
//! when somebody reads them.

use crate::report::{Error, Result};
use crate::sort;
use crate::source::{FileId, Files, InflatedSource, Limits, Packing, Reader, Slice, Span};
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;
use zip::result::{ZipError, ZipResult};
use zip::{CompressionMethod, ZipArchive};

/// The size of a local header without its name and extra field (4.3.7).
const HEADER: u64 = 30;
/// The signature of a local header.
const SIGNATURE: u32 = 0x0403_4b50;
/// The signature of a record of the directory.
const RECORD_SIGNATURE: u32 = 0x0201_4b50;
/// The size of a record of the directory without its name, extra field and comment (4.3.12).
const RECORD: u64 = 46;
/// The extra field with larger numbers (4.5.3).
const ZIP64: u16 = 1;
/// The bit of the flags that says that sizes follow the data (4.4.4).
const DESCRIPTOR: u16 = 1 << 3;
/// The bit of the flags that says that the data is encrypted.
const ENCRYPTED: u16 = 1;
/// How data that is to be mapped into memory is aligned by those who align it.
const ALIGNMENT: u64 = 64;
/// DEFLATE makes at most about this much of one byte.
const RATIO: u64 = 1032;

/// How the bytes of an entry are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As they are.
    Stored,
    /// By DEFLATE.
    Deflated,
    /// In some other way.
    Other,
}

/// An entry of an archive.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path, as the directory spells it.
    pub path: String,
    /// Its size in bytes, once it is unpacked.
    pub size: u64,
    /// Its size in bytes, as it is packed.
    pub packed: u64,
    /// How it is packed.
    pub method: Method,
    /// Whether a password is needed.
    pub encrypted: bool,
    /// The checksum that the directory states.
    pub crc: u32,
    /// The offset of its local header.
    pub header: u64,
    /// What comes after its data: the next local header, or the directory.
    next: u64,
    /// The length of its path in bytes.
    name: u64,
    descriptor: bool,
}

/// What the local header of an entry says; programs may believe it rather than the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The path.
    pub path: Vec<u8>,
    /// The flags (4.4.4).
    pub flags: u16,
    /// The number of the method (4.4.5).
    pub method: u16,
    /// The checksum.
    pub crc: u32,
    /// The size of the packed bytes, without the larger one of ZIP64.
    pub packed: u32,
    /// The offset of the data.
    pub data: u64,
}

/// The directory of an archive.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The entries, in its order; of those with the same path, the last.
    pub entries: Vec<Entry>,
    /// Whether there were several with the same path.
    pub duplicates: bool,
}

impl Directory {
    /// The directory of `file`, of which at most `most` bytes are read.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there is none or it is damaged; [`Kind::Limit`](crate::report::Kind::Limit) when it takes
    /// more bytes; those of the source.
    pub fn read(file: &Slice, most: usize) -> Result<Self> {
        Self::list(file.window(file.span()), most).map_err(|error| fault(&error))
    }

    fn list(file: Slice, most: usize) -> ZipResult<Self> {
        let archive = ZipArchive::new(Bounded { file, left: most, most })?;
        let directory = archive.metadata();
        let mut entries = Vec::new();
        for index in 0..directory.len() {
            let entry = directory.entry(index)?;
            entries.push(Entry {
                path: entry.name()?.into_owned(),
                size: entry.size(),
                packed: entry.compressed_size(),
                method: match entry.compression() {
                    CompressionMethod::Stored => Method::Stored,
                    CompressionMethod::Deflated => Method::Deflated,
                    _ => Method::Other,
                },
                encrypted: entry.encrypted(),
                crc: entry.crc32(),
                header: entry.header_start(),
                next: 0,
                name: entry.name_raw().len() as u64,
                descriptor: entry.flags().as_u16() & DESCRIPTOR != 0,
            });
        }
        link(&mut entries, archive.central_directory_start());
        Ok(Self { entries, duplicates: directory.has_duplicate_names() })
    }

    /// All records of the directory of `file`, of which at most `most` bytes are read: of those with the same path, each.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn records(file: &Slice, most: usize) -> Result<Vec<Entry>> {
        let archive = ZipArchive::new(Bounded { file: file.window(file.span()), left: most, most });
        let archive = archive.map_err(|error| fault(&error))?;
        let mut reader = Reader::little(file.clone());
        reader.seek(archive.central_directory_start())?;
        let mut entries = Vec::new();
        while reader.left() >= 4 && entries.len() < most / RECORD as usize {
            let at = reader.position();
            if reader.read_u32()? != RECORD_SIGNATURE {
                break;
            }
            entries.push(record(&mut reader, archive.offset()).map_err(|error| error.at(at))?);
        }
        link(&mut entries, archive.central_directory_start());
        Ok(entries)
    }

    /// The entry at just `path`.
    pub fn find(&self, path: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.path == path)
    }
}

/// Says of each entry what comes next.
fn link(entries: &mut [Entry], directory: u64) {
    let mut starts: Vec<u64> = entries.iter().map(|entry| entry.header).collect();
    starts.push(directory);
    sort::sort(&mut starts);
    for entry in entries {
        let after = starts.partition_point(|start| *start <= entry.header);
        entry.next = starts.get(after).copied().unwrap_or(entry.header);
    }
}

/// The record behind its signature (4.3.12); offsets count from `start`.
fn record(reader: &mut Reader, start: u64) -> Result<Entry> {
    reader.skip(4)?;
    let (flags, method) = (reader.read_u16()?, reader.read_u16()?);
    reader.skip(4)?;
    let crc = reader.read_u32()?;
    let (packed, size) = (reader.read_u32()?, reader.read_u32()?);
    let (name, extra, comment) = (reader.read_u16()?, reader.read_u16()?, reader.read_u16()?);
    reader.skip(8)?;
    let header = reader.read_u32()?;
    let path = String::from_utf8_lossy(&reader.read_bytes(name.into())?).into_owned();
    let (end, mut wide) = (reader.position() + u64::from(extra), Vec::new());
    while reader.position() + 4 <= end {
        let (kind, len) = (reader.read_u16()?, reader.read_u16()?);
        let field = reader.read_span(u64::from(len).min(end.saturating_sub(reader.position())))?;
        if kind == ZIP64 {
            let bytes = reader.slice().bytes_at(field.at, field.len)?;
            wide = bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        }
    }
    reader.seek(end)?;
    reader.skip(comment.into())?;
    // The larger numbers are there in this order, each only where the smaller one says so (4.5.3).
    let mut wide = wide.into_iter();
    let mut whole = |small: u32| if small == u32::MAX { wide.next().unwrap_or(small.into()) } else { small.into() };
    let (size, packed, header) = (whole(size), whole(packed), whole(header));
    let method = match method {
        0 => Method::Stored,
        8 => Method::Deflated,
        _ => Method::Other,
    };
    let (encrypted, descriptor) = (flags & ENCRYPTED != 0, flags & DESCRIPTOR != 0);
    let header = start.saturating_add(header);
    Ok(Entry { path, size, packed, method, encrypted, crc, header, next: 0, name: name.into(), descriptor })
}

impl Entry {
    /// What its local header in `archive` says.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there is none; those of the source.
    pub fn local(&self, archive: &Slice) -> Result<Local> {
        let mut reader = Reader::little(archive.clone());
        reader.seek(self.header)?;
        if reader.read_u32()? != SIGNATURE {
            return Err(Error::malformed(format!("there is no local header for {:?}", self.path)).at(self.header));
        }
        reader.skip(2)?;
        let flags = reader.read_u16()?;
        let method = reader.read_u16()?;
        reader.skip(4)?;
        let crc = reader.read_u32()?;
        let packed = reader.read_u32()?;
        reader.skip(4)?;
        let (name, extra) = (reader.read_u16()?, reader.read_u16()?);
        let path = reader.read_bytes(name.into())?;
        reader.skip(extra.into())?;
        Ok(Local { path, flags, method, crc, packed, data: reader.position() })
    }

    /// Where its packed bytes are in `archive`.
    ///
    /// Its local header says so, but to read the header of every entry would be to read a page of the file for each. Where entries follow
    /// each other without gaps and the data is where it is aligned to, the header is not asked.
    ///
    /// # Errors
    /// When there is no local header, or the file ends before the data does.
    pub fn span(&self, archive: &Slice) -> Result<Span> {
        let at = match self.aligned() {
            Some(at) => at,
            None => self.local(archive)?.data,
        };
        archive.check(at, self.packed).map_err(|error| error.within(self.path.clone()))?;
        Ok(Span { at, len: self.packed })
    }

    /// Where the data must be if nothing but sizes is between it and what comes next, and if that is an aligned place close behind the header.
    fn aligned(&self) -> Option<u64> {
        let ends: &[u64] = if self.descriptor { &[16, 24, 12, 20] } else { &[0] };
        let earliest = self.header.checked_add(HEADER + self.name)?;
        ends.iter().find_map(|end| {
            let at = self.next.checked_sub(*end)?.checked_sub(self.packed)?;
            (at.is_multiple_of(ALIGNMENT) && (earliest..earliest + 2 * ALIGNMENT).contains(&at)).then_some(at)
        })
    }

    /// Its bytes, unpacked: a range of `archive`, which is `file`, or a file of its own in `files`. Whether it says that it is encrypted is not
    /// looked at: there are programs that do not look at it either.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::report::Kind::Unsupported) when it is packed in a way that is not known;
    /// [`Kind::Limit`](crate::report::Kind::Limit) when it claims to inflate to too much; those of [`Self::span`].
    pub fn open(&self, files: &Files, file: FileId, archive: &Slice, limits: &Limits) -> Result<(FileId, Span)> {
        let span = self.span(archive)?;
        match self.method {
            Method::Stored => Ok((file, span)),
            Method::Deflated => {
                let possible = self.packed.saturating_add(1).saturating_mul(RATIO);
                if self.size > limits.inflated || self.size > possible {
                    let message =
                        format!("{:?} claims to inflate from {} to {} bytes", self.path, self.packed, self.size);
                    return Err(Error::limit(message).at(self.header));
                }
                let inflated = InflatedSource::new(archive.window(span), Packing::Deflate, self.size);
                let file = files.add_inside(&format!("{}/{}", files.name(), self.path), Rc::new(inflated));
                Ok((file, Span { at: 0, len: self.size }))
            }
            Method::Other => {
                Err(Error::unsupported(format!("{:?} is compressed in a way that is not known", self.path))
                    .at(self.header))
            }
        }
    }
}

impl Local {
    /// Whether a password would be asked for.
    pub fn encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    /// Whether the checksum and the sizes are here, rather than behind the data.
    pub fn is_complete(&self) -> bool {
        self.flags & DESCRIPTOR == 0
    }
}

/// The error of the source or of the bound, where there was one; else the archive is at fault.
fn fault(error: &ZipError) -> Error {
    let inner = match error {
        ZipError::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<Error>().cloned()),
        _ => None,
    };
    inner.unwrap_or_else(|| Error::malformed(error.to_string()))
}

/// A file of which so many bytes may be read.
struct Bounded {
    file: Slice,
    left: usize,
    most: usize,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            io::Error::other(Error::limit(format!("the directory takes more than {} bytes", self.most)))
        })?;
        Ok(count)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
