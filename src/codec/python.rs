//! Literals of Python: what `repr` writes of numbers, texts, tuples, lists and dictionaries, and `ast.literal_eval` reads.

use crate::report::{Error, Result};

/// How deep lists nest.
const DEPTH: usize = 32;

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text or bytes.
    Text(String),
    /// A tuple.
    Tuple(Vec<Literal>),
    /// A list.
    List(Vec<Literal>),
    /// A dictionary, in order.
    Dict(Vec<(Literal, Literal)>),
}

impl Literal {
    /// Reads `text`, which is one literal.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) with the offset in `text` where it is none.
    pub fn read(text: &str) -> Result<Self> {
        let mut parser = Parser { text, at: 0 };
        let literal = parser.literal(0)?;
        parser.blanks();
        if parser.rest().is_empty() { Ok(literal) } else { Err(parser.wrong("something behind its end")) }
    }

    /// The text.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The members of a tuple or a list.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Tuple(items) | Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value of `key` in a dictionary.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, what: &str) -> Error {
        Error::malformed(format!("{what} after {} bytes of a literal", self.at))
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Whether `sign` comes next, which is passed over.
    fn take(&mut self, sign: char) -> bool {
        self.blanks();
        let takes = self.rest().starts_with(sign);
        self.at += if takes { sign.len_utf8() } else { 0 };
        takes
    }

    /// Recurses at most [`DEPTH`] levels.
    fn literal(&mut self, depth: usize) -> Result<Literal> {
        if depth > DEPTH {
            return Err(Error::limit(format!("literals in literals, more than {DEPTH} deep")));
        }
        if self.take('(') {
            let (mut items, comma) = self.items(')', depth)?;
            // Without a comma these are parentheses.
            return Ok(match (items.pop(), comma) {
                (Some(only), false) if items.is_empty() => only,
                (last, _) => Literal::Tuple(items.into_iter().chain(last).collect()),
            });
        }
        if self.take('[') {
            return self.items(']', depth).map(|(items, _)| Literal::List(items));
        }
        if self.take('{') {
            return self.entries(depth);
        }
        let word_end = self.rest().find(|c: char| !c.is_alphanumeric() && !"+-_".contains(c));
        let word = self.rest().get(..word_end.unwrap_or(self.rest().len())).unwrap_or_default();
        if matches!(self.rest().as_bytes().get(word.len()), Some(b'\'' | b'"')) && word.len() <= 2 {
            self.at += word.len();
            return self.quoted(!word.contains(['r', 'R']));
        }
        let literal = match word {
            "None" => Literal::None,
            "True" => Literal::Bool(true),
            "False" => Literal::Bool(false),
            // Python 2 marks long numbers.
            _ => match word.trim_end_matches(['l', 'L']).parse() {
                Ok(number) => Literal::Int(number),
                Err(_) => return Err(self.wrong("something that Python does not have")),
            },
        };
        self.at += word.len();
        Ok(literal)
    }

    /// The items up to `end`, and whether there is a comma behind one.
    fn items(&mut self, end: char, depth: usize) -> Result<(Vec<Literal>, bool)> {
        let (mut items, mut comma) = (Vec::new(), true);
        while !self.take(end) {
            if !comma {
                return Err(self.wrong("no comma"));
            }
            items.push(self.literal(depth + 1)?);
            comma = self.take(',');
        }
        Ok((items, comma))
    }

    fn entries(&mut self, depth: usize) -> Result<Literal> {
        let (mut entries, mut comma) = (Vec::new(), true);
        while !self.take('}') {
            if !comma {
                return Err(self.wrong("no comma"));
            }
            let key = self.literal(depth + 1)?;
            if !self.take(':') {
                return Err(self.wrong("no colon"));
            }
            entries.push((key, self.literal(depth + 1)?));
            comma = self.take(',');
        }
        Ok(Literal::Dict(entries))
    }

    fn quoted(&mut self, escapes: bool) -> Result<Literal> {
        let mut characters = self.rest().char_indices();
        let (mut text, quote) = (String::new(), characters.next().map(|(_, quote)| quote));
        while let Some((at, character)) = characters.next() {
            match character {
                end if Some(end) == quote => {
                    self.at += at + end.len_utf8();
                    return Ok(Literal::Text(text));
                }
                '\\' if escapes => text.extend(escaped(&mut characters)),
                other => text.push(other),
            }
        }
        Err(self.wrong("a text without an end"))
    }
}

/// What an escape stands for, behind its backslash; of an unknown one, itself.
fn escaped(characters: &mut std::str::CharIndices) -> Option<char> {
    let kind = characters.next()?.1;
    let digits = match kind {
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(other),
    };
    let code = characters.take(digits).try_fold(0u32, |code, (_, digit)| Some(code << 4 | digit.to_digit(16)?));
    Some(code.and_then(char::from_u32).unwrap_or('\u{fffd}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read() {
        let text = |text: &str| Literal::Text(text.into());
        let int = Literal::Int;
        let cases = [
            ("[(('a\\'b', 'x'), '<f4')]", {
                let titled = Literal::Tuple(vec![text("a'b"), text("x")]);
                Literal::List(vec![Literal::Tuple(vec![titled, text("<f4")])])
            }),
            ("(u'y\\u00fc\\n', \"|V2\", r'\\n', b'\\x41',)", {
                Literal::Tuple(vec![text("y\u{fc}\n"), text("|V2"), text("\\n"), text("A")])
            }),
            ("{'shape': (3L, -4), 7: None, }", {
                let shape = Literal::Tuple(vec![int(3), int(-4)]);
                Literal::Dict(vec![(text("shape"), shape), (int(7), Literal::None)])
            }),
            (" ( 5 ) ", int(5)),
            ("(5,)", Literal::Tuple(vec![int(5)])),
            ("()", Literal::Tuple(Vec::new())),
            ("[True, False]", Literal::List(vec![Literal::Bool(true), Literal::Bool(false)])),
        ];
        for (text, literal) in cases {
            assert_eq!(Literal::read(text).ok(), Some(literal), "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_is_an_error() {
        let deep = "(".repeat(100_000);
        for text in ["", "(", "[1 2]", "{1}", "{1: 2", "'a", "'a\\", "1.5.2", "__import__('os')", "1, 2", "é", &deep] {
            assert!(Literal::read(text).is_err(), "{text:.20}");
        }
    }
}
