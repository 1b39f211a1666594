//! Long texts: what is written at the end, and whole.

/// A long text that grows without being copied: where one piece is full the next begins. Escape sequences stay within what is added at once.
#[derive(Debug, Default)]
pub struct Pieces {
    pieces: Vec<String>,
    bytes: usize,
}

/// Bytes of a piece, but for texts that are longer.
pub const PIECE: usize = 64 * 1024;

impl Pieces {
    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        self.bytes += text.len();
        match self.pieces.last_mut() {
            Some(last) if text.len() <= last.capacity() - last.len() => last.push_str(text),
            _ if text.is_empty() => {}
            _ => {
                let mut piece = String::with_capacity(PIECE.max(text.len()));
                piece.push_str(text);
                self.pieces.push(piece);
            }
        }
    }

    /// Adds a text; where it is long it is not copied.
    pub fn append(&mut self, text: Self) {
        for mut piece in text.pieces {
            if piece.len() < PIECE / 2 {
                self.push(&piece);
            } else {
                self.bytes += piece.len();
                piece.shrink_to_fit();
                self.pieces.push(piece);
            }
        }
    }

    /// How long the text is.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(String::as_str)
    }
}

impl From<String> for Pieces {
    fn from(text: String) -> Self {
        Self { bytes: text.len(), pieces: vec![text] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_pieces_is_the_text() {
        let mut text = Pieces::default();
        let mut whole = String::new();
        for length in [0, 1, PIECE / 2 - 1, PIECE / 2, PIECE, PIECE + 1, 3, 0, 2 * PIECE] {
            for n in 0..3 {
                let more = char::from(b'a' + n).to_string().repeat(length);
                text.push(&more);
                text.append(more.clone().into());
                whole.extend([more.as_str(), &more]);
            }
        }
        assert_eq!(text.iter().collect::<String>(), whole);
        assert_eq!(text.bytes(), whole.len());
    }

    #[test]
    fn short_texts_share_pieces() {
        let mut text = Pieces::default();
        for _ in 0..PIECE {
            text.push("a");
            text.append("bc".to_owned().into());
        }
        // Where a text does not fit, at most its length is left unused.
        assert!(text.pieces.len() <= 4, "{}", text.pieces.len());
        assert_eq!(text.bytes(), 3 * PIECE);
    }
}
