//! All groups and datasets of a file.

use super::attribute::Texts;
use super::links::{Link, Target};
use super::{Dataset, File};
use crate::report::{Error, Result};
use crate::source::{Limits, Slice};
use hdf5_reader::messages::attribute::AttributeMessage;
use std::cell::RefCell;
use std::collections::HashMap;

/// The groups and datasets of a file, those around others before these.
#[derive(Debug)]
pub struct Tree {
    file: File,
    items: Vec<Item>,
    texts: RefCell<Texts>,
}

/// A name in a group, with what it stands for.
#[derive(Debug)]
pub struct Item {
    /// The name.
    pub name: String,
    /// The number of the group that it is in; none for the outermost one.
    pub parent: Option<usize>,
    /// The numbers of what is in it, in order.
    pub children: Vec<usize>,
    /// What it is.
    pub kind: Kind,
    /// Where its description is.
    pub at: u64,
    attributes: Vec<AttributeMessage>,
}

/// What a name stands for.
#[derive(Debug)]
pub enum Kind {
    /// A group.
    Group,
    /// A dataset.
    Dataset(Dataset),
    /// What is at a path: of this file, where it may be the other name of the same object, or of the one that is named.
    Link {
        /// The name of the file.
        file: Option<String>,
        /// The path in it.
        path: String,
    },
    /// What could not be read.
    Fault(Error),
}

impl Tree {
    /// Reads the descriptions of all that is in `bytes`, and none of the values.
    ///
    /// # Errors
    /// When there is no such file, or its outermost group cannot be read. What else cannot be is a [`Kind::Fault`].
    pub fn read(bytes: &Slice, limits: &Limits) -> Result<Self> {
        let file = File::open(bytes)?;
        let mut tree = Self { texts: RefCell::default(), items: Vec::new(), file };
        let root = Link::root(tree.file.root);
        let mut seen = HashMap::new();
        let mut open = vec![(root, None, 0)];
        while let Some((link, parent, depth)) = open.pop() {
            if tree.items.len() as u64 >= limits.count {
                return Err(Error::limit(format!("more than {} groups and datasets", limits.count)));
            }
            let number = tree.items.len();
            let (item, links) = match link.target {
                Target::Object(at) => match seen.get(&at) {
                    // What has two names, or is within itself.
                    Some(first) => (tree.linked(link.name, parent, None, tree.path(*first)), Vec::new()),
                    None => {
                        seen.insert(at, number);
                        tree.object(link.name, parent, at)
                    }
                },
                Target::Path { file, path } => (tree.linked(link.name, parent, file, path), Vec::new()),
            };
            if let (None, Kind::Fault(error)) = (parent, &item.kind) {
                return Err(error.clone());
            }
            tree.items.push(item);
            if let Some(parent) = parent.and_then(|parent| tree.items.get_mut(parent)) {
                parent.children.push(number);
            }
            if depth < limits.depth {
                open.extend(links.into_iter().rev().map(|link| (link, Some(number), depth + 1)));
            } else if !links.is_empty()
                && let Some(item) = tree.items.get_mut(number)
            {
                item.kind = Kind::Fault(Error::limit(format!("groups are nested more than {depth} deep")).at(item.at));
            }
        }
        Ok(tree)
    }

    /// The object whose header is at `at`, and the links in it.
    fn object(&self, name: String, parent: Option<usize>, at: u64) -> (Item, Vec<Link>) {
        let item = |kind, attributes| Item { name, parent, children: Vec::new(), kind, at, attributes };
        let read = || {
            let header = self.file.header(at)?;
            let dataset = self.file.dataset(&header)?;
            let links = if dataset.is_none() { self.file.links(&header)? } else { Vec::new() };
            Ok((dataset.map_or(Kind::Group, Kind::Dataset), self.file.attributes(header)?, links))
        };
        match read() {
            Ok((kind, attributes, links)) => (item(kind, attributes), links),
            Err(error) => (item(Kind::Fault(error), Vec::new()), Vec::new()),
        }
    }

    fn linked(&self, name: String, parent: Option<usize>, file: Option<String>, path: String) -> Item {
        let (children, attributes) = (Vec::new(), Vec::new());
        Item { name, parent, children, kind: Kind::Link { file, path }, at: 0, attributes }
    }

    /// The number of the outermost group.
    pub const ROOT: usize = 0;

    /// All items with their numbers.
    pub fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.items.iter().enumerate()
    }

    /// The item called `number`.
    pub fn get(&self, number: usize) -> Option<&Item> {
        self.items.get(number)
    }

    /// The number of the child of `group` called `name`.
    pub fn child(&self, group: usize, name: &str) -> Option<usize> {
        let children = &self.items.get(group)?.children;
        children.iter().copied().find(|child| self.items.get(*child).is_some_and(|item| item.name == name))
    }

    /// The number of what is at `path` below `group`, its parts with `/` between them.
    pub fn find(&self, group: usize, path: &str) -> Option<usize> {
        path.split('/').filter(|part| !part.is_empty()).try_fold(group, |group, part| self.child(group, part))
    }

    /// The path of `item` from the outermost group.
    pub fn path(&self, item: usize) -> String {
        let mut parts = Vec::new();
        let mut next = self.items.get(item);
        while let Some(item) = next {
            parts.push(item.name.as_str());
            next = item.parent.and_then(|parent| self.items.get(parent));
        }
        parts.pop();
        parts.reverse();
        parts.join("/")
    }

    /// The dataset that `item` is, or that it is another name of within the file.
    pub fn dataset(&self, item: usize) -> Option<&Dataset> {
        let target = match &self.items.get(item)?.kind {
            Kind::Link { file: None, path } => self.find(Self::ROOT, path)?,
            _ => item,
        };
        match &self.items.get(target)?.kind {
            Kind::Dataset(dataset) => Some(dataset),
            _ => None,
        }
    }

    /// The names of the attributes of `item`.
    pub fn attributes(&self, item: usize) -> impl Iterator<Item = &str> {
        self.items.get(item).into_iter().flat_map(|item| &item.attributes).map(|attribute| attribute.name.as_str())
    }

    /// The texts of the attribute `name` of `item`; none if there is no such one, or it is no text.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn texts(&self, item: usize, name: &str) -> Result<Option<Vec<String>>> {
        let attributes = self.items.get(item).map(|item| &*item.attributes).unwrap_or_default();
        let Some(attribute) = attributes.iter().find(|attribute| attribute.name == name) else { return Ok(None) };
        self.file.texts(attribute, &mut self.texts.borrow_mut())
    }

    /// The only text of an attribute.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self, item: usize, name: &str) -> Result<Option<String>> {
        Ok(self.texts(item, name)?.and_then(|texts| texts.into_iter().next()))
    }
}
