//! The K types: blocks of 256 elements with a scale, in parts that have small scales of their own.

use super::{double_word, half, nibble, pair};

/// 16 bytes of scales and minima, 64 of codes; a scale of the scales, and one of the minima.
pub fn q2_k(block: &[u8; 84], out: &mut [f32; 256]) {
    let (scale, min) = (half(block, 80), half(block, 82));
    for (index, out) in out.iter_mut().enumerate() {
        let part = block[index / 16];
        let (scale, min) = (scale * f32::from(part & 15), min * f32::from(part >> 4));
        *out = scale * f32::from(pair(&block[16..], index)) - min;
    }
}

/// 32 bytes of third bits, 64 of codes, 12 of scales; a scale of the scales. A third bit that is not set takes four away.
pub fn q3_k(block: &[u8; 110], out: &mut [f32; 256]) {
    let scale = half(block, 108);
    let scales: [f32; 16] = std::array::from_fn(|part| {
        let low = nibble(block[96 + part % 8], part / 8);
        let high = block[104 + part % 4] >> (part / 4 * 2) & 3;
        scale * f32::from((low | high << 4) as i8 - 32)
    });
    for (index, out) in out.iter_mut().enumerate() {
        let third = block[index % 32] >> (index / 32) & 1;
        let code = pair(&block[32..], index) as i8 - if third == 1 { 0 } else { 4 };
        *out = scales[index / 16] * f32::from(code);
    }
}

/// Scale and minimum of part `part` of eight, of six bits each, in 12 bytes: those of the last four have their upper bits in the first eight.
fn part(bytes: &[u8], part: usize) -> (u8, u8) {
    if part < 4 {
        return (bytes[part] & 63, bytes[part + 4] & 63);
    }
    let low = bytes[part + 4];
    (low & 15 | bytes[part - 4] >> 6 << 4, low >> 4 | bytes[part] >> 6 << 4)
}

/// Scales and minima of the eight parts of a block that begins with the scale of the scales, and that of the minima.
fn parts(block: &[u8]) -> [(f32, f32); 8] {
    let (scale, min) = (half(block, 0), half(block, 2));
    std::array::from_fn(|index| {
        let (of_scale, of_min) = part(&block[4..16], index);
        (scale * f32::from(of_scale), min * f32::from(of_min))
    })
}

/// Two scales, 12 bytes of scales and minima, 128 of codes.
pub fn q4_k(block: &[u8; 144], out: &mut [f32; 256]) {
    let parts = parts(block);
    for (index, out) in out.iter_mut().enumerate() {
        let (scale, min) = parts[index / 32];
        let code = nibble(block[16 + index / 64 * 32 + index % 32], index / 32 % 2);
        *out = scale * f32::from(code) - min;
    }
}

/// Two scales, 12 bytes of scales and minima, 32 of fifth bits, 128 of codes.
pub fn q5_k(block: &[u8; 176], out: &mut [f32; 256]) {
    let parts = parts(block);
    for (index, out) in out.iter_mut().enumerate() {
        let (scale, min) = parts[index / 32];
        let fifth = block[16 + index % 32] >> (index / 32) & 1;
        let code = nibble(block[48 + index / 64 * 32 + index % 32], index / 32 % 2) | fifth << 4;
        *out = scale * f32::from(code) - min;
    }
}

/// 128 bytes of lower and 64 of upper bits, 16 scales; a scale of the scales.
pub fn q6_k(block: &[u8; 210], out: &mut [f32; 256]) {
    let scale = half(block, 208);
    for (index, out) in out.iter_mut().enumerate() {
        let scale = scale * f32::from(block[192 + index / 16].cast_signed());
        let low = nibble(block[index / 128 * 64 + index % 64], index / 64 % 2);
        let code = low | pair(&block[128..], index) << 4;
        *out = scale * f32::from(code as i8 - 32);
    }
}

/// A scale of single precision; 256 codes of a byte each; sums of 16 of them.
pub fn q8_k(block: &[u8; 292], out: &mut [f32; 256]) {
    let scale = f32::from_bits(double_word(block, 0));
    for (out, code) in out.iter_mut().zip(&block[4..]) {
        *out = scale * f32::from(code.cast_signed());
    }
}
