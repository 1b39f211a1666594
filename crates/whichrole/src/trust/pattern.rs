//! Compares texts of a policy with what STS will see, where either may hold references that nobody knows yet.

use crate::read::pieces;

/// The most characters and references of one text that are compared. A condition's text is short; longer ones are not known.
const LONGEST: usize = 1024;

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Yes,
    No,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// Something that only the deployment knows.
    Reference(String),
}

/// A text that may hold references and, in a pattern, wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    tokens: Vec<Token>,
    /// What the text looks like once its references are known; the same as `tokens` where nothing more is known.
    shape: Option<Vec<Token>>,
}

impl Text {
    /// A text without wildcards.
    pub(super) fn plain(text: &str) -> Self {
        Self { tokens: tokens(text, false), shape: None }
    }

    /// A text in which `*` and `?` are wildcards.
    pub(super) fn pattern(text: &str) -> Self {
        Self { tokens: tokens(text, true), shape: None }
    }

    /// The same text, of which is known what it will look like.
    pub(super) fn looking_like(mut self, pattern: &str) -> Self {
        if self.has_references() {
            self.shape = Some(tokens(pattern, true));
        }
        self
    }

    /// In lower case, as far as it is known.
    pub(super) fn lower(mut self) -> Self {
        for tokens in [Some(&mut self.tokens), self.shape.as_mut()].into_iter().flatten() {
            *tokens = std::mem::take(tokens)
                .into_iter()
                .flat_map(|token| match token {
                    Token::Char(c) => c.to_lowercase().map(Token::Char).collect(),
                    other => vec![other],
                })
                .collect();
        }
        self
    }

    pub(super) fn has_references(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Reference(_)))
    }

    /// The only reference of a text that is nothing else.
    pub(super) fn reference(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [Token::Reference(name)] => Some(name),
            _ => None,
        }
    }

    /// Whether this pattern matches a text.
    pub(super) fn matches(&self, text: &Self) -> Known {
        if self.tokens.len() > LONGEST || text.tokens.len() > LONGEST {
            return Known::Unknown;
        }
        if surely(&self.tokens, &text.tokens) {
            return Known::Yes;
        }
        let shape = text.shape.as_ref().unwrap_or(&text.tokens);
        if shape.len() <= LONGEST && !perhaps(&self.tokens, shape) { Known::No } else { Known::Unknown }
    }
}

fn tokens(text: &str, wildcards: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in pieces(text) {
        match piece {
            // IAM's way to write the characters themselves.
            crate::read::Piece::Name(name @ ("*" | "?" | "$")) => tokens.extend(name.chars().map(Token::Char)),
            crate::read::Piece::Name(name) => tokens.push(Token::Reference(name.to_owned())),
            crate::read::Piece::Literal(literal) => tokens.extend(literal.chars().map(|c| match c {
                '*' if wildcards => Token::Many,
                '?' if wildcards => Token::One,
                c => Token::Char(c),
            })),
        }
    }
    tokens
}

/// Whether the pattern matches whatever the references turn out to be.
fn surely(pattern: &[Token], text: &[Token]) -> bool {
    // The places in the text that the pattern so far may have come to.
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for token in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or_default();
            let before = at.checked_sub(1);
            let step = before.and_then(|before| reached.get(before)).copied().unwrap_or_default();
            let read = before.and_then(|before| text.get(before));
            any |= here;
            *slot = match token {
                Token::Many => any,
                Token::One => step && matches!(read, Some(Token::Char(_))),
                fixed => step && read == Some(fixed),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

/// Whether the pattern matches for some values of the references.
fn perhaps(pattern: &[Token], text: &[Token]) -> bool {
    let open = |token: &Token| matches!(token, Token::Many | Token::Reference(_));
    let mut reached = vec![false; text.len() + 1];
    for (at, slot) in reached.iter_mut().enumerate() {
        *slot = text.get(..at).unwrap_or_default().iter().all(open);
    }
    for token in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let here = reached.get(at).copied().unwrap_or_default();
            let read = at.checked_sub(1).and_then(|before| text.get(before));
            let before =
                |row: &[bool]| at.checked_sub(1).and_then(|before| row.get(before)).copied().unwrap_or_default();
            // What is open on either side may stand for nothing, or for one more character of the other.
            let holds = (open(token) && (here || before(&next)))
                || (read.is_some_and(open) && (here || before(&next)))
                || (before(&reached)
                    && match (token, read) {
                        (Token::Char(a), Some(Token::Char(b))) => a == b,
                        (_, None) => false,
                        _ => true,
                    });
            if let Some(slot) = next.get_mut(at) {
                *slot = holds;
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_what_is_known_and_leave_open_what_is_not() {
        for (pattern, text, expected) in [
            ("authenticated", "authenticated", Known::Yes),
            ("authenticated", "unauthenticated", Known::No),
            ("*authenticated", "unauthenticated", Known::Yes),
            ("sts:*", "sts:TagSession", Known::Yes),
            ("*", "${Pool}", Known::Yes),
            ("*", "", Known::Yes),
            ("?", "", Known::No),
            ("?", "é", Known::Yes),
            ("${Pool}", "${Pool}", Known::Yes),
            ("${Pool}", "${Other}", Known::Unknown),
            ("us-east-1:abc", "${Pool}", Known::Unknown),
            ("us-east-1:*", "us-east-1:${Id}", Known::Yes),
            ("us-west-2:*", "us-east-1:${Id}", Known::No),
            ("${R}:abc", "us-east-1:abc", Known::Unknown),
            ("${R}:abc", "us-east-1:abd", Known::No),
            ("${*}", "*", Known::Yes),
            ("${*}", "x", Known::No),
            ("a*b*c", "a1b2c", Known::Yes),
            ("a*b*c", "a1b2", Known::No),
            ("", "", Known::Yes),
            ("", "x", Known::No),
        ] {
            assert_eq!(Text::pattern(pattern).matches(&Text::plain(text)), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_shape_rules_out_what_cannot_be() {
        let pool = Text::plain("${Pool}").looking_like("*:*");
        assert_eq!(Text::plain("us-east-1_AbC").matches(&pool), Known::No);
        assert_eq!(Text::plain("us-east-1:1234").matches(&pool), Known::Unknown);
        assert_eq!(Text::plain("${Pool}").matches(&pool), Known::Yes);
    }

    #[test]
    fn long_texts_are_left_open() {
        let long = "*a".repeat(100_000);
        assert_eq!(Text::pattern(&long).matches(&Text::plain("a")), Known::Unknown);
    }
}
