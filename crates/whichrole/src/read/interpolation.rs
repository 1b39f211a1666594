//! Text with `${…}` in it, as templates and programs write it.

/// A part of a text with `${…}` in it.
#[derive(Clone, Copy)]
pub(crate) enum Piece<'t> {
    Literal(&'t str),
    Name(&'t str),
}

/// Splits text at its `${…}`, which may hold others. What is not closed is literal.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = name_length(rest.get(start + 2..).unwrap_or_default()) else { break };
        if start > 0 {
            pieces.push(Piece::Literal(rest.get(..start).unwrap_or_default()));
        }
        let (from, to) = (start + 2, start + 2 + length);
        pieces.push(Piece::Name(rest.get(from..to).unwrap_or_default()));
        rest = rest.get(to + 1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

/// Bytes up to the bracket that closes a name.
fn name_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A name without brackets, so that `${name}` has one pair.
pub(crate) fn flat(name: &str) -> String {
    name.replace("${", "<").replace('{', "<").replace('}', ">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_falls_apart_at_its_references() {
        let shown = |text| {
            let shown = pieces(text).into_iter().map(|piece| match piece {
                Piece::Literal(text) => format!("'{text}'"),
                Piece::Name(name) => format!("<{name}>"),
            });
            shown.collect::<String>()
        };
        assert_eq!(shown("a${B.c}:${D}"), "'a'<B.c>':'<D>");
        assert_eq!(shown("${self:x.${opt:y}}z"), "<self:x.${opt:y}>'z'");
        assert_eq!(shown("a${b"), "'a${b'");
        assert_eq!(shown("}{$é"), "'}{$é'");
        assert_eq!(shown("${}"), "<>");
        assert_eq!(flat("self:x.${opt:y}"), "self:x.<opt:y>");
    }
}
