//! Elements of a fixed number of bytes, in forms of their own.

use super::{DType, Fixed, Form, Unit, Values};
use std::fmt::Write;

/// The elements of `bytes`; what is left over is none.
pub fn decode(fixed: Fixed, bytes: &[u8]) -> Values {
    // No other program meets any.
    if !cfg!(feature = "all-formats") {
        return Values::String(Vec::new());
    }
    let Fixed { width, form, big } = fixed;
    let elements = bytes.chunks_exact(width.max(1) as usize);
    if form == Form::Extended {
        return Values::Float(DType::F64, elements.map(|element| extended(element, big)).collect());
    }
    let text = |element: &[u8]| match form {
        Form::Bytes => String::from_utf8_lossy(trim(element)).into_owned(),
        Form::Wide => wide(element, big),
        Form::Time(count, unit) => time(number(element, big) as i64, count, unit),
        Form::Raw | Form::Extended => raw(element),
    };
    Values::String(elements.map(text).collect())
}

/// `bytes` without the zeros at their end.
fn trim(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..len]
}

/// The whole number that up to 16 bytes are.
fn number(bytes: &[u8], big: bool) -> u128 {
    let join = |number: u128, byte: &u8| number << 8 | u128::from(*byte);
    if big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
}

/// Text of four bytes a character; what is no character is replaced.
fn wide(element: &[u8], big: bool) -> String {
    let characters = element.chunks_exact(4).map(|bytes| number(bytes, big) as u32);
    let text: String = characters.map(|code| char::from_u32(code).unwrap_or('\u{fffd}')).collect();
    text.trim_end_matches('\0').into()
}

fn raw(element: &[u8]) -> String {
    let mut text = String::from("0x");
    for byte in element {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The double that is nearest to the float of 80 bits (of subnormal ones, a neighbour at most): a sign, 15 bits of exponent, 64 of mantissa with the one before the point.
fn extended(element: &[u8], big: bool) -> f64 {
    let bytes = if big { &element[element.len().saturating_sub(10)..] } else { &element[..element.len().min(10)] };
    let bits = number(bytes, big);
    let (mantissa, exponent) = (bits as u64, (bits >> 64) as i32 & 0x7fff);
    let magnitude = match (exponent, mantissa << 1) {
        (0x7fff, 0) => f64::INFINITY,
        (0x7fff, _) => f64::NAN,
        // In two steps, as the first factor may be out of range where the product is not; numbers below all doubles become zero.
        _ => {
            let power = exponent - 16383 - 63;
            mantissa as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2)
        }
    };
    if bits >> 79 & 1 == 1 { -magnitude } else { magnitude }
}

/// The point in time as ISO 8601 writes it, as precisely as the unit is; the lowest number stands for none.
fn time(ticks: i64, count: u32, unit: Unit) -> String {
    if ticks == i64::MIN {
        return "NaT".into();
    }
    let ticks = i128::from(ticks) * i128::from(count);
    match unit {
        Unit::Year => return format!("{:04}", 1970 + ticks),
        Unit::Month => return format!("{:04}-{:02}", 1970 + ticks.div_euclid(12), 1 + ticks.rem_euclid(12)),
        Unit::Week => return date(ticks * 7),
        Unit::Day => return date(ticks),
        _ => {}
    }
    // How many units a day has, and how many digits a second.
    let (of_day, digits) = match unit {
        Unit::Hour => (24, 0),
        Unit::Minute => (24 * 60, 0),
        _ => {
            let digits = (unit as u32 - Unit::Second as u32) * 3;
            (86_400 * 10i128.pow(digits), digits)
        }
    };
    let (day, rest) = (date(ticks.div_euclid(of_day)), ticks.rem_euclid(of_day));
    match unit {
        Unit::Hour => format!("{day}T{rest:02}"),
        Unit::Minute => format!("{day}T{:02}:{:02}", rest / 60, rest % 60),
        _ => {
            let (second, fraction) = (rest / 10i128.pow(digits), rest % 10i128.pow(digits));
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            let point =
                if digits > 0 { format!(".{fraction:0digits$}", digits = digits as usize) } else { String::new() };
            format!("{day}T{hour:02}:{minute:02}:{second:02}{point}")
        }
    }
}

/// The date that is `days` after the beginning of 1970, in the calendar of today. Years begin in March here, so that the day that some years have
/// more is their last.
fn date(days: i128) -> String {
    const ERA: i128 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i128::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
