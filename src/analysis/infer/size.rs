//! Sizes of dimensions: numbers, or sums of products of names.

use crate::model::{Dim, Text};
use foldhash::HashSet;
use std::cell::RefCell;
use std::fmt::{self, Write};

/// A size that is no number has at most so many terms, and each at most so many factors; what is larger is not known.
const TERMS: usize = 6;
const FACTORS: usize = 6;
/// The longest name, in bytes; and how deep quotients may be within one another.
const LONGEST: usize = 80;
const DEEPEST: u8 = 3;

/// How many elements there are along a dimension, or a small whole number that a program computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// A number; of dimensions, not negative.
    Known(i64),
    /// A sum of products of names: `past + 2·sequence`. Never without a name.
    Sum(&'static Sum),
    /// Not known.
    #[default]
    Unknown,
}

/// A sum: a number, and terms in the order of their factors.
///
/// Each is kept once and for good: a [`Size`] is copied more often than anything else here, and few of them are sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sum {
    constant: i64,
    /// Factors in order, and what they are multiplied by: never 0.
    terms: Vec<(Vec<Factor>, i64)>,
}

/// What a term is a product of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Factor {
    /// A name.
    Name(Text),
    /// A quotient, rounded down; how deep quotients are within one another.
    Quotient(&'static Sum, &'static Sum, u8),
}

impl Size {
    /// What stands for the size that is called `name`: an expression as people write it, or any text.
    pub fn named(name: &str, bound: &impl Fn(&str) -> Option<i64>) -> Self {
        parse(name, bound).unwrap_or_else(|| bound(name.trim()).map_or_else(|| Self::atom(name.trim()), Self::Known))
    }

    /// The size that is called `name`, whatever that may mean.
    pub fn atom(name: &str) -> Self {
        if name.is_empty() || name.len() > LONGEST {
            return Self::Unknown;
        }
        Self::factor(Factor::Name(name.into()))
    }

    fn factor(factor: Factor) -> Self {
        Self::Sum(Sum { constant: 0, terms: vec![(vec![factor], 1)] }.kept())
    }

    /// The number, if it is one.
    pub fn known(&self) -> Option<i64> {
        if let Self::Known(size) = self { Some(*size) } else { None }
    }

    /// The number, if it is one and can be the size of a dimension.
    pub fn count(&self) -> Option<u64> {
        self.known().and_then(|size| u64::try_from(size).ok())
    }

    /// Whether it is this number.
    pub fn is(&self, number: i64) -> bool {
        *self == Self::Known(number)
    }

    fn sum(self) -> Option<&'static Sum> {
        match self {
            Self::Known(constant) => Some(Sum { constant, terms: Vec::new() }.kept()),
            Self::Sum(sum) => Some(sum),
            Self::Unknown => None,
        }
    }

    /// `self + other`.
    pub fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => a.checked_add(*b).map_or(Self::Unknown, Self::Known),
            (size, Self::Known(0)) | (Self::Known(0), size) => *size,
            _ => self.added(other).unwrap_or_default(),
        }
    }

    fn added(&self, other: &Self) -> Option<Self> {
        let (a, b) = (self.sum()?, other.sum()?);
        let mut sum = Sum { constant: a.constant.checked_add(b.constant)?, terms: a.terms.clone() };
        for (factors, times) in &b.terms {
            sum.add(factors, *times)?;
        }
        sum.size()
    }

    /// `self - other`.
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&Self::Known(-1)))
    }

    /// `self · other`.
    pub fn times(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => a.checked_mul(*b).map_or(Self::Unknown, Self::Known),
            (Self::Known(0), _) | (_, Self::Known(0)) => Self::Known(0),
            (size, Self::Known(1)) | (Self::Known(1), size) => *size,
            _ => self.multiplied(other).unwrap_or_default(),
        }
    }

    fn multiplied(&self, other: &Self) -> Option<Self> {
        let (a, b) = (self.sum()?, other.sum()?);
        let mut sum = Sum { constant: a.constant.checked_mul(b.constant)?, terms: Vec::new() };
        for (factors, times) in &a.terms {
            sum.add(factors, times.checked_mul(b.constant)?)?;
            for (others, more) in &b.terms {
                let mut all = factors.clone();
                for factor in others {
                    let at = all.partition_point(|known| known <= factor);
                    all.insert(at, factor.clone());
                }
                sum.add(&all, times.checked_mul(*more)?)?;
            }
        }
        for (factors, times) in &b.terms {
            sum.add(factors, times.checked_mul(a.constant)?)?;
        }
        sum.size()
    }

    /// `self / other` without remainder, if it is certain that there is none.
    pub fn exactly_over(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => (*b != 0 && a % b == 0).then(|| Self::Known(a / b)),
            (size, Self::Known(1)) => Some(*size),
            _ => self.sum()?.over(other.sum()?),
        }
    }

    /// `self / other`, rounded down.
    pub fn over(&self, other: &Self) -> Self {
        match (self, other) {
            (_, Self::Known(0)) => Self::Unknown,
            (Self::Known(a), Self::Known(b)) => {
                let (whole, rest) = (a.wrapping_div(*b), a.wrapping_rem(*b));
                Self::Known(if rest != 0 && (rest < 0) != (*b < 0) { whole - 1 } else { whole })
            }
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => self.exactly_over(other).or_else(|| self.rounded_over(other)).unwrap_or_default(),
        }
    }

    fn rounded_over(&self, other: &Self) -> Option<Self> {
        let above = self.sum()?;
        // ⌊(⌊a/b⌋ + c)/d⌋ = ⌊(a + bc)/bd⌋.
        if let [(factors, 1)] = &*above.terms
            && let [Factor::Quotient(a, b, _)] = &**factors
        {
            let (a, b) = (a.to_size(), b.to_size());
            let (above, below) = (a.plus(&b.times(&Self::Known(above.constant))), b.times(other));
            return Some(above.exactly_over(&below).unwrap_or(above.quotient(&below)?));
        }
        self.quotient(other)
    }

    fn quotient(&self, other: &Self) -> Option<Self> {
        let (above, below) = (self.sum()?, other.sum()?);
        let depth = above.depth().max(below.depth()) + 1;
        (depth <= DEEPEST).then(|| Self::factor(Factor::Quotient(above, below, depth)))
    }

    /// `self / other`, rounded up.
    pub fn over_up(&self, other: &Self) -> Self {
        self.plus(other).minus(&Self::Known(1)).over(other)
    }

    /// What both say, preferring numbers to names and names to nothing.
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(_), _) | (_, Self::Unknown) => *self,
            (Self::Unknown, _) | (_, Self::Known(_)) => *other,
            _ => *self,
        }
    }

    /// Whether both are numbers, and not the same.
    pub fn contradicts(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Known(a), Self::Known(b)) if a != b)
    }

    /// The dimension of that size.
    pub fn dim(&self) -> Dim {
        match self {
            Self::Known(size) => u64::try_from(*size).map_or(Dim::Unknown, Dim::Known),
            Self::Sum(sum) if sum.terms.len() > 1 || sum.constant != 0 => Dim::Symbol(format!("({self})").into()),
            Self::Sum(_) => Dim::Symbol(self.to_string().into()),
            Self::Unknown => Dim::Unknown,
        }
    }
}

/// `size` as it is written within a product.
fn bracketed(size: &Size) -> String {
    match size {
        Size::Sum(sum) if sum.terms.len() > 1 || sum.constant != 0 => format!("({size})"),
        _ => size.to_string(),
    }
}

impl Sum {
    /// The copy that is kept of it.
    fn kept(self) -> &'static Self {
        thread_local! {
            static KEPT: RefCell<HashSet<&'static Sum>> = RefCell::default();
        }
        KEPT.with_borrow_mut(|kept| match kept.get(&self) {
            Some(known) => known,
            None => {
                let new: &'static Self = Box::leak(Box::new(self));
                kept.insert(new);
                new
            }
        })
    }

    fn to_size(&'static self) -> Size {
        if self.terms.is_empty() { Size::Known(self.constant) } else { Size::Sum(self) }
    }

    /// How deep quotients are within one another.
    fn depth(&self) -> u8 {
        let depth = |factor: &Factor| if let Factor::Quotient(.., depth) = factor { *depth } else { 0 };
        self.terms.iter().flat_map(|(factors, _)| factors).map(depth).max().unwrap_or(0)
    }

    /// Adds a term; none if that makes it too long.
    fn add(&mut self, factors: &[Factor], times: i64) -> Option<()> {
        if times == 0 {
            return Some(());
        }
        match self.terms.binary_search_by(|(known, _)| known.as_slice().cmp(factors)) {
            Ok(at) => {
                let known = self.terms.get_mut(at)?;
                known.1 = known.1.checked_add(times)?;
                if known.1 == 0 {
                    self.terms.remove(at);
                }
            }
            Err(at) if self.terms.len() < TERMS && factors.len() <= FACTORS => {
                self.terms.insert(at, (factors.to_vec(), times));
            }
            Err(_) => return None,
        }
        Some(())
    }

    fn size(self) -> Option<Size> {
        Some(self.kept().to_size())
    }

    /// The quotient, if each term has all factors of the divisor's only term; or if both are the same up to a number.
    fn over(&self, other: &Self) -> Option<Size> {
        if self == other {
            return Some(Size::Known(1));
        }
        let (factors, by): (&[Factor], i64) = match (&*other.terms, other.constant) {
            ([], by) => (&[], by),
            ([(factors, by)], 0) => (factors, *by),
            _ => return None,
        };
        let whole = |times: i64| (by != 0 && times % by == 0).then(|| times / by);
        let constant = if factors.is_empty() { whole(self.constant)? } else { 0 };
        if !factors.is_empty() && self.constant != 0 {
            return None;
        }
        let mut sum = Self { constant, terms: Vec::new() };
        for (own, times) in &self.terms {
            let mut left = own.clone();
            for factor in factors {
                left.remove(left.iter().position(|known| known == factor)?);
            }
            if left.is_empty() {
                sum.constant = sum.constant.checked_add(whole(*times)?)?;
            } else {
                sum.add(&left, whole(*times)?)?;
            }
        }
        sum.size()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = match self {
            Self::Known(size) => return write!(f, "{size}"),
            Self::Unknown => return f.write_char('?'),
            Self::Sum(sum) => sum,
        };
        for (index, (factors, times)) in sum.terms.iter().enumerate() {
            match (index, *times < 0) {
                (0, true) => f.write_str("-")?,
                (_, true) => f.write_str(" - ")?,
                (0, false) => {}
                (_, false) => f.write_str(" + ")?,
            }
            if times.unsigned_abs() != 1 {
                write!(f, "{}·", times.unsigned_abs())?;
            }
            for (index, factor) in factors.iter().enumerate() {
                let dot = if index > 0 { "·" } else { "" };
                match factor {
                    Factor::Name(name) => write!(f, "{dot}{name}")?,
                    Factor::Quotient(above, below, _) => {
                        let (above, below) = (above.to_size(), below.to_size());
                        write!(f, "{dot}⌊{}/{}⌋", bracketed(&above), bracketed(&below))?;
                    }
                }
            }
        }
        match sum.constant {
            0 => Ok(()),
            constant if constant < 0 => write!(f, " - {}", constant.unsigned_abs()),
            constant => write!(f, " + {constant}"),
        }
    }
}

/// A sum of products of names and numbers, such as `2*past + sequence - 1`; none if `text` is anything else.
fn parse(text: &str, bound: &impl Fn(&str) -> Option<i64>) -> Option<Size> {
    let mut sum = Size::Known(0);
    let mut product = Size::Known(1);
    let mut minus = false;
    // Whether a factor is to come next.
    let mut open = true;
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        if open {
            let end =
                rest.find(|char: char| !(char.is_alphanumeric() || "_.:[]#".contains(char))).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).filter(|(word, _)| !word.is_empty())?;
            let factor = word.parse().ok().or_else(|| bound(word)).map_or_else(|| Size::atom(word), Size::Known);
            product = product.times(&factor);
            rest = after.trim_start();
        } else {
            rest = rest.get(first.len_utf8()..)?.trim_start();
            if !matches!(first, '*' | '·') {
                sum = if minus { sum.minus(&product) } else { sum.plus(&product) };
                product = Size::Known(1);
                minus = match first {
                    '+' => false,
                    '-' => true,
                    _ => return None,
                };
            }
        }
        open = !open;
    }
    if open {
        return None;
    }
    let whole = if minus { sum.minus(&product) } else { sum.plus(&product) };
    Some(whole).filter(|size| *size != Size::Unknown)
}

/// The names in `text`, where it is an expression; else `text` itself.
pub fn names(text: &str) -> Vec<Text> {
    match Size::named(text, &|_| None) {
        Size::Sum(sum) => {
            let name = |factor: &Factor| if let Factor::Name(name) = factor { Some(name.clone()) } else { None };
            // Terms are in the order of their names.
            let mut names: Vec<Text> = sum.terms.iter().flat_map(|(factors, _)| factors).filter_map(name).collect();
            names.dedup();
            names
        }
        _ => Vec::new(),
    }
}

/// The product of `sizes`.
pub fn product<'a>(sizes: impl IntoIterator<Item = &'a Size>) -> Size {
    sizes.into_iter().fold(Size::Known(1), |product, size| product.times(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Size {
        Size::named(text, &|name| (name == "four").then_some(4))
    }

    #[test]
    fn sums_and_products_are_kept_and_printed() {
        assert_eq!(size("past + 2*sequence - 1").to_string(), "past + 2·sequence - 1");
        assert_eq!(size("b").times(&size("a + 1")).to_string(), "a·b + b");
        assert_eq!(size("a + 1").minus(&size("a")), Size::Known(1));
        assert_eq!(size("four*a").to_string(), "4·a");
        assert_eq!(size("four"), Size::Known(4));
        assert_eq!(size("Min(a, b)").to_string(), "Min(a, b)");
        assert_eq!(size("a b").to_string(), "a b");
        assert_eq!(size("a").plus(&size("b - 1")).dim(), Dim::Symbol("(a + b - 1)".into()));
    }

    #[test]
    fn quotients_are_exact_or_say_that_they_are_rounded() {
        assert_eq!(size("12*a*b").over(&size("4*b")), size("3*a"));
        assert_eq!(size("2*a + 4").over(&Size::Known(2)), size("a + 2"));
        assert_eq!(size("a + 1").over(&Size::Known(2)).to_string(), "⌊(a + 1)/2⌋");
        let half = size("h - 1").over(&Size::Known(2)).plus(&Size::Known(1));
        assert_eq!(half.minus(&Size::Known(1)).over(&Size::Known(2)), size("h - 1").over(&Size::Known(4)));
        assert_eq!(Size::Known(-7).over(&Size::Known(2)), Size::Known(-4));
        assert_eq!(Size::Known(7).over_up(&Size::Known(2)), Size::Known(4));
        assert_eq!(size("a").exactly_over(&size("b")), None);
        assert_eq!(Size::Known(7).over(&Size::Known(0)), Size::Unknown);
    }

    #[test]
    fn expressions_do_not_grow_without_bound() {
        let mut power = size("a");
        for _ in 0..10 {
            power = power.times(&size("a"));
        }
        assert_eq!(power, Size::Unknown);
        assert_eq!(Size::Known(i64::MAX).plus(&Size::Known(1)), Size::Unknown);
        assert_eq!(names("2*b + a"), ["a".into(), "b".into()]);
    }
}
