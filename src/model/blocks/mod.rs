//! Elements that are quantised in blocks, as numbers.
//!
//! The layouts are those of ggml: <https://github.com/ggml-org/ggml> (`ggml-common.h`, `ggml-quants.c`). The numbers are those that the package `gguf` of
//! PyPI gives, bit by bit: all products are exact in single precision, and where there is a sum, it is rounded once.

mod even;
mod grid;
mod kay;
mod small;

use super::DType;

/// The elements of `bytes`, which are whole blocks of `dtype`; what is left over is no block. None if `dtype` has no blocks.
///
/// `big` says that scales have the most significant byte first: there is an agreed order of the other fields for a few types only, and of the rest
/// there are no such elements.
pub fn elements(dtype: DType, bytes: &[u8], big: bool) -> Option<Vec<f32>> {
    // No other program meets any.
    if !cfg!(feature = "all-formats") {
        return None;
    }
    if big {
        let mut bytes = bytes.to_vec();
        let size = usize::try_from(dtype.block()?.bytes).ok()?;
        for block in bytes.chunks_exact_mut(size) {
            scales(dtype)?.iter().for_each(|at| block.swap(*at, at + 1));
        }
        return elements(dtype, &bytes, false);
    }
    Some(match dtype {
        DType::Q1_0 => each(bytes, even::q1_0),
        DType::Q4_0 => each(bytes, even::q4_0),
        DType::Q4_1 => each(bytes, even::q4_1),
        DType::Q5_0 => each(bytes, even::q5_0),
        DType::Q5_1 => each(bytes, even::q5_1),
        DType::Q8_0 => each(bytes, even::q8_0),
        DType::Q8_1 => each(bytes, even::q8_1),
        DType::Q2K => each(bytes, kay::q2_k),
        DType::Q3K => each(bytes, kay::q3_k),
        DType::Q4K => each(bytes, kay::q4_k),
        DType::Q5K => each(bytes, kay::q5_k),
        DType::Q6K => each(bytes, kay::q6_k),
        DType::Q8K => each(bytes, kay::q8_k),
        DType::Iq2Xxs => each(bytes, grid::iq2_xxs),
        DType::Iq2Xs => each(bytes, grid::iq2_xs),
        DType::Iq2S => each(bytes, grid::iq2_s),
        DType::Iq3Xxs => each(bytes, grid::iq3_xxs),
        DType::Iq3S => each(bytes, grid::iq3_s),
        DType::Iq1S => each(bytes, grid::iq1_s),
        DType::Iq1M => each(bytes, grid::iq1_m),
        DType::Iq4Nl => each(bytes, small::iq4_nl),
        DType::Iq4Xs => each(bytes, small::iq4_xs),
        DType::Tq1_0 => each(bytes, small::tq1_0),
        DType::Tq2_0 => each(bytes, small::tq2_0),
        DType::Mxfp4 => each(bytes, small::mxfp4),
        DType::Nvfp4 => each(bytes, small::nvfp4),
        _ => return None,
    })
}

/// Where the 16-bit numbers are in a block of `dtype`, of the types that `gguf_convert_endian` of the package `gguf` knows to turn.
fn scales(dtype: DType) -> Option<&'static [usize]> {
    Some(match dtype {
        DType::Q4_0 | DType::Q8_0 => &[0],
        DType::Q4K => &[0, 2],
        DType::Q6K => &[208],
        DType::Mxfp4 | DType::Nvfp4 => &[],
        _ => return None,
    })
}

/// The elements of all blocks, `N` of each `B` bytes.
fn each<const B: usize, const N: usize>(bytes: &[u8], decode: fn(&[u8; B], &mut [f32; N])) -> Vec<f32> {
    let (blocks, _) = bytes.as_chunks::<B>();
    let mut elements = vec![0.0; blocks.len() * N];
    for (block, elements) in blocks.iter().zip(elements.as_chunks_mut::<N>().0) {
        decode(block, elements);
    }
    elements
}

/// The 16-bit number at `at`.
fn word(block: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([block[at], block[at + 1]])
}

/// The 32-bit number at `at`.
fn double_word(block: &[u8], at: usize) -> u32 {
    u32::from(word(block, at)) | u32::from(word(block, at + 2)) << 16
}

/// The number of IEEE 754 half precision at `at`.
fn half(block: &[u8], at: usize) -> f32 {
    single(word(block, at))
}

/// The number that `bits` are in half precision.
fn single(bits: u16) -> f32 {
    /// What brings the exponent of a half, read as that of a single, to where it belongs: 127 - 15 steps.
    const UP: f32 = f32::from_bits((127 + 112) << 23);
    let sign = u32::from(bits & 0x8000) << 16;
    let magnitude = u32::from(bits & 0x7fff) << 13;
    let magnitude =
        if bits & 0x7c00 == 0x7c00 { magnitude | 0x7f80_0000 } else { (f32::from_bits(magnitude) * UP).to_bits() };
    f32::from_bits(sign | magnitude)
}

/// The field of four bits of `byte` that is `number` 0 or 1.
fn nibble(byte: u8, number: usize) -> u8 {
    byte >> (4 * number) & 15
}

/// The two bits of element `index` of 256, when four times 32 elements share 32 bytes.
fn pair(bytes: &[u8], index: usize) -> u8 {
    bytes[index / 128 * 32 + index % 32] >> (index / 32 % 4 * 2) & 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::scalar::{Float, Specials};

    #[test]
    fn halves_are_decoded_like_other_floats() {
        for bits in 0..=u16::MAX {
            let (fast, slow) = (single(bits), Float::new(5, 10, Specials::Ieee).decode(u64::from(bits)));
            assert!(f64::from(fast).to_bits() == slow.to_bits() || fast.is_nan() && slow.is_nan(), "{bits:#x}");
        }
    }

    #[test]
    fn blocks_are_as_large_as_their_types_say() {
        let types = DType::ALL.iter().filter_map(|dtype| Some((*dtype, dtype.block()?)));
        assert_eq!(types.clone().count(), 26);
        for (dtype, block) in types {
            let bytes = vec![0; block.bytes as usize * 3 - 1];
            let count = elements(dtype, &bytes, false).map(|elements| elements.len() as u64);
            assert_eq!(count, Some(block.elements * 2), "{}", dtype.name());
        }
        assert_eq!(elements(DType::F32, &[0; 8], false), None);
    }

    #[test]
    fn scales_of_a_foreign_order_are_turned() {
        let mut block = [0x21; 34];
        (block[0], block[1]) = (0x00, 0x3c);
        let little = elements(DType::Q8_0, &block, false);
        block.swap(0, 1);
        assert_eq!(elements(DType::Q8_0, &block, true), little);
        assert_eq!(elements(DType::Iq2Xxs, &[0; 66], true), None, "nobody says how these would be turned");
    }
}
