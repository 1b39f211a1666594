//! Policy documents that come as text: JSON, perhaps URL-encoded as `get-role` prints them, perhaps with references in it.

use super::interpolation::{Piece, pieces};
use super::node::{self, Entry, Node, Value};
use super::position::Position;
use super::problem::ReadError;
use crate::json::JsonLimits;

/// Reads a policy document from JSON, which may be URL-encoded.
///
/// # Errors
/// Text that is not JSON, or has a name twice in one object.
pub fn policy(text: &str) -> Result<Node, ReadError> {
    let decoded = decoded(text);
    node::from_json(decoded.as_deref().unwrap_or(text), 0, &JsonLimits::CONFIG)
        .map_err(|problems| ReadError { problems, names: vec!["policy".to_owned()] })
}

/// The document of a node: a map as it is, text parsed. `None` where it is not JSON. What is parsed stands where the text does.
pub(crate) fn document(node: &Node, limits: &JsonLimits) -> Option<Node> {
    if node.is_map() {
        return Some(node.clone());
    }
    let text = node.as_written()?;
    let decoded = decoded(text);
    let mut tree = node::from_json(decoded.as_deref().unwrap_or(text), node.at.numbers().0, limits).ok()?;
    if !tree.is_map() {
        return None;
    }
    place(&mut tree, &|_| node.at);
    Some(tree)
}

/// The document of a text that stands in a source, given by its lines, as it is, from the line after `at` on: a heredoc.
#[cfg(feature = "hcl")]
pub(crate) fn heredoc(node: &Node, lines: &[&str], limits: &JsonLimits) -> Option<Node> {
    let text = node.as_written()?;
    let (source, line_of_text, column) = node.at.numbers();
    let mut tree = node::from_json(text, source, limits).ok()?;
    let line = lines.get(line_of_text.checked_sub(1)?)?;
    let opens = line.chars().skip(column.checked_sub(1)?).collect::<String>().starts_with("<<");
    // The indentation that `<<-` takes away.
    let (first, left) =
        text.lines().enumerate().find(|(_, line)| !line.trim().is_empty()).map(|(n, line)| (n, blanks(line)))?;
    let shift = blanks(lines.get(line_of_text + first)?).checked_sub(left)?;
    if !opens || !tree.is_map() {
        return None;
    }
    place(&mut tree, &|inside| {
        let (_, line, column) = inside.numbers();
        Position::new(source, line_of_text + line, column + shift)
    });
    Some(tree)
}

#[cfg(feature = "hcl")]
fn blanks(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

/// Moves every position, and makes references of texts that hold some.
fn place(node: &mut Node, moved: &impl Fn(Position) -> Position) {
    node.at = moved(node.at);
    match &mut node.value {
        Value::Text(text) if text.contains("${") => {
            let holds = pieces(text).iter().any(|piece| matches!(piece, Piece::Name(_)));
            if holds {
                let missing = "only the deployment knows it".to_owned();
                node.value = Value::reference(std::mem::take(text), missing);
            }
        }
        Value::List(elements) => elements.iter_mut().for_each(|element| place(element, moved)),
        Value::Map(entries) => {
            for Entry { at, value, .. } in entries {
                *at = moved(*at);
                place(value, moved);
            }
        }
        _ => {}
    }
}

/// URL-decoded, where the text begins with an encoded bracket.
fn decoded(text: &str) -> Option<String> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with("%7B") && !trimmed.starts_with("%7b") {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = trimmed.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
                bytes.push(high * 16 + low);
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_however_they_are_packed() {
        let at = Position::new(3, 7, 2);
        let packed = "%7B%22Statement%22%3A%5B%7B%22Action%22%3A%20%22sts%3A%2A%22%7D%5D%7D";
        let tree = document(&Node { value: Value::Text(packed.to_owned().into()), at }, &JsonLimits::CONFIG).unwrap();
        let action = tree.get("Statement").unwrap().elements()[0].get("Action").unwrap();
        assert_eq!((action.as_text(), action.at), (Some("sts:*"), at));
        assert!(document(&Node { value: Value::Text("%7B%2".to_owned().into()), at }, &JsonLimits::CONFIG).is_none());
        assert!(policy("{\"a\":1,\"a\":2}").is_err());
    }

    #[test]
    fn a_heredoc_keeps_its_places() {
        let source = "resource r x {\n  p = <<-EOF\n    {\n      \"Statement\": \"${a.b}\"\n    }\n  EOF\n}\n";
        let node = Node {
            value: Value::Text("{\n  \"Statement\": \"${a.b}\"\n}\n".to_owned().into()),
            at: Position::new(0, 2, 7),
        };
        let tree = heredoc(&node, &source.lines().collect::<Vec<_>>(), &JsonLimits::CONFIG).unwrap();
        let entry = &tree.entries()[0];
        assert_eq!((entry.at.line(), entry.at.column()), (4, 7));
        assert!(matches!(&entry.value.value, Value::Reference(reference) if reference.text == "${a.b}"));
    }
}
