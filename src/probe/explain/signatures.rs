//! Files that their first bytes give away.

use super::{Foreign, Later, Locked, Packed, Probe, Verdict, tell};
use crate::report::Error;

/// What is at an offset.
type Part = (usize, &'static [u8]);

/// All parts of a signature, what it tells, and what that means. The first that fits counts.
const SIGNATURES: &[(&[Part], Verdict, &str)] = &[
    // Models.
    (&[(4, b"CIR0")], Later, "a Circle model"),
    (&[(4, b"PTMF")], Later, "a PyTorch Mobile model"),
    (&[(4, b"MSL1")], Later, "a MindSpore Lite model"),
    (&[(4, b"MSL2")], Later, "a MindSpore Lite model"),
    (&[(0, b"ptrt")], Later, "a TensorRT engine"),
    (&[(0, b"ftrt")], Later, "a TensorRT engine"),
    (&[(0, b"RKNN")], Later, "an RKNN model"),
    (&[(0, b"IMOD")], Later, "an Ascend model"),
    (&[(0, b"LDMK")], Later, "a kmodel for a K210"),
    (&[(0, b"\x01HEF")], Later, "a Hailo model"),
    (&[(0, b"\xdd\x85\x76\x00")], Later, "an ncnn model"),
    (&[(0, b"7767517\n")], Later, "an ncnn model"),
    (&[(0, b"7767517\r\n")], Later, "an ncnn model"),
    (&[(0, b"\x4e\xef\x01")], Later, "a tensor of an NNEF model"),
    (&[(0, b"ML\xefR")], Later, "MLIR bytecode"),
    (&[(0, b"CBM1")], Later, "a CatBoost model"),
    (&[(0, b"binf")], Later, "an XGBoost model"),
    (&[(0, b"\xba\x16\x4f\x2f")], Later, "a fastText model"),
    (&[(0, b"B\0C\0N\0")], Later, "a CNTK model"),
    (&[(0, b"\xb7\x9c\x04\x05\x4f\x8d\xe5\xf7")], Later, "a TVM parameter file"),
    // Archives.
    (&[(0, b"BZh"), (4, b"1AY&SY")], Packed, "a bzip2 archive"),
    (&[(0, b"\xfd7zXZ\0")], Packed, "an xz archive"),
    (&[(0, b"\x28\xb5\x2f\xfd")], Packed, "a Zstandard archive"),
    (&[(0, b"\x04\x22\x4d\x18")], Packed, "an LZ4 archive"),
    (&[(0, b"LZIP")], Packed, "an lzip archive"),
    (&[(0, b"\xff\x06\0\0sNaPpY")], Packed, "a Snappy archive"),
    (&[(0, b"7z\xbc\xaf\x27\x1c")], Packed, "a 7-Zip archive"),
    (&[(0, b"Rar!\x1a\x07")], Packed, "a RAR archive"),
    (&[(0, b"MSCF\0\0\0\0")], Packed, "a Windows cabinet"),
    (&[(0, b"hsqs")], Packed, "a SquashFS image"),
    (&[(0, b"!<arch>\ndebian-binary")], Foreign, "a Debian package"),
    (&[(0, b"!<arch>\n")], Foreign, "a static library"),
    (&[(0, b"\xed\xab\xee\xdb")], Foreign, "an RPM package"),
    // What only its owner can read.
    (&[(0, b"Salted__")], Locked, "a file encrypted with OpenSSL"),
    (&[(0, b"age-encryption.org/")], Locked, "a file encrypted with age"),
    (&[(0, b"-----BEGIN AGE ENCRYPTED FILE-----")], Locked, "a file encrypted with age"),
    (&[(0, b"-----BEGIN PGP MESSAGE-----")], Locked, "a file encrypted with PGP"),
    (&[(0, b"\x8c\x0d\x04")], Locked, "a file encrypted with GnuPG"),
    (&[(0, b"\x85\x01\x0c\x03")], Locked, "a file encrypted with GnuPG"),
    (&[(0, b"\x85\x02\x0c\x03")], Locked, "a file encrypted with GnuPG"),
    (&[(0, b"$ANSIBLE_VAULT")], Locked, "a file encrypted with Ansible Vault"),
    (&[(0, b"LUKS\xba\xbe")], Locked, "an encrypted disk"),
    (&[(0, b"-----BEGIN PGP ")], Foreign, "a key or a signature of PGP"),
    (&[(0, b"-----BEGIN ")], Foreign, "a key or a certificate"),
    // Images.
    (&[(0, b"\x89PNG\r\n\x1a\n")], Foreign, "a PNG image"),
    (&[(0, b"\xff\xd8\xff")], Foreign, "a JPEG image"),
    (&[(0, b"GIF87a")], Foreign, "a GIF image"),
    (&[(0, b"GIF89a")], Foreign, "a GIF image"),
    (&[(0, b"RIFF"), (8, b"WEBP")], Foreign, "a WebP image"),
    (&[(0, b"BM"), (6, b"\0\0\0\0")], Foreign, "a BMP image"),
    (&[(0, b"II*\0")], Foreign, "a TIFF image"),
    (&[(0, b"MM\0*")], Foreign, "a TIFF image"),
    (&[(4, b"ftypheic")], Foreign, "an HEIC image"),
    (&[(4, b"ftypheix")], Foreign, "an HEIC image"),
    (&[(4, b"ftypmif1")], Foreign, "an HEIF image"),
    (&[(4, b"ftypavif")], Foreign, "an AVIF image"),
    (&[(0, b"8BPS")], Foreign, "a Photoshop image"),
    (&[(0, b"\x76\x2f\x31\x01")], Foreign, "an OpenEXR image"),
    // Sound and video.
    (&[(0, b"RIFF"), (8, b"WAVE")], Foreign, "a WAV sound"),
    (&[(0, b"RIFF"), (8, b"AVI ")], Foreign, "an AVI video"),
    (&[(0, b"ID3")], Foreign, "an MP3 sound"),
    (&[(0, b"\xff\xfb")], Foreign, "an MP3 sound"),
    (&[(0, b"\xff\xf3")], Foreign, "an MP3 sound"),
    (&[(0, b"OggS")], Foreign, "an Ogg sound or video"),
    (&[(0, b"fLaC")], Foreign, "a FLAC sound"),
    (&[(0, b"MThd")], Foreign, "a MIDI file"),
    (&[(4, b"ftypM4A")], Foreign, "an M4A sound"),
    (&[(4, b"ftyp")], Foreign, "an MP4 video"),
    (&[(0, b"\x1a\x45\xdf\xa3")], Foreign, "a Matroska or WebM video"),
    // Documents and fonts.
    (&[(0, b"%PDF-")], Foreign, "a PDF document"),
    (&[(0, b"%!PS")], Foreign, "a PostScript document"),
    (&[(0, b"{\\rtf")], Foreign, "an RTF document"),
    (&[(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")], Foreign, "an old Microsoft Office document"),
    (&[(0, b"wOFF")], Foreign, "a font"),
    (&[(0, b"wOF2")], Foreign, "a font"),
    (&[(0, b"OTTO\0")], Foreign, "a font"),
    (&[(0, b"\0\x01\0\0\0")], Foreign, "a font"),
    // Programs.
    (&[(0, b"\x7fELF"), (16, b"\x01\0")], Foreign, "a compiled object for Linux"),
    (&[(0, b"\x7fELF"), (16, b"\x02\0")], Foreign, "a program for Linux"),
    (&[(0, b"\x7fELF"), (16, b"\x03\0")], Foreign, "a program or shared library for Linux"),
    (&[(0, b"\x7fELF")], Foreign, "a program or library for Linux or a small device"),
    (&[(0, b"\xcf\xfa\xed\xfe")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xce\xfa\xed\xfe")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xfe\xed\xfa\xcf")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xfe\xed\xfa\xce")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xca\xfe\xba\xbe\0\0\0\x01")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xca\xfe\xba\xbe\0\0\0\x02")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xca\xfe\xba\xbe\0\0\0\x03")], Foreign, "a program or library for macOS"),
    (&[(0, b"\xca\xfe\xba\xbe")], Foreign, "a Java class"),
    (&[(0, b"\0asm")], Foreign, "a WebAssembly module"),
    (&[(0, b"dex\n")], Foreign, "an Android program"),
    (&[(0, b"BC\xc0\xde")], Foreign, "LLVM bitcode"),
    (&[(0, b"\xac\xed\0\x05")], Foreign, "serialised Java objects"),
    // Data.
    (&[(0, b"SQLite format 3\0")], Foreign, "an SQLite database"),
    (&[(16, b"\xde\xc0\xef\xbe")], Foreign, "an LMDB database"),
    (&[(0, b"PAR1")], Foreign, "a Parquet table"),
    (&[(0, b"ARROW1")], Foreign, "an Arrow table"),
    (&[(0, b"FEA1")], Foreign, "a Feather table"),
    (&[(0, b"Obj\x01")], Foreign, "an Avro file"),
    (&[(0, b"MATLAB ")], Foreign, "a MATLAB data file"),
    (&[(0, b"CDF\x01")], Foreign, "a NetCDF data file"),
    (&[(0, b"CDF\x02")], Foreign, "a NetCDF data file"),
    (&[(0, b"bplist00")], Foreign, "an Apple property list"),
    (&[(0, b"\0\0\0\x01Bud1")], Foreign, "a folder setting of macOS"),
    (&[(0, b"\0\x05\x16\x07")], Foreign, "a resource fork of macOS"),
    (&[(0, b"UnityFS\0")], Foreign, "a Unity bundle"),
    // Models of another kind.
    (&[(0, b"glTF")], Foreign, "a glTF scene in three dimensions"),
    (&[(0, b"BLENDER")], Foreign, "a Blender scene in three dimensions"),
    (&[(0, b"Kaydara FBX Binary")], Foreign, "an FBX scene in three dimensions"),
    (&[(0, b"ply\n")], Foreign, "a PLY shape in three dimensions"),
];

/// What the first bytes say.
pub fn explain(probe: &Probe) -> Option<Error> {
    let fits = |parts: &[Part]| parts.iter().all(|(at, bytes)| probe.has(*at, bytes));
    let (_, verdict, what) = SIGNATURES.iter().find(|(parts, ..)| fits(parts))?;
    Some(tell(probe, *verdict, what))
}
