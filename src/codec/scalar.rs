//! Numbers as files pack them: bit fields of any width, and binary floats of any shape.

use std::fmt::Write as _;

/// The bit fields of `width` bits (1 to 64) in `bytes`, from the field number `skip` on, at most `count`.
///
/// Little-endian: fields follow each other from the lowest bit of the first byte on. `big` reverses the bytes of each field, where
/// that means something: for whole bytes.
pub fn unpack(bytes: &[u8], width: u32, skip: usize, count: usize, big: bool) -> Vec<u64> {
    let width = width.clamp(1, 64) as usize;
    if width.is_multiple_of(8) {
        let fields = bytes.chunks_exact(width / 8).skip(skip).take(count);
        return if big {
            fields.map(|field| field.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))).collect()
        } else {
            fields.map(|field| field.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte))).collect()
        };
    }
    let available = bytes.len().saturating_mul(8) / width;
    let fields = skip.min(available)..skip.saturating_add(count).min(available);
    fields.map(|field| bit_field(bytes, field * width, width)).collect()
}

/// The `width` bits from bit `at` on; `width` is below 64 and no multiple of 8.
fn bit_field(bytes: &[u8], at: usize, width: usize) -> u64 {
    let last = (at + width - 1) / 8;
    let field = bytes.get(at / 8..=last).unwrap_or_default();
    let wide = field.iter().rev().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    (wide >> (at % 8)) as u64 & (u64::MAX >> (64 - width))
}

/// The lowest `width` bits of `bits` as a number in two's complement.
pub fn sign_extend(bits: u64, width: u32) -> i64 {
    let unused = 64 - width.clamp(1, 64);
    (bits << unused).cast_signed() >> unused
}

/// Which codes of a float format are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Specials {
    /// As IEEE 754: the highest exponent is for infinities and NaN.
    Ieee,
    /// None.
    None,
    /// All bits but the sign set is NaN; there is no infinity.
    AllOnes,
    /// The code of negative zero is NaN; there is no infinity.
    NegativeZero,
}

/// A binary float format of at most 32 bits: a sign, `exponent` bits, `mantissa` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Float {
    /// The number of exponent bits.
    pub exponent: u32,
    /// The number of mantissa bits.
    pub mantissa: u32,
    /// What is subtracted from the exponent.
    pub bias: i32,
    /// Which codes are no numbers.
    pub specials: Specials,
}

impl Float {
    /// A format whose bias is that of IEEE 754.
    pub const fn new(exponent: u32, mantissa: u32, specials: Specials) -> Self {
        Self { exponent, mantissa, bias: (1 << (exponent - 1)) - 1, specials }
    }

    /// The number that `bits` stands for; a double holds it exactly.
    pub fn decode(self, bits: u64) -> f64 {
        let magnitude = bits & ((1 << (self.exponent + self.mantissa)) - 1);
        let negative = bits >> (self.exponent + self.mantissa) & 1 == 1;
        let fraction = magnitude & ((1 << self.mantissa) - 1);
        let exponent = magnitude >> self.mantissa;
        let highest = (1 << self.exponent) - 1;
        let value = match self.specials {
            Specials::Ieee if exponent == highest && fraction == 0 => f64::INFINITY,
            Specials::Ieee if exponent == highest => f64::NAN,
            Specials::AllOnes if magnitude == (1 << (self.exponent + self.mantissa)) - 1 => f64::NAN,
            Specials::NegativeZero if negative && magnitude == 0 => f64::NAN,
            _ if exponent == 0 => fraction as f64 * self.step(1),
            _ => (fraction | 1 << self.mantissa) as f64 * self.step(exponent as i32),
        };
        if negative { -value } else { value }
    }

    /// The distance between neighbours whose biased exponent is `exponent`.
    fn step(self, exponent: i32) -> f64 {
        2f64.powi(exponent - self.bias - self.mantissa as i32)
    }

    /// A short decimal that this format would round to `value`, one of its numbers.
    ///
    /// The shortest, except that integers below a million, and the few numbers of formats of up to eight bits, are exact: 448 is not
    /// printed as 450.
    pub fn text(self, value: f64) -> String {
        let short = value.fract() == 0.0 && value.abs() < 1e6 || self.exponent + self.mantissa < 8;
        if short || !value.is_finite() {
            return double_text(value);
        }
        let exponent = (value.abs().to_bits() >> 52) as i32 - 1023 + self.bias;
        let step = self.step(exponent.max(1));
        let power_of_two = value.abs().to_bits() << 12 == 0;
        // Below a power of two, neighbours are half as far apart.
        let reach = if power_of_two { step / 4.0 } else { step / 2.0 };
        let mut text = String::new();
        for digits in 0..17 {
            text.clear();
            if write!(text, "{value:.digits$e}").is_err() {
                break;
            }
            if let Ok(rounded) = text.parse::<f64>()
                && (rounded - value).abs() < reach
            {
                return double_text(rounded);
            }
        }
        double_text(value)
    }
}

/// The shortest decimal that a double would round to `value`: `1.0`, `0.1`, `1e-7`, `inf`, `NaN`.
pub fn double_text(value: f64) -> String {
    format!("{value:?}")
}

/// The shortest decimal that a 32-bit float would round to `value`.
pub fn single_text(value: f32) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const F16: Float = Float::new(5, 10, Specials::Ieee);
    const BF16: Float = Float::new(8, 7, Specials::Ieee);
    const E4M3: Float = Float::new(4, 3, Specials::AllOnes);

    #[test]
    fn bit_fields_cross_bytes() {
        assert_eq!(unpack(&[0b1010_0110], 4, 0, 9, false), [0b0110, 0b1010]);
        assert_eq!(unpack(&[0b11_100100], 2, 1, 2, false), [1, 2]);
        assert_eq!(unpack(&[0x41, 0x20, 0x0c], 6, 0, 4, false), [1, 1, 2, 3], "four in three bytes");
        assert_eq!(unpack(&[1, 2, 3, 4, 5], 16, 1, 9, false), [0x0403], "half an element is none");
        assert_eq!(unpack(&[1, 2, 3, 4], 16, 0, 9, true), [0x0102, 0x0304]);
        assert_eq!(unpack(&[0xff; 8], 64, 0, 1, false), [u64::MAX]);
    }

    #[test]
    fn signs_extend() {
        assert_eq!(sign_extend(0b1000, 4), -8);
        assert_eq!(sign_extend(0b0111, 4), 7);
        assert_eq!(sign_extend(u64::MAX, 64), -1);
    }

    #[test]
    fn sixteen_bit_codes_survive_their_text() {
        for format in [F16, BF16] {
            for bits in 0..=u64::from(u16::MAX) {
                let value = format.decode(bits);
                let read: f64 = format.text(value).parse().unwrap_or(f64::NAN);
                let nearest = [bits.wrapping_sub(1), bits, bits + 1]
                    .into_iter()
                    .filter(|other| (other ^ bits) >> 15 == 0 && format.decode(*other).is_finite())
                    .min_by(|a, b| (format.decode(*a) - read).abs().total_cmp(&(format.decode(*b) - read).abs()));
                assert!(!value.is_finite() || nearest == Some(bits), "{bits:#x} is {value}, printed as {read}");
            }
        }
    }

    #[test]
    fn texts_are_short() {
        assert_eq!(F16.text(F16.decode(0x2e66)), "0.1");
        assert_eq!(F16.text(65504.0), "65504.0");
        assert_eq!(BF16.text(BF16.decode(0x3eab)), "0.334");
        assert_eq!(E4M3.text(E4M3.decode(0x7e)), "448.0");
        assert_eq!(E4M3.text(E4M3.decode(1)), "0.001953125");
        assert_eq!(E4M3.text(f64::NAN), "NaN");
        assert_eq!(single_text(0.1), "0.1");
        assert_eq!(double_text(-0.0), "-0.0");
    }
}
