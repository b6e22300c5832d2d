//! Tokens to expressions.

use super::parse::{DEPTH, Parser, Result};
use super::token::Lexeme;
use super::tree::{Expr, Kind};
use crate::model::Text;

/// What a call is given: by position, and by name.
type Arguments = (Vec<Expr>, Vec<(Text, Expr)>);

impl Parser<'_> {
    /// Expressions that are separated by commas: several are a tuple.
    pub fn expressions(&mut self) -> Result<Expr> {
        let first = self.expr()?;
        if *self.peek() != Lexeme::Sign(",") {
            return Ok(first);
        }
        let at = first.at;
        let mut items = vec![first];
        while self.sign(",") {
            if matches!(self.peek(), Lexeme::Sign("=" | ")") | Lexeme::Newline | Lexeme::End) {
                break;
            }
            items.push(self.expr()?);
        }
        self.made(at, Kind::Tuple(items))
    }

    /// An expression of `kind` that begins at `at` and ends here.
    fn made(&self, at: u32, kind: Kind) -> Result<Expr> {
        let tallest = |items: &[Expr]| items.iter().map(|item| item.height).max().unwrap_or(0);
        let below = match &kind {
            Kind::Attribute(of, _) | Kind::Unary(_, of) => of.height,
            Kind::Index(a, b) | Kind::Binary(_, a, b) => a.height.max(b.height),
            Kind::Call(callee, positional, named) => {
                let named = named.iter().map(|(_, value)| value.height).max().unwrap_or(0);
                callee.height.max(tallest(positional)).max(named)
            }
            Kind::Tuple(items) | Kind::List(items) | Kind::Dict(items) => tallest(items),
            Kind::Choice(a, b, c) => a.height.max(b.height).max(c.height),
            _ => 0,
        };
        if below >= DEPTH {
            return Err((at, format!("more than {DEPTH} expressions are within each other here")));
        }
        Ok(Expr { at, end: self.behind(), height: below + 1, kind })
    }

    pub fn expr(&mut self) -> Result<Expr> {
        self.nested(|parser| {
            let at = parser.here();
            let value = parser.binary(0)?;
            if !parser.word("if") {
                return Ok(value);
            }
            let condition = parser.binary(0)?;
            if !parser.word("else") {
                return Err(parser.fault("\"else\" is missing here"));
            }
            let otherwise = parser.expr()?;
            parser.made(at, Kind::Choice(Box::new(condition), Box::new(value), Box::new(otherwise)))
        })
    }

    /// What stands before the `in` of a loop.
    pub fn comparand(&mut self) -> Result<Expr> {
        let at = self.here();
        let first = self.unary()?;
        if *self.peek() != Lexeme::Sign(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.sign(",") {
            if matches!(self.peek(), Lexeme::Name("in")) {
                break;
            }
            items.push(self.unary()?);
        }
        self.made(at, Kind::Tuple(items))
    }

    /// The operator that comes next, and how strongly it binds.
    fn operator(&self) -> Option<(&'static str, u8, usize)> {
        let word = |word: &str| matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(Lexeme::Name(next)) if *next == word);
        Some(match self.peek() {
            Lexeme::Name("or") => ("or", 1, 1),
            Lexeme::Name("and") => ("and", 2, 1),
            Lexeme::Name("is") if word("not") => ("is not", 4, 2),
            Lexeme::Name("not") if word("in") => ("not in", 4, 2),
            Lexeme::Name("is") => ("is", 4, 1),
            Lexeme::Name("in") => ("in", 4, 1),
            Lexeme::Sign(sign) => {
                let strength = match *sign {
                    "==" | "!=" | "<" | ">" | "<=" | ">=" => 4,
                    "|" => 5,
                    "^" => 6,
                    "&" => 7,
                    "<<" | ">>" => 8,
                    "+" | "-" => 9,
                    "*" | "/" | "//" | "%" | "@" => 10,
                    "**" => 12,
                    _ => return None,
                };
                (sign, strength, 1)
            }
            _ => return None,
        })
    }

    /// Operators that bind more strongly than `least`, by climbing precedences.
    fn binary(&mut self, least: u8) -> Result<Expr> {
        let at = self.here();
        let mut left = self.unary()?;
        while let Some((operator, strength, length)) = self.operator().filter(|(_, strength, _)| *strength > least) {
            self.at += length;
            let right = self.nested(|parser| parser.binary(strength))?;
            left = self.made(at, Kind::Binary(operator, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr> {
        let at = self.here();
        let (operator, strength) = match self.peek() {
            Lexeme::Name("not") => ("not", 3),
            Lexeme::Sign("-") => ("-", 11),
            Lexeme::Sign("+") => ("+", 11),
            Lexeme::Sign("~") => ("~", 11),
            _ => return self.postfix(),
        };
        self.at += 1;
        let of = self.nested(|parser| parser.binary(strength))?;
        match (operator, of.kind) {
            ("-", Kind::Int(value)) => self.made(at, Kind::Int(value.wrapping_neg())),
            ("-", Kind::Float(value)) => self.made(at, Kind::Float(-value)),
            // The least of all whole numbers: without its sign it is one too large.
            ("-", Kind::Number(digits)) if &*digits == "9223372036854775808" => self.made(at, Kind::Int(i64::MIN)),
            (_, kind) => self.made(at, Kind::Unary(operator, Box::new(Expr { kind, ..of }))),
        }
    }

    fn postfix(&mut self) -> Result<Expr> {
        let at = self.here();
        let mut value = self.atom()?;
        loop {
            let kind = if self.sign(".") {
                Kind::Attribute(Box::new(value), self.name()?)
            } else if self.sign("(") {
                let (positional, named) = self.arguments()?;
                Kind::Call(Box::new(value), positional, named)
            } else if self.sign("[") {
                let index = self.expressions()?;
                self.expect("]")?;
                Kind::Index(Box::new(value), Box::new(index))
            } else {
                return Ok(value);
            };
            value = self.made(at, kind)?;
        }
    }

    fn arguments(&mut self) -> Result<Arguments> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        while !self.sign(")") {
            let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
            if matches!((self.peek(), next), (Lexeme::Name(_), Some(Lexeme::Sign("=")))) {
                let name = self.name()?;
                self.at += 1;
                named.push((name, self.expr()?));
            } else {
                self.sign("*");
                positional.push(self.expr()?);
            }
            if !self.sign(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok((positional, named))
    }

    fn atom(&mut self) -> Result<Expr> {
        let at = self.here();
        let kind = match self.peek() {
            Lexeme::Name("None") => Kind::None,
            Lexeme::Name("True") => Kind::Bool(true),
            Lexeme::Name("False") => Kind::Bool(false),
            Lexeme::Name(name) => Kind::Name((*name).into()),
            Lexeme::Sign("...") => Kind::None,
            Lexeme::Text(text) => Kind::Text(text.as_str().into()),
            Lexeme::Number(digits) => number(digits),
            Lexeme::Sign("(") => return self.nested(Self::brackets),
            Lexeme::Sign("[") => {
                self.at += 1;
                let items = self.nested(|parser| parser.items("]"))?;
                return self.made(at, Kind::List(items));
            }
            Lexeme::Sign("{") => {
                self.at += 1;
                let items = self.nested(|parser| parser.items("}"))?;
                return self.made(at, Kind::Dict(items));
            }
            _ => return Err(self.fault("an expression is missing here")),
        };
        self.at += 1;
        // Texts that follow each other are one.
        if let (Kind::Text(first), Lexeme::Text(_)) = (&kind, self.peek()) {
            let mut whole = first.to_string();
            while let Lexeme::Text(more) = self.peek() {
                whole.push_str(more);
                self.at += 1;
            }
            return self.made(at, Kind::Text(whole.as_str().into()));
        }
        self.made(at, kind)
    }

    /// What is in round brackets: a tuple, if there is a comma.
    fn brackets(&mut self) -> Result<Expr> {
        let at = self.here();
        self.at += 1;
        if self.sign(")") {
            return self.made(at, Kind::Tuple(Vec::new()));
        }
        let mut value = self.expressions()?;
        self.expect(")")?;
        (value.at, value.end) = (at, self.behind());
        Ok(value)
    }

    /// What is in other brackets, up to `close`. Of dictionaries, keys and values in turn.
    fn items(&mut self, close: &'static str) -> Result<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.sign(close) {
            items.push(self.expr()?);
            if close == "}" && self.sign(":") {
                items.push(self.expr()?);
            }
            if !self.sign(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }
}

fn number(digits: &str) -> Kind {
    let plain = digits.replace('_', "");
    if let Some(hex) = plain.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).map_or_else(|_| Kind::Number(digits.into()), Kind::Int);
    }
    match (plain.parse::<i64>(), plain.parse::<f64>()) {
        (Ok(value), _) => Kind::Int(value),
        (_, Ok(value)) if plain.contains(['.', 'e', 'E']) => Kind::Float(value),
        _ => Kind::Number(digits.into()),
    }
}
