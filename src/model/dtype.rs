//! Element types of tensors.

use serde::{Serialize, Serializer};

macro_rules! dtypes {
    ($($(#[$meta:meta])* $variant:ident $name:literal $bits:literal;)*) => {
        /// The type of one element.
        ///
        /// Small floats follow the OCP specifications (8-bit: OFP8 1.0; 4- and 6-bit: Microscaling MX 1.0) and, for the `FNUZ`
        /// variants, <https://arxiv.org/abs/2206.02915>.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum DType {
            $($(#[$meta])* $variant,)*
        }

        impl DType {
            /// All element types.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name that dumps and screens use: `float32`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The size of one element in bits; 0 where elements have no fixed size.
            pub const fn bits(self) -> u32 {
                match self { $(Self::$variant => $bits),* }
            }
        }
    };
}

dtypes! {
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
    /// product does not fit.
    pub fn bytes(self, count: u64) -> Option<u64> {
        match self.bits() {
            0 => None,
            bits => Some(count.checked_mul(u64::from(bits))?.div_ceil(8)),
        }
    }
}

impl Serialize for DType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
