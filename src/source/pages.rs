//! A paged cache over a source.

use super::{Source, copy};
use crate::report::Result;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// The size of a page: about what one request costs anyway.
pub const PAGE: u64 = 64 << 10;
/// The most pages that one sequential read fetches at once. A read of more bytes than these goes past the cache.
const AHEAD: u64 = 16;
/// The bytes that a cache holds unless it is told otherwise.
const BUDGET: u64 = 32 << 20;

/// The pages of all files that were opened together: one budget, the least recently used page goes first.
pub struct Cache {
    budget: u64,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    pages: HashMap<Key, Entry>,
    /// The pages by the time of their last use.
    ages: BTreeMap<u64, Key>,
    clock: u64,
    held: u64,
    files: u32,
}

/// A page of a file.
type Key = (u32, u64);

struct Entry {
    bytes: Rc<[u8]>,
    age: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self::new(BUDGET)
    }
}

impl Cache {
    /// A cache that holds at most `budget` bytes.
    pub fn new(budget: u64) -> Self {
        Self { budget, state: RefCell::default() }
    }

    /// The bytes that are held now.
    pub fn held(&self) -> u64 {
        self.state.borrow().held
    }

    fn add_file(&self) -> u32 {
        let mut state = self.state.borrow_mut();
        state.files += 1;
        state.files
    }

    fn has(&self, key: Key) -> bool {
        self.state.borrow().pages.contains_key(&key)
    }

    fn get(&self, key: Key) -> Option<Rc<[u8]>> {
        let State { pages, ages, clock, .. } = &mut *self.state.borrow_mut();
        let entry = pages.get_mut(&key)?;
        *clock += 1;
        ages.remove(&entry.age);
        entry.age = *clock;
        ages.insert(*clock, key);
        Some(entry.bytes.clone())
    }

    fn put(&self, key: Key, bytes: Rc<[u8]>) {
        let state = &mut *self.state.borrow_mut();
        state.clock += 1;
        let age = state.clock;
        state.held += bytes.len() as u64;
        state.ages.insert(age, key);
        if let Some(old) = state.pages.insert(key, Entry { bytes, age }) {
            state.held -= old.bytes.len() as u64;
            state.ages.remove(&old.age);
        }
        while state.held > self.budget
            && let Some((_, oldest)) = state.ages.pop_first()
            && let Some(gone) = state.pages.remove(&oldest)
        {
            state.held -= gone.bytes.len() as u64;
        }
    }
}

/// A source, read in pages through a [`Cache`]. Sequential reads fetch ever more pages at once.
pub struct Pages {
    source: Rc<dyn Source>,
    len: u64,
    cache: Rc<Cache>,
    file: u32,
    last: Cell<Fetch>,
}

/// What was fetched last.
#[derive(Clone, Copy, Default)]
struct Fetch {
    /// How many pages at once.
    run: u64,
    /// The page after them.
    next: u64,
}

impl Pages {
    /// The pages of `source`, with a cache of their own.
    pub fn new(source: Rc<dyn Source>) -> Self {
        Self::with_cache(source, Rc::default())
    }

    /// The pages of `source`, in a cache that other files use too.
    pub fn with_cache(source: Rc<dyn Source>, cache: Rc<Cache>) -> Self {
        let len = source.len();
        let file = cache.add_file();
        Self { source, len, cache, file, last: Cell::default() }
    }

    /// The size of the source in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the source has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of page number `page`: [`PAGE`] of them, fewer at the end, none past it.
    ///
    /// # Errors
    /// Those of the source.
    pub fn page(&self, page: u64) -> Result<Rc<[u8]>> {
        self.fetch(page, 1)
    }

    /// Page number `page`, of which and of whose followers `wanted` will be asked for.
    fn fetch(&self, page: u64, wanted: u64) -> Result<Rc<[u8]>> {
        if let Some(bytes) = self.cache.get((self.file, page)) {
            return Ok(bytes);
        }
        let start = page.saturating_mul(PAGE);
        if start >= self.len {
            return Ok(Rc::from([]));
        }
        let last = self.last.get();
        let ahead = if page == last.next && page > 0 { (last.run * 2).min(AHEAD) } else { 1 };
        let most = ahead.max(wanted).min((self.len - start).div_ceil(PAGE));
        let run = (1..most).find(|step| self.cache.has((self.file, page + step))).unwrap_or(most);
        self.last.set(Fetch { run, next: page + run });

        let mut buffer = vec![0; usize::try_from((run * PAGE).min(self.len - start)).unwrap_or(PAGE as usize)];
        let got = self.source.read_at(start, &mut buffer)?;
        buffer.truncate(got);
        let pages: Vec<Rc<[u8]>> = buffer.chunks(PAGE as usize).map(Rc::from).collect();
        let first = pages.first().cloned().unwrap_or_else(|| Rc::from([]));
        // The wanted page goes in last: it is the one that must not be dropped for the others.
        for (step, bytes) in pages.into_iter().enumerate().rev() {
            self.cache.put((self.file, page + step as u64), bytes);
        }
        Ok(first)
    }

    /// Fills `buffer` from offset `at` on, past the cache when it is larger than a run of pages; returns the number of bytes:
    /// fewer than asked for only at the end.
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
            let from = position % PAGE;
            let page = self.fetch(position / PAGE, (from + rest.len() as u64).div_ceil(PAGE))?;
            let Some(have) = page.get(from as usize..).filter(|have| !have.is_empty()) else { break };
            done += copy(rest, have);
        }
        Ok(done)
    }
}
