//! A place in the text, and what can be read from there: names, texts, numbers, signs.

use crate::report::{Error, Result};

/// A cursor over the text.
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// A number, as it is spelt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Without a point or an exponent.
    Int(i64),
    /// With either, or one of those that are none.
    Float(f64),
}

impl Number {
    /// As a float.
    pub fn float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// As an integer; nothing behind the point is kept.
    pub fn int(self) -> i64 {
        match self {
            Self::Int(value) => value,
            Self::Float(value) => value as i64,
        }
    }
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The offset of what comes next, in bytes.
    pub fn position(&mut self) -> usize {
        self.skip_space();
        self.at
    }

    /// Goes back, or on, to an offset that [`Self::position`] has told.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Passes white space, and comments up to the ends of their lines.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// Whether nothing is left.
    pub fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    /// Whether `sign` comes next.
    pub fn sees(&mut self, sign: &str) -> bool {
        self.skip_space();
        self.rest().starts_with(sign)
    }

    /// Passes `sign` if it comes next; whether it did.
    pub fn take(&mut self, sign: &str) -> bool {
        let taken = self.sees(sign);
        if taken {
            self.at += sign.len();
        }
        taken
    }

    /// Passes `sign`.
    ///
    /// # Errors
    /// When something else comes next.
    pub fn expect(&mut self, sign: &str) -> Result<()> {
        if self.take(sign) { Ok(()) } else { Err(self.error(&format!("{sign:?} is missing"))) }
    }

    /// What is wrong here.
    pub fn error(&mut self, what: &str) -> Error {
        self.skip_space();
        let found: String = self.rest().chars().take(12).take_while(|c| *c != '\n').collect();
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        Error::malformed(format!("line {line}: {what} before {found:?}")).at(self.at as u64)
    }

    /// The name that comes next, if one does; dots may be within it.
    pub fn name(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.rest();
        let begins = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        let name = rest.get(..len).filter(|_| begins)?;
        self.at += len;
        Some(name)
    }

    /// The text in quotation marks that comes next, if one does, with what is escaped in it.
    ///
    /// # Errors
    /// When it does not end.
    pub fn text(&mut self) -> Result<Option<String>> {
        if !self.take("\"") {
            return Ok(None);
        }
        let mut text = String::new();
        let mut characters = self.rest().char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Ok(Some(text));
                }
                '\\' => text.push(match characters.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, 't')) => '\t',
                    Some((_, 'r')) => '\r',
                    Some((_, other)) => other,
                    None => break,
                }),
                other => text.push(other),
            }
        }
        Err(self.error("a text does not end"))
    }

    /// The name that comes next, in quotation marks or without.
    ///
    /// # Errors
    /// When there is none.
    pub fn identifier(&mut self) -> Result<String> {
        if let Some(text) = self.text()? {
            return Ok(text);
        }
        let name = self.name().map(str::to_owned);
        name.ok_or_else(|| self.error("a name is missing"))
    }

    /// The number that comes next, if one does.
    pub fn number(&mut self) -> Option<Number> {
        self.skip_space();
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '+'))).unwrap_or(rest.len());
        let spelt = rest.get(..len)?;
        let number = match spelt {
            "true" => Number::Int(1),
            "false" => Number::Int(0),
            _ => match spelt.parse::<i64>() {
                Ok(value) => Number::Int(value),
                Err(_) if spelt.parse::<u64>().is_ok() => Number::Int(spelt.parse::<u64>().ok()?.cast_signed()),
                Err(_) => Number::Float(spelt.parse::<f64>().ok()?),
            },
        };
        self.at += len;
        Some(number)
    }

    /// What `item` reads, as often as commas go on, up to `close`. Commas may come before `close`, too.
    ///
    /// # Errors
    /// Those of `item`; when the list does not end.
    pub fn list(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        while !self.take(close) {
            item(self)?;
            if !self.take(",") && !self.sees(close) {
                return Err(self.error(&format!("{close:?} is missing")));
            }
        }
        Ok(())
    }
}
