//! The IQ types whose elements are points of a grid: several elements have one code, the number of a point in a table.

use super::{double_word, half, nibble, single, word};

/// The points of all grids, 16 bits each, one grid after the other. `tests/make/grids_ggml.py` makes them of the tables in the package `gguf`.
static POINTS: &[u8; 9216] = include_bytes!("grids.bin");

/// Where the grids begin in [`POINTS`], by number of points.
const IQ2_XXS: usize = 0;
const IQ2_XS: usize = IQ2_XXS + 256;
const IQ2_S: usize = IQ2_XS + 512;
const IQ3_XXS: usize = IQ2_S + 1024;
const IQ3_S: usize = IQ3_XXS + 256;
const IQ1: usize = IQ3_S + 512;

/// Point number `code` of the grid that begins at `grid`.
fn point(grid: usize, code: usize) -> u16 {
    word(POINTS, (grid + code) * 2)
}

/// Coordinates of two bits each, as the grids of two bits have them.
fn wide(point: u16) -> [f32; 8] {
    std::array::from_fn(|index| [8.0, 25.0, 43.0, 0.0][usize::from(point >> (2 * index) & 3)])
}

/// Coordinates of two bits each: -1, 0, 1.
fn ternary(point: u16) -> [f32; 8] {
    std::array::from_fn(|index| f32::from(point >> (2 * index) & 3) - 1.0)
}

/// Seven signs, and the eighth, with which their number is even.
fn signs(code: u32) -> u8 {
    let seven = (code & 127) as u8;
    seven | (seven.count_ones() as u8 & 1) << 7
}

/// Element `index` with the sign that bit `index` of `signs` says.
fn signed(magnitude: f32, signs: u8, index: usize) -> f32 {
    if signs >> index & 1 == 1 { -magnitude } else { magnitude }
}

/// Writes `scale` times the point at `point`, with `signs`.
fn put(out: &mut [f32], scale: f32, point: &[f32], signs: u8) {
    for (index, (out, coordinate)) in out.iter_mut().zip(point).enumerate() {
        *out = signed(scale * coordinate, signs, index);
    }
}

/// A scale; eight parts: four codes of a byte, then four times seven signs and four bits of scale.
pub fn iq2_xxs(block: &[u8; 66], out: &mut [f32; 256]) {
    let scale = half(block, 0);
    for (part, out) in out.chunks_exact_mut(32).enumerate() {
        let at = 2 + part * 8;
        let rest = double_word(block, at + 4);
        let scale = scale * (0.5 + (rest >> 28) as f32) * 0.25;
        for (index, out) in out.chunks_exact_mut(8).enumerate() {
            let point = point(IQ2_XXS, usize::from(block[at + index]));
            put(out, scale, &wide(point), signs(rest >> (7 * index)));
        }
    }
}

/// The scale of eight elements: number `index` of 32; two of these share four bits.
fn quarter(block: &[u8], at: usize, index: usize) -> f32 {
    (0.5 + f32::from(nibble(block[at + index / 4], index / 2 % 2))) * 0.25
}

/// A scale; 32 codes of nine bits with seven signs; 16 scales of four bits.
pub fn iq2_xs(block: &[u8; 74], out: &mut [f32; 256]) {
    let scale = half(block, 0);
    for (index, out) in out.chunks_exact_mut(8).enumerate() {
        let code = word(block, 2 + 2 * index);
        let point = point(IQ2_XS, usize::from(code & 511));
        put(out, scale * quarter(block, 66, index), &wide(point), signs(u32::from(code >> 9)));
    }
}

/// A scale; the lower bits of 32 codes; 32 bytes of signs; the upper two bits of the codes; 16 scales of four bits.
pub fn iq2_s(block: &[u8; 82], out: &mut [f32; 256]) {
    let scale = half(block, 0);
    for (index, out) in out.chunks_exact_mut(8).enumerate() {
        let high = block[66 + index / 4] >> (index % 4 * 2) & 3;
        let point = point(IQ2_S, usize::from(block[2 + index]) | usize::from(high) << 8);
        put(out, scale * quarter(block, 74, index), &wide(point), block[34 + index]);
    }
}

/// A scale; 64 codes of a byte; eight times four times seven signs and four bits of scale.
pub fn iq3_xxs(block: &[u8; 98], out: &mut [f32; 256]) {
    const COORDINATES: [f32; 8] = [4.0, 12.0, 20.0, 28.0, 36.0, 44.0, 52.0, 62.0];
    let scale = half(block, 0);
    for (index, out) in out.chunks_exact_mut(8).enumerate() {
        let rest = double_word(block, 66 + index / 4 * 4);
        let scale = scale * (0.5 + (rest >> 28) as f32) * 0.5;
        let point: [f32; 8] = std::array::from_fn(|element| {
            let point = point(IQ3_XXS, usize::from(block[2 + index * 2 + element / 4]));
            COORDINATES[usize::from(point >> (element % 4 * 4) & 7)]
        });
        put(out, scale, &point, signs(rest >> (index % 4 * 7)));
    }
}

/// A scale; the lower bits of 64 codes, and their ninth bits; 32 bytes of signs; eight scales of four bits.
pub fn iq3_s(block: &[u8; 110], out: &mut [f32; 256]) {
    let scale = half(block, 0);
    for (index, out) in out.chunks_exact_mut(8).enumerate() {
        let scale = scale * f32::from(1 + 2 * nibble(block[106 + index / 8], index / 4 % 2));
        let point: [f32; 8] = std::array::from_fn(|element| {
            let code = index * 2 + element / 4;
            let high = block[66 + code / 8] >> (code % 8) & 1;
            let point = point(IQ3_S, usize::from(block[2 + code]) | usize::from(high) << 8);
            f32::from(1 + 2 * (point >> (element % 4 * 4) & 7))
        });
        put(out, scale, &point, block[74 + index]);
    }
}

/// How far the points of the ternary grid are moved, to one side or the other.
const SHIFT: f32 = 0.125;

/// A scale; the lower bits of 32 codes; eight times the upper three bits of four of them, three bits of scale, and to which side they are moved.
pub fn iq1_s(block: &[u8; 50], out: &mut [f32; 256]) {
    let scale = half(block, 0);
    for (index, out) in out.chunks_exact_mut(8).enumerate() {
        let part = word(block, 34 + index / 4 * 2);
        let scale = scale * f32::from(2 * (part >> 12 & 7) + 1);
        let shift = if part & 0x8000 == 0 { SHIFT } else { -SHIFT };
        let high = part >> (index % 4 * 3) & 7;
        let point = point(IQ1, usize::from(block[2 + index]) | usize::from(high) << 8);
        put(out, scale, &ternary(point).map(|coordinate| coordinate + shift), 0);
    }
}

/// The lower bits of 32 codes; their upper three bits, each with the side to which they are moved; 16 scales of three bits, four to a word
/// whose upper four bits are a piece of the scale of all.
pub fn iq1_m(block: &[u8; 56], out: &mut [f32; 256]) {
    let words: [u16; 4] = std::array::from_fn(|index| word(block, 48 + 2 * index));
    let scale = single(words.iter().rev().fold(0, |bits, word| bits << 4 | word >> 12));
    for (index, out) in out.chunks_exact_mut(8).enumerate() {
        let scale = scale * f32::from(2 * (words[index / 8] >> (index / 2 % 4 * 3) & 7) + 1);
        let rest = nibble(block[32 + index / 2], index % 2);
        let shift = if rest & 8 == 0 { SHIFT } else { -SHIFT };
        let point = point(IQ1, usize::from(block[index]) | usize::from(rest & 7) << 8);
        put(out, scale, &ternary(point).map(|coordinate| coordinate + shift), 0);
    }
}
