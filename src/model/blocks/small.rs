//! Types of few codes: ternary ones, and those of four bits that are not evenly spaced.

use super::{half, nibble, pair, word};

/// What the codes of `IQ4_NL` and `IQ4_XS` stand for.
const UNEVEN: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
/// Twice what the codes of `float4e2m1` stand for. A negative zero is none.
const FLOATS: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// A scale; 32 codes, the first 16 in the lower halves of their bytes.
pub fn iq4_nl(block: &[u8; 18], out: &mut [f32; 32]) {
    let scale = half(block, 0);
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(UNEVEN[usize::from(nibble(block[2 + index % 16], index / 16))]);
    }
}

/// A scale; the upper bits of eight scales, two each, and the lower ones, four each; codes in eight parts like those of [`iq4_nl`].
pub fn iq4_xs(block: &[u8; 136], out: &mut [f32; 256]) {
    let (scale, high) = (half(block, 0), word(block, 2));
    for (part, out) in out.chunks_exact_mut(32).enumerate() {
        let of_part = nibble(block[4 + part / 2], part % 2) | ((high >> (2 * part) & 3) as u8) << 4;
        let scale = scale * f32::from(of_part as i8 - 32);
        for (index, out) in out.iter_mut().enumerate() {
            let code = nibble(block[8 + part * 16 + index % 16], index / 16);
            *out = scale * f32::from(UNEVEN[usize::from(code)]);
        }
    }
}

/// 48 bytes of five elements each, four bytes of four; a scale. A byte is a fraction of 256, whose digits to the base of three are the elements.
pub fn tq1_0(block: &[u8; 54], out: &mut [f32; 256]) {
    const POWERS: [u8; 5] = [1, 3, 9, 27, 81];
    let scale = half(block, 52);
    for (index, out) in out.iter_mut().enumerate() {
        let (byte, power) = match index {
            0..160 => (index % 32, index / 32),
            160..240 => (32 + index % 16, (index - 160) / 16),
            _ => (48 + index % 4, (index - 240) / 4),
        };
        let rest = block[byte].wrapping_mul(POWERS[power]);
        let digit = (u16::from(rest) * 3) >> 8;
        *out = scale * (f32::from(digit) - 1.0);
    }
}

/// 64 bytes of codes; a scale.
pub fn tq2_0(block: &[u8; 66], out: &mut [f32; 256]) {
    let scale = half(block, 64);
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * (f32::from(pair(block, index)) - 1.0);
    }
}

/// The exponent of a scale; 32 codes, the first 16 in the lower halves of their bytes.
pub fn mxfp4(block: &[u8; 17], out: &mut [f32; 32]) {
    // Half of the scale, as the codes stand for twice their numbers.
    let scale = match u32::from(block[0]) {
        exponent @ 0..2 => f32::from_bits(0x0020_0000 << exponent),
        exponent => f32::from_bits((exponent - 1) << 23),
    };
    for (index, out) in out.iter_mut().enumerate() {
        *out = scale * f32::from(FLOATS[usize::from(nibble(block[1 + index % 16], index / 16))]);
    }
}

/// Four scales; four parts of 16 codes, the first eight in the lower halves of their bytes.
pub fn nvfp4(block: &[u8; 36], out: &mut [f32; 64]) {
    for (part, out) in out.chunks_exact_mut(16).enumerate() {
        let scale = unsigned_e4m3(block[part]) * 0.5;
        for (index, out) in out.iter_mut().enumerate() {
            *out = scale * f32::from(FLOATS[usize::from(nibble(block[4 + part * 8 + index % 8], index / 8))]);
        }
    }
}

/// The number of four exponent and three mantissa bits that `code` is without its sign; of NaN, zero.
fn unsigned_e4m3(code: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(code >> 3 & 15), f32::from(code & 7));
    match (code, exponent) {
        (0x7f, _) => 0.0,
        (_, 0) => mantissa * 2f32.powi(-9),
        _ => (1.0 + mantissa / 8.0) * 2f32.powi(exponent - 7),
    }
}
