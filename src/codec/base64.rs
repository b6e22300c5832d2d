//! Bytes as text: base64 (RFC 4648).

/// The bytes that `text` stands for, without regard to line breaks and to what fills it up; none if there are other characters.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(text.len() / 4 * 3), 0u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn text_becomes_bytes() {
        let cases = [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm9v\nYmE=", Some("fooba")),
            ("Zm9vYmFy", Some("foobar")),
            ("Zm9*", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(decode(text), wanted.map(|wanted| wanted.as_bytes().to_vec()), "{text:?}");
        }
    }
}
