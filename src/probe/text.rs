//! Bytes as text, when they are text.

/// `head` as text; `more` says whether the file goes on after it, so that its last character may be incomplete.
pub fn decode(head: &[u8], more: bool) -> Option<String> {
    let text = match head {
        [] => return None,
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, more)?,
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ if zeros_at(head, 1) => utf16(head, u16::from_le_bytes)?,
        _ if zeros_at(head, 0) => utf16(head, u16::from_be_bytes)?,
        _ => utf8(head, more).or_else(|| latin1(head))?,
    };
    let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b' | '\u{85}');
    text.chars().all(is_text).then_some(text)
}

fn utf8(bytes: &[u8], more: bool) -> Option<String> {
    let whole = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if more && error.error_len().is_none() => str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    Some(whole.into())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

/// Whether nearly all bytes at even (0) or odd (1) offsets are zero, and nearly none of the others: Latin letters in UTF-16.
fn zeros_at(bytes: &[u8], parity: usize) -> bool {
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    bytes.len() >= 8 && zeros(parity) * 20 >= bytes.len() / 2 * 19 && zeros(1 - parity) * 20 <= bytes.len() / 2
}

/// Text in Latin-1, if at most a third of the letters are beyond ASCII.
fn latin1(bytes: &[u8]) -> Option<String> {
    let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    (high * 3 <= bytes.len()).then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}
