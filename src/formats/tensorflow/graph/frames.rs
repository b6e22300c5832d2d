//! Loops of TensorFlow 1: nodes that run again and again are in a frame, which values enter and leave by nodes of their own.
//!
//! `Enter` states the name of the frame; what reads its result, and so on, is in the frame as well, up to `Exit`. So it is in TensorFlow's executor
//! (`BuildControlFlowInfo` of `control_flow.cc`). Names say it less well: gradients keep values within the loop that they go through, under
//! names of their own.

use super::lower::Lowering;
use super::read::{Body, End, Node};
use super::scopes::Layer;
use crate::model::{Entry, Text};
use foldhash::HashMap;

/// What frames of loops are called in the scope of the loop.
const CONTEXT: &str = "while_context";
/// What the group of a frame is said to be: the function of TensorFlow that makes one.
const CLASS: &str = "while_loop";
/// How deep frames are in each other at most.
const DEPTH: usize = 64;

/// A frame.
#[derive(Debug)]
struct Frame {
    name: Text,
    /// The frame around it.
    parent: Option<u32>,
    /// How many runs may be under way at once, as the file states it.
    parallel: Option<i64>,
}

/// The frames of a body, and which one each node is in.
#[derive(Debug, Default)]
pub struct Frames {
    frames: Vec<Frame>,
    /// Of each node: its frame; `Enter` and `Exit` are in it. Empty where there are no frames.
    of: Vec<Option<u32>>,
    /// Of each frame, the path of its scope.
    paths: Vec<String>,
    /// The frames by these paths.
    homes: HashMap<String, u32>,
}

fn enters(node: &Node) -> bool {
    matches!(&*node.operator, "Enter" | "RefEnter")
}

fn exits(node: &Node) -> bool {
    matches!(&*node.operator, "Exit" | "RefExit")
}

fn goes_on(node: &Node) -> bool {
    matches!(&*node.operator, "NextIteration" | "RefNextIteration")
}

impl Lowering<'_, '_> {
    /// The frames of `body`.
    pub fn frames(&mut self, body: &Body) -> Frames {
        let mut frames = Frames::default();
        let mut named: HashMap<Text, u32> = HashMap::default();
        let mut entered: HashMap<u32, u32> = HashMap::default();
        for (place, node) in body.nodes.iter().enumerate().filter(|(_, node)| enters(node)) {
            let mut attr = |wanted: &str| {
                let (_, span) = node.attributes.iter().find(|(name, _)| &**name == wanted)?;
                Some(self.reader().attr(*span))
            };
            let parallel = attr("parallel_iterations").and_then(|attr| attr.i);
            let Some(name) = attr("frame_name").and_then(|attr| attr.s) else { continue };
            let name = self.reader().text(name);
            let frame = *named.entry(name.clone()).or_insert_with(|| {
                frames.frames.push(Frame { name, parent: None, parallel });
                frames.frames.len() as u32 - 1
            });
            entered.insert(place as u32, frame);
        }
        if !frames.frames.is_empty() {
            frames.spread(body, &entered);
            frames.name();
        }
        frames
    }
}

impl Frames {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Finds out which frame each node is in, where `entered` are the frames of the nodes that lead into one.
    fn spread(&mut self, body: &Body, entered: &HashMap<u32, u32>) {
        let order = order(body);
        // What is around a frame is known only when all that leads into it was met: then once more.
        for _ in 0..2 {
            self.of = vec![None; body.nodes.len()];
            for place in &order {
                let Some(node) = body.nodes.get(*place as usize) else { continue };
                // Constants have no frame where the file does not say what they wait for.
                let around = ends(node).filter_map(|end| self.after(body, end)).max_by_key(|frame| self.depth(*frame));
                let own = entered.get(place).copied();
                if let (Some(own), Some(around)) = (own, around) {
                    self.put(own, around);
                }
                if let Some(of) = self.of.get_mut(*place as usize) {
                    *of = own.or(around);
                }
            }
        }
    }

    /// The frame that the result of `end` is in.
    fn after(&self, body: &Body, end: &End) -> Option<u32> {
        let End::Node(place) = end else { return None };
        let frame = (*self.of.get(*place as usize)?)?;
        let leaves = body.node(end).is_some_and(exits);
        if leaves { self.frames.get(frame as usize)?.parent } else { Some(frame) }
    }

    /// Puts `frame` into `around`, if that is deeper than where it is, and not in itself.
    fn put(&mut self, frame: u32, around: u32) {
        let inside = self.chain(around).any(|outer| outer == frame);
        let now = self.frames.get(frame as usize).and_then(|frame| frame.parent);
        if !inside && now.is_none_or(|now| self.depth(around) > self.depth(now)) && self.depth(around) < DEPTH {
            self.frames.get_mut(frame as usize).into_iter().for_each(|frame| frame.parent = Some(around));
        }
    }

    /// `frame`, and those around it.
    fn chain(&self, frame: u32) -> impl Iterator<Item = u32> {
        let up = |frame: &u32| self.frames.get(*frame as usize).and_then(|frame| frame.parent);
        std::iter::successors(Some(frame), up).take(DEPTH)
    }

    fn depth(&self, frame: u32) -> usize {
        self.chain(frame).count()
    }

    /// Decides which scopes frames are, those around others first.
    fn name(&mut self) {
        self.paths = vec![String::new(); self.frames.len()];
        let mut order: Vec<u32> = (0..self.frames.len() as u32).collect();
        order.sort_by_key(|frame| self.depth(*frame));
        for place in order {
            let Some(frame) = self.frames.get(place as usize) else { continue };
            let own = match frame.name.rsplit_once('/') {
                Some((scope, CONTEXT)) => scope,
                _ => &frame.name,
            };
            let around = frame.parent.and_then(|parent| self.paths.get(parent as usize));
            let path = around.map_or_else(|| own.to_owned(), |around| within(around, own));
            self.homes.entry(path.clone()).or_insert(place);
            if let Some(place) = self.paths.get_mut(place as usize) {
                *place = path;
            }
        }
    }

    /// The scope of the node at `place`, whose name says `own`: within the scope of its frame, and of no other one.
    pub fn scope(&self, place: usize, own: Option<String>) -> Option<String> {
        if self.is_empty() {
            return own;
        }
        let frame = self.of.get(place).copied().flatten();
        let home = frame.and_then(|frame| self.paths.get(frame as usize));
        let path = match (home, own) {
            (Some(home), own) => within(home, &own.unwrap_or_default()),
            (None, Some(own)) => own,
            (None, None) => return None,
        };
        // The outermost scope on the way that is one of another frame.
        let inner = home.map_or(0, |home| home.len());
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]).filter(|end| *end > inner);
        let other = ends.filter_map(|end| path.get(..end)).find(|scope| self.homes.contains_key(*scope));
        match other.map(|other| other.rsplit_once('/')) {
            None => Some(path),
            Some(around) => around.map(|(around, _)| around.to_owned()),
        }
    }

    /// What the scope `path` is, if it is that of a frame.
    pub fn at(&self, path: &str) -> Option<Layer> {
        let frame = self.frames.get(*self.homes.get(path)? as usize)?;
        let parallel = frame.parallel.map(|count| ("parallel_iterations", count.to_string().as_str().into()));
        let settings = std::iter::once(("frame_name", frame.name.clone())).chain(parallel);
        let settings = settings.map(|(name, value)| Entry { name: name.into(), value }).collect();
        Some(Layer { class: CLASS.into(), settings })
    }
}

/// What `node` reads and waits for.
fn ends(node: &Node) -> impl Iterator<Item = &End> {
    node.inputs.iter().map(|input| &input.end).chain(&node.waits)
}

/// The places of the nodes of `body`, each after what it reads; but what a loop hands to its next run is not waited for.
fn order(body: &Body) -> Vec<u32> {
    let mut left = vec![0usize; body.nodes.len()];
    let mut readers: Vec<Vec<u32>> = vec![Vec::new(); body.nodes.len()];
    for (place, node) in body.nodes.iter().enumerate() {
        for end in ends(node) {
            let End::Node(from) = end else { continue };
            if body.node(end).is_none_or(goes_on) {
                continue;
            }
            let (Some(readers), Some(left)) = (readers.get_mut(*from as usize), left.get_mut(place)) else { continue };
            readers.push(place as u32);
            *left += 1;
        }
    }
    let free = left.iter().enumerate().filter(|(_, left)| **left == 0);
    let mut order: Vec<u32> = free.map(|(place, _)| place as u32).collect();
    let mut next = 0;
    while let Some(place) = order.get(next).copied() {
        next += 1;
        for reader in readers.get(place as usize).into_iter().flatten() {
            if let Some(left) = left.get_mut(*reader as usize) {
                *left -= 1;
                if *left == 0 {
                    order.push(*reader);
                }
            }
        }
    }
    order
}

/// Whether `path` is `scope` or in it.
fn is_in(path: &str, scope: &str) -> bool {
    path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `path`, put into `scope` where it is not in it: without what it shares with it.
fn within(scope: &str, path: &str) -> String {
    if is_in(path, scope) {
        return path.to_owned();
    }
    let mut rest = path.split('/').filter(|part| !part.is_empty()).peekable();
    for part in scope.split('/') {
        if rest.next_if_eq(&part).is_none() {
            break;
        }
    }
    let rest = rest.collect::<Vec<_>>().join("/");
    if rest.is_empty() { scope.to_owned() } else { format!("{scope}/{rest}") }
}
