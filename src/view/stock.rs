//! What is written in the drawings of a graph. Each card and each label is made once and shared by all drawings; most are equal to others.

use super::card::{Card, Shown};
use super::scene::NONE;
use crate::analysis::GroupId;
use crate::model::{NodeId, ValueId};
use foldhash::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// Things that are equal are kept once, and have one number.
#[derive(Debug)]
struct Pool<T: ?Sized> {
    list: Vec<Rc<T>>,
    numbers: HashMap<Rc<T>, u32>,
}

impl<T: ?Sized> Default for Pool<T> {
    fn default() -> Self {
        Self { list: Vec::new(), numbers: HashMap::default() }
    }
}

impl<T: ?Sized + Eq + Hash> Pool<T> {
    fn number(&mut self, thing: Rc<T>) -> u32 {
        *self.numbers.entry(thing).or_insert_with_key(|thing| {
            self.list.push(thing.clone());
            self.list.len() as u32 - 1
        })
    }
}

/// What a card is about that looks the same in all drawings.
#[derive(Clone, Copy, Debug)]
pub(super) enum About {
    /// A node.
    Node(NodeId),
    /// A group that is closed.
    Closed(GroupId),
    /// A group that is open.
    Open(GroupId),
}

/// The cards and labels of a graph.
#[derive(Debug, Default)]
pub(super) struct Stock {
    /// What the cards show.
    shown: Shown,
    cards: Pool<Card>,
    labels: Pool<str>,
    /// Of each node, its card, once it is made.
    nodes: Vec<Option<u32>>,
    /// The same of closed groups, and of open ones.
    groups: [Vec<Option<u32>>; 2],
    /// Of each value, its label, and whether that is inferred.
    values: Vec<Option<(u32, bool)>>,
}

impl Stock {
    /// Forgets cards that show something else.
    pub fn prepare(&mut self, shown: Shown) {
        if self.shown != shown {
            *self = Self { shown, ..Self::default() };
        }
    }

    /// The number of `card`.
    pub fn card(&mut self, card: Card) -> u32 {
        self.cards.number(Rc::new(card))
    }

    /// The number of the card about `about`, which `make` makes when it is asked for first.
    pub fn card_about(&mut self, about: About, make: impl FnOnce() -> Card) -> u32 {
        let [closed, open] = &mut self.groups;
        let slot = match about {
            About::Node(id) => slot(&mut self.nodes, id.index()),
            About::Closed(id) => slot(closed, id.index()),
            About::Open(id) => slot(open, id.index()),
        };
        *slot.get_or_insert_with(|| self.cards.number(Rc::new(make())))
    }

    /// The number of card `card` with room for a mark.
    pub fn marked(&mut self, card: u32) -> u32 {
        let card = (*self.cards.list[card as usize]).clone();
        self.card(Card { marked: true, ..card })
    }

    /// The number of `label`; [`NONE`] if it is empty.
    pub fn label(&mut self, label: &str) -> u32 {
        if label.is_empty() { NONE } else { self.labels.number(label.into()) }
    }

    /// The number of the label of `value`, and whether it is inferred; `make` makes it when it is asked for first.
    pub fn label_of(&mut self, value: ValueId, make: impl FnOnce() -> (String, bool)) -> (u32, bool) {
        let known = *slot(&mut self.values, value.index());
        let label = known.unwrap_or_else(|| {
            let (text, inferred) = make();
            (self.label(&text), inferred)
        });
        *slot(&mut self.values, value.index()) = Some(label);
        label
    }

    /// All cards, by their numbers.
    pub fn cards(&self) -> &[Rc<Card>] {
        &self.cards.list
    }

    /// All labels, by their numbers.
    pub fn labels(&self) -> &[Rc<str>] {
        &self.labels.list
    }
}

/// The entry of `list` at `index`.
fn slot<T: Clone>(list: &mut Vec<Option<T>>, index: usize) -> &mut Option<T> {
    if list.len() <= index {
        list.resize(index + 1, None);
    }
    &mut list[index]
}
