//! Finds out which family the weights of a model are of, and what each of them is for.

use super::families::FAMILIES;
use super::family::{Family, Side, Tower};
use super::role::Role;
use super::{Facts, Weight};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeMap;

/// What lists of experts are called.
const EXPERTS: &str = "experts";

/// The weights of one role, with the path of the module, or of the single weight, that they are.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// The path.
    pub path: String,
    /// Positions in the list of weights, each with what it is called below the path.
    pub weights: Vec<(String, usize)>,
}

/// Pieces by their roles.
pub type Pieces = BTreeMap<Role, Vec<Piece>>;

/// A block of a tower.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Its path.
    pub path: String,
    /// What is in it.
    pub pieces: Pieces,
    /// Its experts by their numbers.
    pub experts: BTreeMap<u64, Pieces>,
}

/// A tower whose weights were found.
pub struct Stack {
    /// What it is.
    pub tower: &'static Tower,
    /// Its path.
    pub path: String,
    /// What comes before and after its blocks.
    pub whole: Pieces,
    /// Its blocks by their numbers.
    pub blocks: BTreeMap<u64, Block>,
}

/// A model of a family.
pub struct Found {
    /// The family.
    pub family: &'static Family,
    /// The path of what holds all towers.
    pub base: String,
    /// The towers, in the order of the family.
    pub stacks: Vec<Stack>,
    /// What is beside the towers.
    pub beside: Pieces,
}

impl Found {
    /// Whether it has a tower on one of `sides`.
    pub fn has(&self, sides: &[Side]) -> bool {
        self.stacks.iter().any(|stack| sides.contains(&stack.tower.side))
    }
}

/// The first piece of a role.
pub fn first(pieces: &Pieces, role: Role) -> Option<&Piece> {
    pieces.get(&role)?.first()
}

/// The models that `weights` are of, and of each weight whether it is in one of them. Empty if no family explains them.
pub fn recognise(weights: &[Weight], facts: &Facts) -> (Vec<Found>, Vec<bool>) {
    let (mut models, mut placed) = (Vec::new(), vec![false; weights.len()]);
    // A model of several kinds (one that sees, and one that speaks) has one family after the other.
    while models.len() < FAMILIES.len() {
        let left: Vec<usize> = (0..weights.len()).filter(|index| !placed[*index]).collect();
        let Some(family) = best(weights, &left, facts) else { break };
        let before = models.len();
        models.extend(Search { family, weights }.run(&left, &mut placed));
        if models.len() == before {
            break;
        }
    }
    (models, placed)
}

/// The family that explains most of the weights that are `left`; of those that the configuration names, the best one.
fn best(weights: &[Weight], left: &[usize], facts: &Facts) -> Option<&'static Family> {
    let sample = sample(weights, left);
    let rate = |family: &'static Family| {
        let mut placed = vec![false; weights.len()];
        let found = Search { family, weights }.run(&sample, &mut placed);
        let named = facts.kinds().any(|kind| family.kinds.contains(&kind));
        let count = placed.iter().filter(|placed| **placed).count();
        (!found.is_empty()).then_some((named, count))
    };
    let rated = FAMILIES.iter().rev().filter_map(|family| Some((rate(family)?, family)));
    rated.max_by_key(|(rating, _)| *rating).map(|(_, family)| family)
}

/// Of those `left`, one weight for each name, whatever the numbers in it.
fn sample(weights: &[Weight], left: &[usize]) -> Vec<usize> {
    let mut known: HashSet<String> = HashSet::default();
    let mut name = String::new();
    let new = |index: &usize| {
        name.clear();
        for part in weights[*index].name.split('.') {
            name.push('.');
            name.push_str(if number(part).is_some() { "*" } else { part });
        }
        !known.contains(&name) && known.insert(name.clone())
    };
    left.iter().copied().filter(new).collect()
}

fn number(part: &str) -> Option<u64> {
    if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
}

struct Search<'a> {
    family: &'static Family,
    weights: &'a [Weight<'a>],
}

/// Where a weight is in a tower: in which one, by its number, at which base, in which block.
struct Place<'a> {
    tower: usize,
    base: &'a str,
    block: u64,
    /// Where the path of the block ends.
    end: usize,
}

impl Search<'_> {
    /// The models of the family in the weights at `indices`, which are marked as `placed`.
    fn run(&self, indices: &[usize], placed: &mut [bool]) -> Vec<Found> {
        let towers: Vec<HashMap<&str, Role>> =
            self.family.towers.iter().map(|tower| tower.block.iter().copied().flatten().copied().collect()).collect();
        let mut stacks: BTreeMap<(&str, usize), (Stack, Vec<usize>, usize)> = BTreeMap::new();
        for index in indices.iter().copied() {
            let name = self.weights[index].name;
            let Some(place) = self.place(name) else { continue };
            let tower = &self.family.towers[place.tower];
            let (stack, inside, all) = stacks.entry((place.base, place.tower)).or_insert_with(|| {
                let path = joined(place.base, tower.at);
                (Stack { tower, path, whole: Pieces::new(), blocks: BTreeMap::new() }, Vec::new(), 0)
            });
            *all += 1;
            let Some((role, expert, end)) = role(name, place.end, &towers[place.tower]) else { continue };
            let block = stack.blocks.entry(place.block).or_default();
            if block.path.is_empty() {
                name[..place.end].clone_into(&mut block.path);
            }
            let pieces = match expert {
                Some(expert) => block.experts.entry(expert).or_default(),
                None => &mut block.pieces,
            };
            push(pieces, role, name, end, index);
            inside.push(index);
        }
        // Names that other models use as well are no sign of this one.
        stacks.retain(|_, (stack, inside, all)| is_sound(stack) && inside.len() * 2 > *all);
        let mut models: Vec<Found> = Vec::new();
        let mut claimed = Vec::new();
        for ((base, _), (stack, inside, _)) in stacks {
            claimed.extend(inside);
            match models.last_mut().filter(|model| model.base == base) {
                Some(model) => model.stacks.push(stack),
                None => models.push(Found {
                    family: self.family,
                    base: base.into(),
                    stacks: vec![stack],
                    beside: Pieces::new(),
                }),
            }
        }
        let mut taken = vec![false; self.weights.len()];
        claimed.iter().for_each(|index| taken[*index] = true);
        let rest: Vec<usize> = indices.iter().copied().filter(|index| !taken[*index]).collect();
        claimed.extend(self.around(&mut models, &rest));
        if !models.iter().all(|model| self.family.needs.iter().all(|role| has(model, *role))) {
            return Vec::new();
        }
        claimed.iter().for_each(|index| placed[*index] = true);
        models
    }

    /// The block of a tower that the weight called `name` is in.
    fn place<'n>(&self, name: &'n str) -> Option<Place<'n>> {
        let mut at = 0;
        for part in name.split('.') {
            let end = at + part.len();
            if let Some(block) = number(part).filter(|_| at > 0) {
                let before = &name[..at - 1];
                for (tower, known) in self.family.towers.iter().enumerate() {
                    let base = strip_end(before, known.blocks).and_then(|rest| strip_end(rest, known.at));
                    if let Some(base) = base {
                        return Some(Place { tower, base, block, end });
                    }
                }
            }
            at = end + 1;
        }
        None
    }

    /// Gives the weights `rest`, which are in no block, to the models. Returns those that found a place.
    fn around(&self, models: &mut [Found], rest: &[usize]) -> Vec<usize> {
        // By path: the model, its tower (none beside them), the role.
        let mut known: HashMap<String, (usize, Option<usize>, Role)> = HashMap::default();
        for (number, model) in models.iter().enumerate() {
            for (at, stack) in model.stacks.iter().enumerate() {
                for (name, role) in stack.tower.whole {
                    known.entry(joined(&stack.path, name)).or_insert((number, Some(at), *role));
                }
            }
            let mut around = Some(&*model.base);
            while let Some(path) = around {
                for (name, role) in self.family.beside {
                    known.entry(joined(path, name)).or_insert((number, None, *role));
                }
                around = (!path.is_empty()).then(|| path.rsplit_once('.').map_or("", |(outer, _)| outer));
            }
        }
        let mut claimed = Vec::new();
        for index in rest.iter().copied() {
            let name = self.weights[index].name;
            let Some((end, (number, at, role))) = ends(name).find_map(|end| Some((end, *known.get(&name[..end])?)))
            else {
                continue;
            };
            let model = &mut models[number];
            let pieces = match at {
                Some(at) => &mut model.stacks[at].whole,
                None => &mut model.beside,
            };
            push(pieces, role, name, end, index);
            claimed.push(index);
        }
        claimed
    }
}

/// Whether `model` has a piece of `role` anywhere.
fn has(model: &Found, role: Role) -> bool {
    let in_block = |stack: &Stack| stack.blocks.values().any(|block| block.pieces.contains_key(&role));
    let in_stack = |stack: &Stack| stack.whole.contains_key(&role) || in_block(stack);
    model.beside.contains_key(&role) || model.stacks.iter().any(in_stack)
}

/// Whether the blocks of `stack` have what makes a transformer: attention and an MLP.
fn is_sound(stack: &Stack) -> bool {
    let has = |roles: &[Role]| {
        stack.blocks.values().any(|block| {
            let experts = block.experts.values().any(|expert| roles.iter().any(|role| expert.contains_key(role)));
            experts || roles.iter().any(|role| block.pieces.contains_key(role))
        })
    };
    has(&[Role::Query, Role::QueryKeyValue])
        && has(&[Role::Output])
        && has(&[Role::Down, Role::Experts, Role::ExpertDown])
}

/// The role of the weight called `name` in the block whose path ends at `start`: with the number of its expert, and where the name of its
/// module ends.
fn role(name: &str, start: usize, known: &HashMap<&str, Role>) -> Option<(Role, Option<u64>, usize)> {
    let within = name.get(start + 1..)?;
    let mut expert = None;
    if let Some((before, after)) = within.split_once(".experts.")
        && let Some((digits, rest)) = after.split_once('.')
        && let Some(found) = number(digits)
    {
        expert = Some((found, digits.len(), format!("{before}.{EXPERTS}.*.{rest}")));
    }
    let text = expert.as_ref().map_or(within, |(_, _, spelt)| spelt);
    let (end, role) = ends(text).find_map(|end| Some((end, *known.get(&text[..end])?)))?;
    Some(match expert {
        // The digits take the place of one character.
        Some((number, digits, _)) if text[..end].contains('*') => (role, Some(number), start + end + digits),
        _ => (role, None, start + 1 + end),
    })
}

/// Where the paths around `name` end, and itself, from the longest to the shortest.
fn ends(name: &str) -> impl Iterator<Item = usize> {
    std::iter::once(name.len()).chain(name.rmatch_indices('.').map(|(at, _)| at))
}

fn push(pieces: &mut Pieces, role: Role, name: &str, end: usize, index: usize) {
    let (path, own) = (&name[..end], name[end..].trim_start_matches('.'));
    // A weight that is a piece of its own is called as its last part.
    let own = if own.is_empty() { path.rsplit('.').next().unwrap_or(path) } else { own };
    let known = pieces.entry(role).or_default();
    match known.iter_mut().find(|piece| piece.path == path) {
        Some(piece) => piece.weights.push((own.into(), index)),
        None => known.push(Piece { path: path.into(), weights: vec![(own.into(), index)] }),
    }
}

/// `path` without `end`, which is its last parts; none if it is not.
fn strip_end<'a>(path: &'a str, end: &str) -> Option<&'a str> {
    if end.is_empty() {
        return Some(path);
    }
    let rest = path.strip_suffix(end)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_suffix('.') }
}

/// `outer` and `inner` as one path.
pub fn joined(outer: &str, inner: &str) -> String {
    match (outer, inner) {
        ("", path) | (path, "") => path.into(),
        _ => format!("{outer}.{inner}"),
    }
}
