//! Element types of tensors.

use serde::{Serialize, Serializer};

macro_rules! dtypes {
    (
        single { $($(#[$meta:meta])* $variant:ident $name:literal $bits:literal;)* }
        blocks { $($(#[$of:meta])* $block:ident $called:literal $elements:literal in $bytes:literal;)* }
    ) => {
        /// The type of one element.
        ///
        /// Small floats follow the OCP specifications (8-bit: OFP8 1.0; 4- and 6-bit: Microscaling MX 1.0) and, for the `FNUZ`
        /// variants, <https://arxiv.org/abs/2206.02915>. Types of blocks are those of ggml (<https://github.com/ggml-org/ggml>, `ggml-common.h`):
        /// so many elements share scales, and are in so many bytes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DType {
            $($(#[$meta])* $variant,)*
            $($(#[$of])* $block,)*
        }

        impl DType {
            /// All element types.
            pub const ALL: &[Self] = &[$(Self::$variant,)* $(Self::$block),*];

            /// The name that dumps and screens use: `float32`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* $(Self::$block => $called),* }
            }

            /// The size of one element in bits; 0 where elements have no fixed size or are in blocks.
            pub const fn bits(self) -> u32 {
                match self { $(Self::$variant => $bits,)* $(Self::$block => 0),* }
            }

            /// Of elements in blocks: how large a block is.
            pub const fn block(self) -> Option<Block> {
                match self {
                    $(Self::$variant => None,)*
                    $(Self::$block => Some(Block { elements: $elements, bytes: $bytes })),*
                }
            }
        }
    };
}

/// The size of a block of elements that are quantised together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// How many elements it has.
    pub elements: u64,
    /// How many bytes they take.
    pub bytes: u64,
}

dtypes! {
    single {
        /// Not stated, or not known.
        Unknown "?" 0;
        /// Truth values, a byte each.
        Bool "bool" 8;
        /// Two bits, unsigned.
        U2 "uint2" 2;
        /// Two bits, signed.
        I2 "int2" 2;
        /// Four bits, unsigned.
        U4 "uint4" 4;
        /// Four bits, signed.
        I4 "int4" 4;
        /// A byte.
        U8 "uint8" 8;
        /// A signed byte.
        I8 "int8" 8;
        /// 16 bits, unsigned.
        U16 "uint16" 16;
        /// 16 bits, signed.
        I16 "int16" 16;
        /// 32 bits, unsigned.
        U32 "uint32" 32;
        /// 32 bits, signed.
        I32 "int32" 32;
        /// 64 bits, unsigned.
        U64 "uint64" 64;
        /// 64 bits, signed.
        I64 "int64" 64;
        /// 1 sign, 2 exponent and 1 mantissa bit.
        F4E2M1 "float4e2m1" 4;
        /// 1 sign, 2 exponent and 3 mantissa bits.
        F6E2M3 "float6e2m3" 6;
        /// 1 sign, 3 exponent and 2 mantissa bits.
        F6E3M2 "float6e3m2" 6;
        /// 1 sign, 4 exponent and 3 mantissa bits; no infinities.
        F8E4M3FN "float8e4m3fn" 8;
        /// The same with bias 8, no negative zero and one NaN.
        F8E4M3FNUZ "float8e4m3fnuz" 8;
        /// 1 sign, 5 exponent and 2 mantissa bits.
        F8E5M2 "float8e5m2" 8;
        /// The same with bias 16, no infinities, no negative zero and one NaN.
        F8E5M2FNUZ "float8e5m2fnuz" 8;
        /// 8 exponent bits: powers of two.
        F8E8M0 "float8e8m0" 8;
        /// IEEE 754 half precision.
        F16 "float16" 16;
        /// The upper half of a `float32`.
        BF16 "bfloat16" 16;
        /// IEEE 754 single precision.
        F32 "float32" 32;
        /// IEEE 754 double precision.
        F64 "float64" 64;
        /// Two `float16`: real and imaginary part.
        C32 "complex32" 32;
        /// Two `float32`: real and imaginary part.
        C64 "complex64" 64;
        /// Two `float64`: real and imaginary part.
        C128 "complex128" 128;
        /// Text.
        String "string" 0;
    }
    blocks {
        /// One bit: the sign of a scale.
        Q1_0 "Q1_0" 128 in 18;
        /// Four bits and a scale.
        Q4_0 "Q4_0" 32 in 18;
        /// Four bits, a scale and a minimum.
        Q4_1 "Q4_1" 32 in 20;
        /// Five bits and a scale.
        Q5_0 "Q5_0" 32 in 22;
        /// Five bits, a scale and a minimum.
        Q5_1 "Q5_1" 32 in 24;
        /// Eight bits and a scale.
        Q8_0 "Q8_0" 32 in 34;
        /// Eight bits, a scale and a sum.
        Q8_1 "Q8_1" 32 in 36;
        /// Two bits; scales and minima of four bits.
        Q2K "Q2_K" 256 in 84;
        /// Three bits; scales of six bits.
        Q3K "Q3_K" 256 in 110;
        /// Four bits; scales and minima of six bits.
        Q4K "Q4_K" 256 in 144;
        /// Five bits; scales and minima of six bits.
        Q5K "Q5_K" 256 in 176;
        /// Six bits; scales of eight bits.
        Q6K "Q6_K" 256 in 210;
        /// Eight bits, a scale and sums.
        Q8K "Q8_K" 256 in 292;
        /// Eight elements are one of 256 points, their signs apart.
        Iq2Xxs "IQ2_XXS" 256 in 66;
        /// Eight elements are one of 512 points, their signs apart.
        Iq2Xs "IQ2_XS" 256 in 74;
        /// Eight elements are one of 1024 points, their signs apart.
        Iq2S "IQ2_S" 256 in 82;
        /// Four elements are one of 256 points, their signs apart.
        Iq3Xxs "IQ3_XXS" 256 in 98;
        /// Four elements are one of 512 points, their signs apart.
        Iq3S "IQ3_S" 256 in 110;
        /// Eight elements are one of 2048 points, in blocks of one scale.
        Iq1S "IQ1_S" 256 in 50;
        /// Eight elements are one of 2048 points, in blocks whose scale is in pieces.
        Iq1M "IQ1_M" 256 in 56;
        /// Four bits, not evenly spaced, and a scale.
        Iq4Nl "IQ4_NL" 32 in 18;
        /// Four bits, not evenly spaced; scales of six bits.
        Iq4Xs "IQ4_XS" 256 in 136;
        /// -1, 0 or 1 times a scale, five elements in a byte.
        Tq1_0 "TQ1_0" 256 in 54;
        /// -1, 0 or 1 times a scale, four elements in a byte.
        Tq2_0 "TQ2_0" 256 in 66;
        /// `float4e2m1` with a scale of `float8e8m0`.
        Mxfp4 "MXFP4" 32 in 17;
        /// `float4e2m1` with four scales of unsigned `float8e4m3`.
        Nvfp4 "NVFP4" 64 in 36;
    }
}

impl DType {
    /// Whether elements are whole numbers, or truth values.
    pub const fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::U2
                | Self::I2
                | Self::U4
                | Self::I4
                | Self::U8
                | Self::I8
                | Self::U16
                | Self::I16
                | Self::U32
                | Self::I32
                | Self::U64
                | Self::I64
        )
    }

    /// The bytes that `count` elements take when packed without gaps; none where elements have no fixed size or the
    /// product does not fit. A block that is not full takes as much as one that is.
    pub fn bytes(self, count: u64) -> Option<u64> {
        match (self.block(), self.bits()) {
            (Some(block), _) => count.div_ceil(block.elements).checked_mul(block.bytes),
            (None, 0) => None,
            (None, bits) => Some(count.checked_mul(u64::from(bits))?.div_ceil(8)),
        }
    }
}

impl Serialize for DType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
