//! The text format.

use super::{Encoder, Scalar};
use crate::report::{Error, Result};

/// Reads all of `text` into `encoder`.
///
/// # Errors
/// With the line, the column and the offset where the text breaks the rules.
pub fn read(text: &str, encoder: &mut Encoder) -> Result<()> {
    let mut cursor = Cursor { text, at: 0 };
    // What the open messages were opened with, and the fields whose lists are open around them.
    let mut open: Vec<(u8, Option<&str>)> = Vec::new();
    let mut list: Option<&str> = None;
    loop {
        cursor.blank();
        let Some(byte) = cursor.peek() else {
            return if open.is_empty() { Ok(()) } else { Err(cursor.error("the text ends within a message")) };
        };
        if let Some(name) = list {
            match byte {
                b']' => list = None,
                b',' => {}
                b'{' | b'<' => {
                    encoder.begin(name).map_err(|error| cursor.place(error))?;
                    open.push((closing(byte), list.take()));
                }
                _ => {
                    cursor.scalar(name, encoder)?;
                    continue;
                }
            }
            cursor.at += 1;
            continue;
        }
        match byte {
            b'}' | b'>' => {
                let Some((_, outer)) = open.pop().filter(|(wanted, _)| *wanted == byte) else {
                    return Err(cursor.error(&format!("{:?} closes nothing", char::from(byte))));
                };
                encoder.end();
                list = outer;
                cursor.at += 1;
            }
            b',' | b';' => cursor.at += 1,
            _ => {
                let name = cursor.name()?;
                cursor.blank();
                let colon = cursor.skip(b':');
                cursor.blank();
                match cursor.peek() {
                    Some(byte @ (b'{' | b'<')) => {
                        encoder.begin(name).map_err(|error| cursor.place(error))?;
                        open.push((closing(byte), None));
                        cursor.at += 1;
                    }
                    Some(b'[') if colon => {
                        list = Some(name);
                        cursor.at += 1;
                    }
                    Some(_) if colon => cursor.scalar(name, encoder)?,
                    _ => return Err(cursor.error(&format!("{name:?} has no value"))),
                }
            }
        }
    }
}

fn closing(byte: u8) -> u8 {
    if byte == b'{' { b'}' } else { b'>' }
}

/// A place in the text.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Skips blanks and comments.
    fn blank(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'#' {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else if self.rest().starts_with('\u{feff}') {
                self.at += '\u{feff}'.len_utf8();
            } else {
                return;
            }
        }
    }

    /// Letters, digits and what numbers have; at least one.
    fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+');
        let len = rest.bytes().take_while(|byte| is_part(byte)).count();
        self.at += len;
        rest.get(..len).filter(|word| !word.is_empty())
    }

    /// The name of a field, or of an extension in brackets.
    fn name(&mut self) -> Result<&'t str> {
        let rest = self.rest();
        if let Some(inner) = rest.strip_prefix('[') {
            let len = inner.find(']').ok_or_else(|| self.error("a bracket is not closed"))?;
            self.at += len + 2;
            return Ok(inner.get(..len).unwrap_or_default());
        }
        self.word().ok_or_else(|| {
            let found = rest.chars().next().unwrap_or_default();
            self.error(&format!("a field is expected, {found:?} is found"))
        })
    }

    /// Reads one value without parts into field `name`.
    fn scalar(&mut self, name: &str, encoder: &mut Encoder) -> Result<()> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'"' | b'\'') => Scalar::Bytes(self.strings()?),
            Some(b'-') => {
                self.at += 1;
                self.blank();
                let negative = self.at == start + 1;
                let word = self.word().ok_or_else(|| self.error("a number is expected"))?;
                if !negative {
                    let joined = format!("-{word}");
                    return encoder.scalar(name, &Scalar::Word(&joined)).map_err(|error| self.place_at(start, error));
                }
                Scalar::Word(self.text.get(start..self.at).unwrap_or(word))
            }
            _ => Scalar::Word(self.word().ok_or_else(|| self.error("a value is expected"))?),
        };
        encoder.scalar(name, &value).map_err(|error| self.place_at(start, error))
    }

    /// Pieces of text in quotes that follow each other: they are one.
    fn strings(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.at += 1;
            self.string(quote, &mut bytes)?;
            self.blank();
        }
        Ok(bytes)
    }

    fn string(&mut self, quote: u8, bytes: &mut Vec<u8>) -> Result<()> {
        loop {
            let stop = |byte: u8| byte == quote || byte == b'\\' || byte == b'\n';
            let rest = self.rest().as_bytes();
            let len = rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len());
            bytes.extend(rest.get(..len).unwrap_or_default());
            self.at += len;
            match self.peek() {
                Some(b'\\') => self.escape(bytes)?,
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.error("a text in quotes is not closed")),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        self.at += 1;
        let byte = self.peek().ok_or_else(|| self.error("a text in quotes is not closed"))?;
        let digits = |cursor: &mut Self, radix: u32, most: usize| {
            let rest = cursor.rest();
            let len = rest.chars().take(most).take_while(|char| char.is_digit(radix)).count();
            cursor.at += len;
            u32::from_str_radix(rest.get(..len)?, radix).ok()
        };
        let plain = match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'\\' | b'\'' | b'"' | b'?' => byte,
            b'0'..=b'7' => {
                let value = digits(self, 8, 3);
                bytes.extend(value.map(|value| value as u8));
                return Ok(());
            }
            b'x' | b'X' | b'u' | b'U' => {
                self.at += 1;
                let most = match byte {
                    b'u' => 4,
                    b'U' => 8,
                    _ => 2,
                };
                let value = digits(self, 16, most).ok_or_else(|| self.error("an escape has no digits"))?;
                if most == 2 {
                    bytes.push(value as u8);
                } else {
                    let char = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                    bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
                return Ok(());
            }
            _ => return Err(self.error("an escape is not known")),
        };
        bytes.push(plain);
        self.at += 1;
        Ok(())
    }

    fn error(&self, message: &str) -> Error {
        self.place(Error::malformed(message))
    }

    fn place(&self, error: Error) -> Error {
        self.place_at(self.at, error)
    }

    /// `error` with the line and the column of `at`.
    fn place_at(&self, at: usize, error: Error) -> Error {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = format!("line {line}, column {column}: {}", error.message);
        Error { message, ..error }.at(at as u64)
    }
}
