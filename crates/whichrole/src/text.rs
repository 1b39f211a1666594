//! The one place through which text from outside reaches people.

use std::fmt::Write as _;

/// How many characters of a name a message shows.
const SHOWN: usize = 64;

/// How many names a message lists.
const LISTED: usize = 20;

/// How many characters of a name are compared when a misspelt one is looked for, and with how many names of fitting length.
const COMPARED: (usize, usize) = (200, 1000);

/// Makes text safe to print on one line: control characters, bidi and zero-width characters, tags and byte order marks become
/// `\u{…}`, and at most eight combining marks follow each other. What a build server would take for a command (`::` at the beginning,
/// `##[` anywhere) is broken up in the same way.
///
/// ```
/// assert_eq!(whichrole::text::visible("a\u{1b}[2J\u{202e}"), "a\\u{1b}[2J\\u{202e}");
/// ```
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let begins_command = text.trim_start().starts_with("::");
    let mut colons = 0;
    for c in text.chars() {
        colons += usize::from(c == ':');
        marks = if is_combining(c) { marks + 1 } else { 0 };
        if marks > 8 {
            continue;
        }
        let is_command = (c == ':' && begins_command && colons == 1) || (c == '[' && out.ends_with("##"));
        if is_hidden(c) || is_command {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A text without the byte order mark that some editors put before it. Places are counted from there.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Makes JSON text safe to print without changing what it says: characters that [`visible`] would not show become `\u` escapes.
#[must_use]
pub fn visible_json(json: impl Into<String>) -> String {
    let json = json.into();
    if json.is_ascii() && !json.contains('\u{7f}') && !json.contains("##[") {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // Line ends between values are our own; inside strings JSON has escaped them.
        // After `##` we are inside a string, where every character may be escaped.
        if is_hidden(c) && c != '\n' || c == '[' && out.ends_with("##") {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A name in backticks, made [`visible`] and cut to 64 characters.
#[must_use]
pub fn quoted(name: &str) -> String {
    quoted_within(name, SHOWN)
}

/// A name that a person is to find or to write again, such as a file's or a provider's: as [`quoted`], cut to 1,024 characters.
#[must_use]
pub fn quoted_whole(name: &str) -> String {
    quoted_within(name, 1024)
}

fn quoted_within(name: &str, most: usize) -> String {
    let mut shown: String = name.chars().take(most).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    format!("`{}`", visible(&shown).replace('`', "\\u{60}"))
}

/// Characters that a terminal, a log or a reader would not show as themselves.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The one of `known` that a person most likely meant by `written`: equal but for letter case, `-`, `_` and spaces, else at most
/// two edits away (one for short words). Among very many names only the first that could fit are looked at.
pub fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let (characters, names) = COMPARED;
    let said = |word: &'k str| word.chars().take(characters).filter(|c| !matches!(c, '-' | '_' | ' '));
    let written: Vec<char> = written
        .chars()
        .take(characters)
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    let allowed = if written.len() < 5 { 1 } else { 2 };
    known
        .into_iter()
        // Lower case may be a few characters longer; that is near enough for a hint.
        .filter(|word| said(word).count().abs_diff(written.len()) <= allowed)
        .take(names)
        .map(|word| (distance(&written, &said(word).flat_map(char::to_lowercase).collect::<Vec<_>>(), allowed), word))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Whether two names differ in nothing but their digits, as `role1` and `role2` do: those are two names, and no slip of the pen.
pub(crate) fn differ_in_digits(a: &str, b: &str) -> bool {
    let rest = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    a != b && rest(a) == rest(b)
}

/// Edits (insert, delete, replace, swap neighbours) between two words; [`usize::MAX`] as soon as it is certain that they are more than
/// `allowed`.
fn distance(a: &[char], b: &[char], allowed: usize) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, &ca) in a.iter().enumerate() {
        // A row in which all is too far is followed by such rows only.
        if last.iter().all(|edits| *edits > allowed) {
            return usize::MAX;
        }
        let mut row = vec![i + 1];
        let mut previous_b = None;
        for (j, &cb) in b.iter().enumerate() {
            // Every row has a number for each place in `b`, and one for its end.
            let at = |row: &[usize], n: usize| row.get(n).copied().unwrap_or_default();
            let mut best = (at(&last, j) + usize::from(ca != cb)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if previous_a == Some(cb) && previous_b == Some(ca) {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
            previous_b = Some(cb);
        }
        before_last = std::mem::replace(&mut last, row);
        previous_a = Some(ca);
    }
    last.last().copied().unwrap_or(a.len())
}

/// `` `A`, `B` or `C` ``; of very many the first 20, and how many more there are.
pub fn alternatives<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    let mut all = words.into_iter();
    let words: Vec<String> = all.by_ref().take(LISTED).map(quoted_whole).collect();
    let more = all.count();
    if more > 0 {
        return format!("{}, … and {more} more", words.join(", "));
    }
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

/// `1 line`, `2 lines`, `0 lines`
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `a, b and c`
pub(crate) fn and(words: &[String]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_shown_as_itself() {
        assert_eq!(
            visible("\u{9b}31m\r\n\u{7f}\u{200b}\u{e0041}é漢"),
            "\\u{9b}31m\\u{d}\\u{a}\\u{7f}\\u{200b}\\u{e0041}é漢"
        );
        assert_eq!(visible(&format!("e{}", "\u{301}".repeat(1000))).chars().count(), 9);
        assert_eq!(quoted("a`b"), "`a\\u{60}b`");
        assert_eq!(quoted(&"é".repeat(64)), format!("`{}`", "é".repeat(64)));
        assert_eq!(quoted(&"é".repeat(65)), format!("`{}…`", "é".repeat(64)));
        assert_eq!(quoted_whole(&"x".repeat(2000)).chars().count(), 1027);
    }

    #[test]
    fn a_build_server_finds_no_command() {
        assert_eq!(visible("::add-mask::a"), "\\u{3a}:add-mask::a");
        assert_eq!(visible(" \t::error::x"), " \\u{9}\\u{3a}:error::x");
        assert_eq!(visible("arn:aws:iam::1:role/x::y"), "arn:aws:iam::1:role/x::y");
        assert_eq!(visible("x ##[add-mask]y"), "x ##\\u{5b}add-mask]y");
        assert_eq!(visible("[x] #[y] ##z"), "[x] #[y] ##z");
        assert_eq!(visible_json(r###"["##[x]"]"###), r###"["##\u005bx]"]"###);
    }

    #[test]
    fn json_is_made_visible_without_changing_it() {
        let value = serde_json::json!({"a\u{9b}": "\u{202e}x\u{e0041}\u{7f}é"});
        let shown = visible_json(value.to_string());
        assert_eq!(shown, r#"{"a\u009b":"\u202ex\udb40\udc41\u007fé"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert_eq!(visible_json("\"\u{7f}\""), r#""\u007f""#);
        assert_eq!(visible_json("\"\u{200b}\""), r#""\u200b""#);
        assert_eq!(visible_json("[\n1]"), "[\n1]");
        assert_eq!(visible_json("[\n\"é[#[\"]"), "[\n\"é[#[\"]", "line ends between values stay");
    }

    #[test]
    fn the_nearest_spelling_is_found() {
        let known = ["Equals", "NotEqual", "StartsWith", "Contains"];
        assert_eq!(nearest("Equal", known), Some("Equals"));
        assert_eq!(nearest("contains", known), Some("Contains"));
        assert_eq!(nearest("starts_with", known), Some("StartsWith"));
        assert_eq!(nearest("Cnotains", known), Some("Contains"));
        assert_eq!(nearest("Regex", known), None);
        assert_eq!(nearest("Eqauls", known), Some("Equals"), "two neighbours swapped");
    }

    #[test]
    fn edits_are_counted() {
        let edits = |a: &str, b: &str| {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            let [forth, back] = [(a, b), (b, a)].map(|(a, b)| distance(&letters(a), &letters(b), 9));
            assert_eq!(forth, back, "{a} {b}");
            forth
        };
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "bc", 1),
            ("abc", "abcd", 1),
            ("abc", "acb", 1),
            ("abcd", "badc", 2),
            ("abc", "cab", 2),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("abx", "bya", 3),
            ("aab", "aba", 1),
            ("abcdefgh", "hgfedcba", 7),
        ] {
            assert_eq!(edits(a, b), expected, "{a} {b}");
        }
        assert_eq!(distance(&['v', 'w', 'x', 'y', 'z'], &['a', 'b', 'c', 'd', 'e'], 2), usize::MAX);
    }

    #[test]
    fn short_words_allow_one_edit_and_longer_ones_two() {
        assert_eq!(nearest("abcd", ["abxd"]), Some("abxd"));
        assert_eq!(nearest("abcd", ["axxd"]), None);
        assert_eq!(nearest("abcd", ["abcdef"]), None);
        assert_eq!(nearest("abcde", ["axxde"]), Some("axxde"));
        assert_eq!(nearest("abcde", ["abcdefg"]), Some("abcdefg"));
        assert_eq!(nearest("abcde", ["xxxde"]), None);
        assert_eq!(nearest("abcde", ["vwxyz"]), None);
        assert_eq!(nearest("abcde", ["xbcdx", "xbcde", "abcxx"]), Some("xbcde"), "the nearest of all");
        assert_eq!(nearest("a-b_c d", ["ab cd"]), Some("ab cd"));
        assert_eq!(nearest("anything", []), None);
    }

    #[test]
    fn names_that_differ_in_digits_are_two_names() {
        assert!(differ_in_digits("role1", "role2"));
        assert!(differ_in_digits("role", "role10"));
        assert!(!differ_in_digits("role1", "role1"));
        assert!(!differ_in_digits("role1", "rule1"));
    }

    #[test]
    fn words_are_listed_as_people_list_them() {
        assert_eq!(alternatives([]), "");
        assert_eq!(alternatives(["a"]), "`a`");
        assert_eq!(alternatives(["a", "b"]), "`a` or `b`");
        assert_eq!(alternatives(["a", "b", "c"]), "`a`, `b` or `c`");
        let and = |words: &[&str]| and(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(and(&[]), "");
        assert_eq!(and(&["a"]), "a");
        assert_eq!(and(&["a", "b"]), "a and b");
        assert_eq!(and(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "line", "lines")), ["0 lines", "1 line", "2 lines"]);
    }

    #[test]
    fn very_many_names_cost_little_and_are_not_all_listed() {
        let names: Vec<String> = (0..100_000).map(|n| format!("{}{n}", "q".repeat(200))).collect();
        let known = || names.iter().map(String::as_str);
        assert_eq!(nearest(&"z".repeat(200), known()), None);
        let listed = alternatives(known());
        assert!(listed.ends_with(", … and 99980 more"), "{listed}");
        assert_eq!(listed.matches('`').count(), 40);
        assert_eq!(alternatives(known().take(20)).matches(" or ").count(), 1);
    }
}
