//! LZF, a filter that h5py brings with it: runs of bytes, and copies of what came before (`liblzf`, `lzf_d.c`).

use hdf5_reader::error::{Error, Result};

/// Its number in the list of registered filters.
pub const NUMBER: u16 = 32000;
/// The longest run of bytes.
const RUN: u8 = 32;

/// What `packed` unpacks to, which is at most `limit` bytes.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>> {
    let fault = |what: &str| Error::FilterError(format!("LZF: {what}"));
    let mut out: Vec<u8> = Vec::new();
    let mut bytes = packed.iter().copied();
    while let Some(control) = bytes.next() {
        if control < RUN {
            let count = usize::from(control) + 1;
            let before = out.len();
            out.extend(bytes.by_ref().take(count));
            if out.len() - before < count {
                return Err(fault("a run is cut short"));
            }
        } else {
            let mut next = || bytes.next().map(usize::from).ok_or_else(|| fault("a copy is cut short"));
            let mut count = usize::from(control >> 5) + 2;
            if control >> 5 == 7 {
                count += next()?;
            }
            let distance = (usize::from(control & 0x1f) << 8 | next()?) + 1;
            let start = out.len().checked_sub(distance).ok_or_else(|| fault("a copy from before the start"))?;
            for place in start..start + count {
                let byte = out.get(place).copied().unwrap_or_default();
                out.push(byte);
            }
        }
        if out.len() > limit {
            return Err(fault("more bytes than a chunk has"));
        }
    }
    Ok(out)
}
