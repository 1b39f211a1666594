//! Reads the one format of time that suites use (RFC 3339).

/// Seconds since 1970 of `2026-01-01T00:00:00Z`; parts of a second are dropped.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at_checked(zone)?;
    let time = match time.split_once('.') {
        Some((time, parts)) if !parts.is_empty() && parts.bytes().all(|byte| byte.is_ascii_digit()) => time,
        Some(_) => return None,
        None => time,
    };
    let [hour, minute, second] = numbers(time, ':')?;
    let ahead = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign, offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if sign == "-" { -60 } else { 60 }
        }
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    // A leap second counts as the one before it.
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 60 || date.len() != 10 {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second.min(59) - ahead)
}

/// Days since 1970-01-01. Years begin in March, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month <= 2 { month + 9 } else { month - 3 };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// The time of some seconds since 1970, as [`seconds`] reads it.
pub(super) fn rfc3339(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    // An era is 400 years, which always have as many days.
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Three numbers: the first of four digits between `-`, else all of two.
fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let first = number(parts.next()?, if separator == '-' { 4 } else { 2 })?;
    let numbers = [first, number(parts.next()?, 2)?, number(parts.next()?, 2)?];
    parts.next().is_none().then_some(numbers)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-01-01T00:00:00Z", Some(1_767_225_600)),
            ("2026-01-01T01:00:00.75+01:00", Some(1_767_225_600)),
            ("2025-12-31 19:00:00-05:00", Some(1_767_225_600)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("0000-03-01T00:00:00Z", Some(-62_162_035_200)),
            ("2025-02-29T00:00:00Z", None),
            ("2026-01-01", None),
            ("2026-01-01T00:00:00", None),
            ("2026-1-01T00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("2026-01-01T00:00:00.Z", None),
            ("2026-01-01T00:00:00+1:00", None),
            ("now", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for text in ["1970-01-01T00:00:00Z", "2026-01-01T12:34:56Z", "2000-02-29T23:59:59Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(rfc3339(seconds(text).unwrap()), text);
        }
        for day in 0..200_000 {
            assert_eq!(seconds(&rfc3339(day * 86_400 - 4_000_000_000)), Some(day * 86_400 - 4_000_000_000));
        }
    }
}
