//! Text, bytes and numbers, as the instructions of pickles spell them.

use super::Bytes;
use crate::report::{Error, Result};
use std::rc::Rc;

/// The longest whole number in bytes that is read: a time that grows with the square of the digits is spent on it.
pub const LONGEST: u64 = 1024;

/// The content of a `STRING` line: quoted, with the escapes of Python's byte literals.
pub fn quoted(line: &[u8]) -> Result<Vec<u8>> {
    let line = line.trim_ascii();
    let inner = match line {
        [first @ (b'\'' | b'"'), inner @ .., last] if first == last => inner,
        _ => return Err(Error::malformed("a text without its quotes")),
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let Some((kind, after)) = rest.split_first() else {
            return Err(Error::malformed("a text ends in a backslash"));
        };
        rest = after;
        match kind {
            b'\n' => {}
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b't' => bytes.push(b'\t'),
            b'n' => bytes.push(b'\n'),
            b'v' => bytes.push(11),
            b'f' => bytes.push(12),
            b'r' => bytes.push(b'\r'),
            b'x' => {
                let digits = rest.get(..2).ok_or_else(|| Error::malformed("\\x without two digits"))?;
                bytes.push(number(digits, 16)? as u8);
                rest = rest.get(2..).unwrap_or_default();
            }
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|byte| (b'0'..=b'7').contains(*byte)).count();
                let digits = [&[*kind], rest.get(..more).unwrap_or_default()].concat();
                bytes.push(number(&digits, 8)? as u8);
                rest = rest.get(more..).unwrap_or_default();
            }
            b'\\' | b'\'' | b'"' => bytes.push(*kind),
            // Python keeps what is no escape.
            other => bytes.extend([b'\\', *other]),
        }
    }
    Ok(bytes)
}

/// The content of a `UNICODE` line: Latin-1 with escapes of four (`\u`) or eight (`\U`) hexadecimal digits. A backslash takes the character
/// behind it along, so that two of them begin no escape.
pub fn raw_unicode(line: &[u8]) -> Result<String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        let width = match rest {
            [b'\\', b'u', ..] => 4,
            [b'\\', b'U', ..] => 8,
            [b'\\', other, after @ ..] => {
                text.extend(['\\', char::from(*other)]);
                rest = after;
                continue;
            }
            _ => {
                text.push(char::from(*first));
                rest = after;
                continue;
            }
        };
        let digits = rest.get(2..2 + width).ok_or_else(|| Error::malformed("an escape without its digits"))?;
        text.push(char::from_u32(number(digits, 16)?).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = rest.get(2 + width..).unwrap_or_default();
    }
    Ok(text)
}

fn number(digits: &[u8], radix: u32) -> Result<u32> {
    let text = str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = text.and_then(|text| u32::from_str_radix(text, radix).ok());
    number.ok_or_else(|| Error::malformed("an escape whose digits are none"))
}

/// A number that fits in 64 bits, or the digits of one that does not.
#[derive(Debug, PartialEq)]
pub enum Whole {
    /// It fits.
    Int(i64),
    /// It does not.
    Long(String),
}

/// The number in a line of digits: decimal, or with a prefix (`0x`, `0o`, `0b`); there may be an underscore between two digits.
pub fn digits(line: &[u8]) -> Result<Whole> {
    let wrong = || Error::malformed("this is no whole number");
    let text = str::from_utf8(line.trim_ascii()).unwrap_or_default();
    if let Ok(number) = text.parse() {
        return Ok(Whole::Int(number));
    }
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, rest) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, rest.get(2..).unwrap_or_default()),
        [b'0', b'o' | b'O', ..] => (8, rest.get(2..).unwrap_or_default()),
        [b'0', b'b' | b'B', ..] => (2, rest.get(2..).unwrap_or_default()),
        _ => (10, rest),
    };
    let digits = rest.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(wrong());
    }
    let digits = digits.trim_start_matches('0');
    Ok(match i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        _ if digits.is_empty() => Whole::Int(0),
        Ok(number) => Whole::Int(number),
        Err(_) if radix == 10 => Whole::Long(format!("{sign}{digits}")),
        Err(_) => Whole::Long(text.to_owned()),
    })
}

/// The number in two's complement, the least significant byte first; the time grows with the square of their number.
pub fn whole(bytes: &[u8]) -> Whole {
    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let fill = if negative { 0xff } else { 0 };
    let mut limbs: Vec<u32> = bytes
        .chunks(4)
        .map(|chunk| (0..4).rev().fold(0, |limb, at| limb << 8 | u32::from(*chunk.get(at).unwrap_or(&fill))))
        .collect();
    if limbs.len() <= 2 {
        let fill = if negative { u32::MAX } else { 0 };
        let limb = |at: usize| u64::from(*limbs.get(at).unwrap_or(&fill));
        return Whole::Int((limb(1) << 32 | limb(0)).cast_signed());
    }
    if negative {
        let mut carry = true;
        for limb in &mut limbs {
            (*limb, carry) = (!*limb).overflowing_add(carry.into());
        }
    }
    let mut digits: Vec<String> = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        let mut rest = 0u64;
        for limb in limbs.iter_mut().rev() {
            let part = rest << 32 | u64::from(*limb);
            *limb = (part / 1_000_000_000) as u32;
            rest = part % 1_000_000_000;
        }
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        digits.push(if limbs.is_empty() { rest.to_string() } else { format!("{rest:09}") });
    }
    digits.reverse();
    let text = format!("{}{}", if negative { "-" } else { "" }, digits.concat());
    text.parse().map_or(Whole::Long(text), Whole::Int)
}

/// The bytes that Python 2 called text: text where they are UTF-8.
pub fn old_text(bytes: Vec<u8>) -> Result<String, Bytes> {
    String::from_utf8(bytes).map_err(|error| Bytes::Decoded(Rc::from(error.into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_in_twos_complement() {
        assert_eq!(whole(&[]), Whole::Int(0));
        assert_eq!(whole(&[0xff]), Whole::Int(-1));
        assert_eq!(whole(&[0xff, 0]), Whole::Int(255));
        assert_eq!(whole(&[0, 0, 0, 0, 0x80]), Whole::Int(-(1 << 39)));
        assert_eq!(whole(&[0, 0, 0, 0, 0, 0, 0, 0x80]), Whole::Int(i64::MIN));
        assert_eq!(
            whole(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]),
            Whole::Long("18446744073709551615".into())
        );
        assert_eq!(whole(&[0, 0, 0, 0, 0, 0, 0, 0, 0xff]), Whole::Long("-18446744073709551616".into()));
        let magic = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
        assert_eq!(whole(&magic), Whole::Long("119547037146038801333356".into()));
    }

    #[test]
    fn lines_are_decoded() {
        assert_eq!(quoted(br"'a\x41\101\n\q\\'").ok(), Some(b"aAA\n\\q\\".to_vec()));
        assert!(quoted(b"'a").is_err());
        assert!(quoted(br"'\x4'").is_err());
        assert_eq!(raw_unicode(b"a\xe9\\u0101\\U0001f600").ok().as_deref(), Some("aéā😀"));
        assert!(raw_unicode(b"\\u12").is_err());
        // Two backslashes begin no escape.
        assert_eq!(raw_unicode(br"\\u12\\\u0041").ok().as_deref(), Some(r"\\u12\\A"));
        assert_eq!(digits(b"-12").ok(), Some(Whole::Int(-12)));
        assert_eq!(digits(b"0099999999999999999999").ok(), Some(Whole::Long("99999999999999999999".into())));
        assert_eq!(digits(b"-0x1_0").ok(), Some(Whole::Int(-16)));
        assert_eq!(digits(b"0b0").ok(), Some(Whole::Int(0)));
        for wrong in [&b"12a"[..], b"", b"-", b"0x", b"0b2", b"+-1"] {
            assert!(digits(wrong).is_err(), "{wrong:?}");
        }
    }
}
