//! The patterns that `--filter` takes.

/// A pattern for names: `*` stands for any text, `?` for any one character, all else for itself. Brackets are plain, since names of cases
/// have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<char>);

impl Glob {
    /// Reads a pattern; every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.chars().collect())
    }

    /// Whether the whole name fits. Takes time in proportion to the two lengths multiplied, whatever the pattern.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut in_name) = (0, 0);
        // Where to go on after the last star, if what follows it does not fit here.
        let mut retry = None;
        while in_name < name.len() {
            match self.0.get(at) {
                Some('*') => {
                    retry = Some((at + 1, in_name));
                    at += 1;
                }
                Some(c) if *c == '?' || name.get(in_name) == Some(c) => {
                    at += 1;
                    in_name += 1;
                }
                _ => {
                    let Some((after_star, from)) = retry else { return false };
                    retry = Some((after_star, from + 1));
                    (at, in_name) = (after_star, from + 1);
                }
            }
        }
        self.0.get(at..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text_and_brackets_for_themselves() {
        for (pattern, name, expected) in [
            ("admins*", "admins are admins", true),
            ("departments[eng]", "departments[eng]", true),
            ("departments[*]@dev", "departments[eng, ~]@dev", true),
            ("departments", "departments[eng]", false),
            ("?b*c*", "abxcxc", true),
            ("", "", true),
            ("*", "", true),
            ("a", "b", false),
            ("*é?", "xéy", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), expected, "{pattern} {name}");
        }
        assert!(!Glob::new(&"*a".repeat(50)).matches(&"a".repeat(49)));
    }
}
