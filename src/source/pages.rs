//! A paged cache over a source.

use super::Source;
use crate::report::Result;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// The size of a page: about what one request costs anyway.
pub const PAGE: u64 = 64 << 10;
/// The most pages that one sequential read fetches at once.
const AHEAD: u64 = 16;
/// The bytes that the cache of one file may hold.
const BUDGET: u64 = 32 << 20;

/// A source, cached in pages: least recently used pages go first, and sequential reads fetch ever more pages at once.
pub struct Pages {
    source: Rc<dyn Source>,
    len: u64,
    cache: RefCell<Cache>,
}

#[derive(Default)]
struct Cache {
    pages: HashMap<u64, Entry>,
    /// Page numbers by the time of their last use.
    ages: BTreeMap<u64, u64>,
    clock: u64,
    /// The page after the last one fetched, and how many were fetched with it.
    next: u64,
    run: u64,
}

struct Entry {
    bytes: Rc<[u8]>,
    age: u64,
}

impl Cache {
    fn get(&mut self, page: u64) -> Option<Rc<[u8]>> {
        let entry = self.pages.get_mut(&page)?;
        self.clock += 1;
        self.ages.remove(&entry.age);
        entry.age = self.clock;
        self.ages.insert(self.clock, page);
        Some(entry.bytes.clone())
    }

    fn put(&mut self, page: u64, bytes: Rc<[u8]>) {
        self.clock += 1;
        if let Some(old) = self.pages.insert(page, Entry { bytes, age: self.clock }) {
            self.ages.remove(&old.age);
        }
        self.ages.insert(self.clock, page);
        while self.pages.len() as u64 * PAGE > BUDGET
            && let Some((_, oldest)) = self.ages.pop_first()
        {
            self.pages.remove(&oldest);
        }
    }
}

impl Pages {
    /// A cache over `source`.
    pub fn new(source: Rc<dyn Source>) -> Self {
        let len = source.len();
        Self { source, len, cache: RefCell::default() }
    }

    /// The size of the source in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the source has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of page number `page`; empty past the end.
    ///
    /// # Errors
    /// Those of the source.
    pub fn page(&self, page: u64) -> Result<Rc<[u8]>> {
        let mut cache = self.cache.borrow_mut();
        if let Some(bytes) = cache.get(page) {
            return Ok(bytes);
        }
        let start = page.saturating_mul(PAGE);
        if start >= self.len {
            return Ok(Rc::from([]));
        }
        let run = if page == cache.next && page > 0 { (cache.run * 2).clamp(1, AHEAD) } else { 1 };
        let want = (run * PAGE).min(self.len - start);
        let mut buffer = vec![0; usize::try_from(want).unwrap_or(PAGE as usize)];
        let got = self.source.read_at(start, &mut buffer)?;
        buffer.truncate(got);
        cache.next = page + run;
        cache.run = run;
        let mut first = Rc::from([]);
        for (index, bytes) in buffer.chunks(PAGE as usize).enumerate().rev() {
            let bytes: Rc<[u8]> = bytes.into();
            if index == 0 {
                first = bytes.clone();
            }
            cache.put(page + index as u64, bytes);
        }
        Ok(first)
    }

    /// Fills `buffer` from offset `at` on, past the cache when it is larger than a few pages; returns the number of bytes.
    ///
    /// # Errors
    /// Those of the source.
    pub fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        if buffer.len() as u64 > AHEAD * PAGE {
            return self.source.read_at(at, buffer);
        }
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let position = at.saturating_add(done as u64);
            let page = self.page(position / PAGE)?;
            let Some(have) = page.get((position % PAGE) as usize..).filter(|have| !have.is_empty()) else { break };
            let count = have.len().min(rest.len());
            for (to, from) in rest.iter_mut().zip(have) {
                *to = *from;
            }
            done += count;
        }
        Ok(done)
    }
}
