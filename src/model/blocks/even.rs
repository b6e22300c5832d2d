//! Types whose elements are evenly spaced, in blocks with one scale.

use super::{double_word, half, nibble};

/// A scale; 128 signs.
pub fn q1_0(block: &[u8; 18], out: &mut [f32; 128]) {
    let scale = half(block, 0);
    for (index, out) in out.iter_mut().enumerate() {
        *out = if block[2 + index / 8] >> (index % 8) & 1 == 1 { scale } else { -scale };
    }
}

/// A scale; 32 codes, the first 16 in the lower halves of their bytes.
pub fn q4_0(block: &[u8; 18], out: &mut [f32; 32]) {
    let scale = half(block, 0);
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(nibble(block[2 + index % 16], index / 16) as i8 - 8);
    }
}

/// A scale, a minimum; codes as those of [`q4_0`].
pub fn q4_1(block: &[u8; 20], out: &mut [f32; 32]) {
    let (scale, min) = (half(block, 0), half(block, 2));
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(nibble(block[4 + index % 16], index / 16)) + min;
    }
}

/// Code `index` of 32, whose fifth bits are at `at` in `block`, and whose lower bits follow.
fn five(block: &[u8], at: usize, index: usize) -> u8 {
    let high = (double_word(block, at) >> index & 1) as u8;
    nibble(block[at + 4 + index % 16], index / 16) | high << 4
}

/// A scale; 32 codes.
pub fn q5_0(block: &[u8; 22], out: &mut [f32; 32]) {
    let scale = half(block, 0);
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(five(block, 2, index) as i8 - 16);
    }
}

/// A scale, a minimum; 32 codes.
pub fn q5_1(block: &[u8; 24], out: &mut [f32; 32]) {
    let (scale, min) = (half(block, 0), half(block, 2));
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(five(block, 4, index)) + min;
    }
}

/// A scale; 32 codes of a byte each.
pub fn q8_0(block: &[u8; 34], out: &mut [f32; 32]) {
    let scale = half(block, 0);
    for (out, code) in out.iter_mut().zip(&block[2..]) {
        *out = scale * f32::from(code.cast_signed());
    }
}

/// The same with the sum of all elements behind the scale.
pub fn q8_1(block: &[u8; 36], out: &mut [f32; 32]) {
    let scale = half(block, 0);
    for (out, code) in out.iter_mut().zip(&block[4..]) {
        *out = scale * f32::from(code.cast_signed());
    }
}
