//! The instructions of pickles, and how to take a stream apart into them.

use crate::report::{Error, Result};
use crate::source::{Reader, Slice, Span};

/// What follows the byte of an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Nothing.
    None,
    /// An unsigned byte.
    U8,
    /// Two bytes, unsigned.
    U16,
    /// Four bytes, signed.
    I32,
    /// Four bytes, unsigned.
    U32,
    /// Eight bytes, unsigned.
    U64,
    /// An IEEE 754 double, the most significant byte first.
    F64,
    /// Text up to a line feed.
    Line,
    /// Two such texts.
    Lines,
    /// A length of so many bytes, and that many bytes.
    Counted(u8),
}

macro_rules! opcodes {
    ($($variant:ident $byte:literal $name:literal $format:expr, $protocol:literal;)*) => {
        /// An instruction of the pickle machine, by the names that Python's `pickle` module gives them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are those of the reference")]
        pub enum Opcode {
            $($variant,)*
        }

        impl Opcode {
            /// All instructions.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The instruction of `byte`.
            pub const fn of(byte: u8) -> Option<Self> {
                match byte {
                    $($byte => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Its byte.
            pub const fn byte(self) -> u8 {
                match self { $(Self::$variant => $byte),* }
            }

            /// Its name in the reference.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What follows its byte.
            pub const fn format(self) -> Format {
                match self { $(Self::$variant => $format),* }
            }

            /// The first protocol that has it.
            pub const fn protocol(self) -> u8 {
                match self { $(Self::$variant => $protocol),* }
            }
        }
    };
}

opcodes! {
    Mark b'(' "MARK" Format::None, 0;
    Stop b'.' "STOP" Format::None, 0;
    Pop b'0' "POP" Format::None, 0;
    PopMark b'1' "POP_MARK" Format::None, 1;
    Dup b'2' "DUP" Format::None, 0;
    Float b'F' "FLOAT" Format::Line, 0;
    Int b'I' "INT" Format::Line, 0;
    BinInt b'J' "BININT" Format::I32, 1;
    BinInt1 b'K' "BININT1" Format::U8, 1;
    Long b'L' "LONG" Format::Line, 0;
    BinInt2 b'M' "BININT2" Format::U16, 1;
    None b'N' "NONE" Format::None, 0;
    PersId b'P' "PERSID" Format::Line, 0;
    BinPersId b'Q' "BINPERSID" Format::None, 1;
    Reduce b'R' "REDUCE" Format::None, 0;
    String b'S' "STRING" Format::Line, 0;
    BinString b'T' "BINSTRING" Format::Counted(4), 1;
    ShortBinString b'U' "SHORT_BINSTRING" Format::Counted(1), 1;
    Unicode b'V' "UNICODE" Format::Line, 0;
    BinUnicode b'X' "BINUNICODE" Format::Counted(4), 1;
    Append b'a' "APPEND" Format::None, 0;
    Build b'b' "BUILD" Format::None, 0;
    Global b'c' "GLOBAL" Format::Lines, 0;
    Dict b'd' "DICT" Format::None, 0;
    EmptyDict b'}' "EMPTY_DICT" Format::None, 1;
    Appends b'e' "APPENDS" Format::None, 1;
    Get b'g' "GET" Format::Line, 0;
    BinGet b'h' "BINGET" Format::U8, 1;
    Inst b'i' "INST" Format::Lines, 0;
    LongBinGet b'j' "LONG_BINGET" Format::U32, 1;
    List b'l' "LIST" Format::None, 0;
    EmptyList b']' "EMPTY_LIST" Format::None, 1;
    Obj b'o' "OBJ" Format::None, 1;
    Put b'p' "PUT" Format::Line, 0;
    BinPut b'q' "BINPUT" Format::U8, 1;
    LongBinPut b'r' "LONG_BINPUT" Format::U32, 1;
    SetItem b's' "SETITEM" Format::None, 0;
    Tuple b't' "TUPLE" Format::None, 0;
    EmptyTuple b')' "EMPTY_TUPLE" Format::None, 1;
    SetItems b'u' "SETITEMS" Format::None, 1;
    BinFloat b'G' "BINFLOAT" Format::F64, 1;
    Proto 0x80 "PROTO" Format::U8, 2;
    NewObj 0x81 "NEWOBJ" Format::None, 2;
    Ext1 0x82 "EXT1" Format::U8, 2;
    Ext2 0x83 "EXT2" Format::U16, 2;
    Ext4 0x84 "EXT4" Format::I32, 2;
    Tuple1 0x85 "TUPLE1" Format::None, 2;
    Tuple2 0x86 "TUPLE2" Format::None, 2;
    Tuple3 0x87 "TUPLE3" Format::None, 2;
    NewTrue 0x88 "NEWTRUE" Format::None, 2;
    NewFalse 0x89 "NEWFALSE" Format::None, 2;
    Long1 0x8a "LONG1" Format::Counted(1), 2;
    Long4 0x8b "LONG4" Format::Counted(4), 2;
    BinBytes b'B' "BINBYTES" Format::Counted(4), 3;
    ShortBinBytes b'C' "SHORT_BINBYTES" Format::Counted(1), 3;
    ShortBinUnicode 0x8c "SHORT_BINUNICODE" Format::Counted(1), 4;
    BinUnicode8 0x8d "BINUNICODE8" Format::Counted(8), 4;
    BinBytes8 0x8e "BINBYTES8" Format::Counted(8), 4;
    EmptySet 0x8f "EMPTY_SET" Format::None, 4;
    AddItems 0x90 "ADDITEMS" Format::None, 4;
    FrozenSet 0x91 "FROZENSET" Format::None, 4;
    NewObjEx 0x92 "NEWOBJ_EX" Format::None, 4;
    StackGlobal 0x93 "STACK_GLOBAL" Format::None, 4;
    Memoize 0x94 "MEMOIZE" Format::None, 4;
    Frame 0x95 "FRAME" Format::U64, 4;
    ByteArray8 0x96 "BYTEARRAY8" Format::Counted(8), 5;
    NextBuffer 0x97 "NEXT_BUFFER" Format::None, 5;
    ReadonlyBuffer 0x98 "READONLY_BUFFER" Format::None, 5;
}

/// What follows an opcode in a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A whole number; of eight bytes, at most the largest that this type holds.
    Int(i64),
    /// A float.
    Float(f64),
    /// The range of a line, without its line feed, or of counted bytes.
    Bytes(Span),
    /// The ranges of two lines, without their line feeds.
    Lines(Span, Span),
}

/// One instruction of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instruction {
    /// The offset of its opcode in the file.
    pub at: u64,
    /// What is to be done.
    pub opcode: Opcode,
    /// With what.
    pub argument: Argument,
}

/// Takes a stream apart, from the cursor of a slice on. It does not stop at `STOP`: more may follow.
#[derive(Clone)]
pub struct Instructions {
    reader: Reader,
    /// The longest line, in bytes.
    line: u64,
}

impl Instructions {
    /// The instructions of `slice`, from its cursor on, whose lines have at most `line` bytes.
    pub fn new(slice: Slice, line: u64) -> Self {
        Self { reader: Reader::little(slice), line }
    }

    /// What is read, with the cursor behind the last instruction.
    pub fn slice(&self) -> &Slice {
        self.reader.slice()
    }

    /// The offset of the next instruction in the file.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// Whether nothing follows.
    pub fn is_at_end(&self) -> bool {
        self.reader.left() == 0
    }

    /// The next instruction.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) with the offset of the instruction, when the stream ends or the byte is no opcode.
    pub fn read(&mut self) -> Result<Instruction> {
        let at = self.reader.position();
        let byte = self.reader.read_u8()?;
        let opcode = Opcode::of(byte)
            .ok_or_else(|| Error::malformed(format!("{byte:#04x} is no instruction of a pickle")).at(at))?;
        let argument = self.argument(opcode.format()).map_err(|error| error.within(opcode.name()))?;
        Ok(Instruction { at, opcode, argument })
    }

    fn argument(&mut self, format: Format) -> Result<Argument> {
        Ok(match format {
            Format::None => Argument::None,
            Format::U8 => Argument::Int(self.reader.read_u8()?.into()),
            Format::U16 => Argument::Int(self.reader.read_u16()?.into()),
            Format::I32 => Argument::Int(self.reader.read_i32()?.into()),
            Format::U32 => Argument::Int(self.reader.read_u32()?.into()),
            Format::U64 => Argument::Int(i64::try_from(self.reader.read_u64()?).unwrap_or(i64::MAX)),
            Format::F64 => Argument::Float(f64::from_be_bytes(self.reader.read_array()?)),
            Format::Line => Argument::Bytes(self.reader.read_until(b'\n', self.line)?),
            Format::Lines => {
                let first = self.reader.read_until(b'\n', self.line)?;
                Argument::Lines(first, self.reader.read_until(b'\n', self.line)?)
            }
            Format::Counted(width) => {
                let count = match width {
                    1 => self.reader.read_u8()?.into(),
                    4 => self.reader.read_u32()?.into(),
                    _ => self.reader.read_u64()?,
                };
                Argument::Bytes(self.reader.read_span(count)?)
            }
        })
    }
}
