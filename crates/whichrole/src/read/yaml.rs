//! YAML text to a tree: one document, anchors and merge keys expanded within limits, tags kept.
//!
//! Only the types that every YAML tool knows are resolved; a scalar that YAML 1.1 and YAML 1.2 read differently stays
//! [`Value::Unquoted`]. In a merge (`<<`) a map's own entries win, then those of the map named first.

mod fault;

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span, Tag, options};

use super::node::{Entry, Node, Value};
use super::position::Position;
use super::problem::{MANY, Problem};
use super::scalar;
use super::texts::Text;
use crate::text;

/// How large a YAML document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YamlLimits {
    /// Bytes of the whole text.
    pub bytes: usize,
    /// Lists and maps inside each other, aliases expanded.
    pub depth: usize,
    /// Scalars, lists and maps together, aliases expanded.
    pub nodes: usize,
    /// Lists and maps with something in them and functions such as `!Ref a`, aliases expanded: each takes more memory than other nodes.
    pub filled: usize,
    /// Anchors (`&name`).
    pub anchors: usize,
    /// Aliases (`*name`).
    pub aliases: usize,
    /// How many times the text's size its aliases may add.
    pub expansion: usize,
}

impl YamlLimits {
    /// The limits for configuration files: 16 MiB, depth 64, two million nodes, of which 750,000 lists and maps with
    /// something in them and functions, a thousand anchors and aliases each, ten times the text.
    pub const CONFIG: Self = Self {
        bytes: 16 * 1024 * 1024,
        depth: 64,
        nodes: 2_000_000,
        filled: 750_000,
        anchors: 1000,
        aliases: 1000,
        expansion: 10,
    };
}

/// After so many problems the rest of a text is not read.
const PROBLEMS: usize = 100;

/// Texts shorter than this may expand as if they were this long.
const SHORT: usize = 4096;

/// The tags of CloudFormation's intrinsic functions. Any other tag of an application's own is a problem.
const CLOUDFORMATION: &[&str] = &[
    "!Ref",
    "!GetAtt",
    "!Sub",
    "!Join",
    "!If",
    "!FindInMap",
    "!ImportValue",
    "!Select",
    "!Split",
    "!Equals",
    "!And",
    "!Or",
    "!Not",
    "!Condition",
    "!Base64",
    "!GetAZs",
    "!Cidr",
    "!Transform",
    "!Length",
    "!ToJsonString",
    "!Contains",
    "!EachMemberEquals",
    "!EachMemberIn",
    "!RefAll",
    "!ValueOf",
    "!ValueOfAll",
];

/// Reads one YAML document. Names given twice and unknown tags are all reported, up to the first fault of syntax.
pub(crate) fn from_yaml(text: &str, source: usize, limits: &YamlLimits) -> Result<Node, Vec<Problem>> {
    let mut reader = Reader::new(text, source, limits);
    if let Err(fault) = reader.read() {
        reader.problems.push(fault);
    }
    if reader.problems.is_empty() {
        let at = Position::new(source, 1, 1);
        Ok(reader.whole.unwrap_or(Node { value: Value::Null, at }))
    } else {
        Err(reader.problems)
    }
}

struct Reader<'t, 'l> {
    text: &'t str,
    source: usize,
    limits: &'l YamlLimits,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    aliases: usize,
    count: Count,
    /// What aliases and anchors added, in bytes of text.
    added: usize,
    documents: usize,
    whole: Option<Node>,
    problems: Vec<Problem>,
}

/// How many nodes there are in something, and how many of them are lists and maps with something in them.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    nodes: usize,
    filled: usize,
}

impl Count {
    const NODE: Self = Self { nodes: 1, filled: 0 };
    const FILLED: Self = Self { nodes: 0, filled: 1 };

    fn add(&mut self, more: Self) {
        self.nodes = self.nodes.saturating_add(more.nodes);
        self.filled = self.filled.saturating_add(more.filled);
    }
}

/// A finished node. `weight` is about its size as text, `height` how deep it nests.
#[derive(Clone)]
struct Built {
    node: Node,
    weight: usize,
    count: Count,
    height: usize,
}

/// A list or map that has begun.
struct Open {
    at: Position,
    tag: Option<String>,
    anchor: usize,
    weight: usize,
    count: Count,
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<Key>, merges: Vec<Node>, merged_at: Option<Position> },
}

enum Key {
    Name(Text, Position),
    Merge(Position),
}

/// How a node is tagged.
enum Kind {
    Untagged,
    /// One of YAML's own types, by its short name.
    Core(String),
    Function(String),
}

impl<'t, 'l> Reader<'t, 'l> {
    fn new(text: &'t str, source: usize, limits: &'l YamlLimits) -> Self {
        Self {
            text,
            source,
            limits,
            open: Vec::new(),
            anchors: HashMap::new(),
            aliases: 0,
            count: Count::default(),
            added: 0,
            documents: 0,
            whole: None,
            problems: Vec::new(),
        }
    }

    fn read(&mut self) -> Result<(), Problem> {
        if self.text.len() > self.limits.bytes {
            let message = format!("larger than {} bytes", self.limits.bytes);
            return Err(Problem::new("too-large", message).at(self.start()));
        }
        if self.text.starts_with('\u{feff}') {
            return Err(Problem::new("unreadable", "begins with a byte order mark").at(self.start()));
        }
        self.refuse_unprintable()?;
        let options = options! {
            emit_comments: false,
            flow_nesting_limit: self.limits.depth,
            block_nesting_limit: self.limits.depth,
        };
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            self.event(event, &span)?;
            if self.problems.len() >= PROBLEMS {
                break;
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Problem> {
        let at = self.position(span);
        match event {
            Event::DocumentStart(_, version) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::new("unreadable", "a second YAML document begins, expected one").at(at));
                }
                if version.is_some_and(|version| version.major != 1 || !matches!(version.minor, 1 | 2)) {
                    return Err(Problem::new("unreadable", "not YAML 1.1 or 1.2").at(at));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(Count::NODE, at)?;
                let weight = text.len() + 2;
                if self.awaits_key() && anchor == 0 && tag.is_none() {
                    self.weigh(weight);
                    let merge = text == "<<" && style == ScalarStyle::Plain;
                    self.begin_entry(if merge { Key::Merge(at) } else { Key::Name(text.into(), at) });
                    return Ok(());
                }
                let kind = self.kind(tag.as_deref(), at);
                let mut count = Count::NODE;
                if matches!(kind, Kind::Function(_)) {
                    count.add(Count::FILLED);
                    self.count(Count::FILLED, at)?;
                }
                let node = self.scalar(&text, style, kind, at);
                self.finish(Built { node, weight, count, height: 0 }, anchor, at)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(anchor, tag.as_deref(), "seq", Content::List(Vec::new()), at)
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = Content::Map { entries: Vec::new(), key: None, merges: Vec::new(), merged_at: None };
                self.begin(anchor, tag.as_deref(), "map", content, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(id) => self.alias(id, at),
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<&Tag>,
        own: &str,
        content: Content,
        at: Position,
    ) -> Result<(), Problem> {
        self.count(Count::NODE, at)?;
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(at));
        }
        let tag = match self.kind(tag, at) {
            Kind::Function(tag) => Some(tag),
            Kind::Core(name) if name != own => {
                let message =
                    format!("a {} is tagged {}", if own == "seq" { "list" } else { "map" }, text::quoted(&name));
                self.problems.push(Problem::new("unreadable", message).at(at));
                None
            }
            Kind::Core(_) | Kind::Untagged => None,
        };
        self.open.push(Open { at, tag, anchor, weight: 2, count: Count::NODE, height: 1, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let Open { at, tag, anchor, weight, mut count, height, content } = open;
        let filled = usize::from(count.nodes > 1) + usize::from(tag.is_some());
        let filled = Count { nodes: 0, filled };
        count.add(filled);
        self.count(filled, at)?;
        let value = match content {
            Content::List(elements) => Value::list(elements),
            Content::Map { mut entries, merges, .. } => {
                self.note_duplicates(&entries);
                merge(&mut entries, merges);
                Value::map(entries)
            }
        };
        let node = tagged(tag, Node { value, at });
        self.finish(Built { node, weight, count, height }, anchor, at)
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, built: Built, anchor: usize, at: Position) -> Result<(), Problem> {
        if anchor != 0 {
            if self.anchors.len() >= self.limits.anchors {
                return Err(too_many("anchors", self.limits.anchors, at));
            }
            // The copy that waits for its aliases takes memory too.
            self.add(built.weight, at)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.whole = Some(built.node);
            return Ok(());
        };
        parent.weight = parent.weight.saturating_add(built.weight);
        parent.count.add(built.count);
        parent.height = parent.height.max(built.height + 1);
        match &mut parent.content {
            Content::List(elements) => elements.push(built.node),
            Content::Map { entries, key, merges, .. } => match key.take() {
                Some(Key::Name(name, at)) => entries.push(Entry { name, at, value: built.node }),
                Some(Key::Merge(_)) if is_merge(&built.node) => merges.push(built.node),
                Some(Key::Merge(at)) => {
                    let message = "`<<` takes a map or a list of maps";
                    self.problems.push(Problem::new("unreadable", message).at(at));
                }
                None => {
                    let name = scalar::sent(&built.node);
                    if name.is_none() {
                        let message = format!("the name of an entry is {}, expected a string", built.node.kind());
                        self.problems.push(Problem::new("unreadable", message).at(at));
                    }
                    *key = Some(Key::Name(name.unwrap_or_default().into(), at));
                }
            },
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Map { key: None, .. }, .. }))
    }

    fn begin_entry(&mut self, new: Key) {
        let Some(Open { content: Content::Map { key, merged_at, .. }, .. }) = self.open.last_mut() else { return };
        if let Key::Merge(at) = new
            && merged_at.replace(at).is_some()
        {
            self.problems.push(Problem::new("duplicate-key", "`<<` is given twice, expected a list of maps").at(at));
        }
        *key = Some(new);
    }

    fn weigh(&mut self, weight: usize) {
        if let Some(parent) = self.open.last_mut() {
            parent.weight = parent.weight.saturating_add(weight);
            parent.count.add(Count::NODE);
        }
    }

    fn alias(&mut self, id: usize, at: Position) -> Result<(), Problem> {
        self.aliases += 1;
        if self.aliases > self.limits.aliases {
            return Err(too_many("aliases", self.limits.aliases, at));
        }
        let Some(built) = self.anchors.get(&id) else {
            return Err(Problem::new("unreadable", "an alias stands inside what it refers to").at(at));
        };
        let (weight, count, height) = (built.weight, built.count, built.height);
        if self.open.len() + height > self.limits.depth {
            return Err(self.too_deep(at));
        }
        self.add(weight, at)?;
        self.count(count, at)?;
        // Positions inside stay those of the anchor: there is where people must look.
        let Some(built) = self.anchors.get(&id).cloned() else { return Ok(()) };
        self.finish(built, 0, at)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, kind: Kind, at: Position) -> Node {
        let quoted = style != ScalarStyle::Plain;
        let value = match kind {
            Kind::Untagged if quoted => Value::text(text),
            Kind::Untagged => scalar::plain(text),
            Kind::Function(tag) => {
                // The text of `!Sub 010` is text, whatever it looks like.
                return tagged(Some(tag), Node { value: Value::text(text), at });
            }
            Kind::Core(name) => match (name.as_str(), scalar::plain(text)) {
                ("str", _) => Value::text(text),
                ("int" | "float", Value::Number(number)) => Value::Number(number),
                ("bool", Value::Bool(value)) => Value::Bool(value),
                ("null", Value::Null) => Value::Null,
                _ => {
                    let message = format!("this text cannot be tagged {}", text::quoted(&format!("!!{name}")));
                    self.problems.push(Problem::new("unreadable", message).at(at));
                    Value::Null
                }
            },
        };
        Node { value, at }
    }

    fn kind(&mut self, tag: Option<&Tag>, at: Position) -> Kind {
        let Some(tag) = tag else { return Kind::Untagged };
        if let Some(core) = tag.core_suffix() {
            return Kind::Core(core.to_owned());
        }
        let written = tag.original();
        if written == "!" {
            return Kind::Core("str".to_owned());
        }
        if !CLOUDFORMATION.contains(&written.as_str()) {
            let message = match text::nearest(&written, CLOUDFORMATION.iter().copied()) {
                Some(near) => format!("unknown tag {}, did you mean {}?", text::quoted(&written), text::quoted(near)),
                None => format!("unknown tag {}", text::quoted(&written)),
            };
            self.problems.push(Problem::new("unknown-tag", message).at(at));
        }
        Kind::Function(written)
    }

    /// Few names are compared with each other; many go through a set. Nobody reads thousands of problems, and each takes more memory than
    /// the text it is about.
    fn note_duplicates(&mut self, entries: &[Entry]) {
        let mut seen: HashSet<&str> = HashSet::new();
        for (n, entry) in entries.iter().enumerate() {
            let again = if entries.len() <= 16 {
                entries.iter().take(n).any(|earlier| earlier.name == entry.name)
            } else {
                !seen.insert(&entry.name)
            };
            if again && self.problems.len() <= MANY {
                let message = format!("{} is given twice", text::quoted(&entry.name));
                self.problems.push(Problem::new("duplicate-key", message).at(entry.at));
            }
        }
    }

    fn count(&mut self, more: Count, at: Position) -> Result<(), Problem> {
        self.count.add(more);
        let Count { nodes, filled } = self.count;
        if nodes > self.limits.nodes {
            return Err(too_many("nodes", self.limits.nodes, at));
        }
        if filled > self.limits.filled {
            return Err(too_many("lists, maps and functions", self.limits.filled, at));
        }
        Ok(())
    }

    fn add(&mut self, weight: usize, at: Position) -> Result<(), Problem> {
        self.added = self.added.saturating_add(weight);
        if self.added > self.limits.expansion.saturating_mul(self.text.len().max(SHORT)) {
            let message = format!("aliases expand to more than {} times the text", self.limits.expansion);
            return Err(Problem::new("too-large", message).at(at));
        }
        Ok(())
    }

    fn too_deep(&self, at: Position) -> Problem {
        Problem::new("too-large", format!("nested deeper than {}", self.limits.depth)).at(at)
    }

    fn start(&self) -> Position {
        Position::new(self.source, 1, 1)
    }

    fn position(&self, span: &Span) -> Position {
        let mark = span.tag_start().unwrap_or(span.start);
        Position::new(self.source, mark.line(), mark.col() + 1)
    }

    /// Characters that YAML forbids, and line separators that its versions disagree about.
    fn refuse_unprintable(&self) -> Result<(), Problem> {
        let odd = |c: char| {
            (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        };
        // Most text is ASCII, where this is one comparison for a byte.
        let found = self.text.char_indices().find(|(_, c)| (*c < ' ' || *c > '~') && odd(*c));
        let Some((at, c)) = found else { return Ok(()) };
        let (line, column) = crate::json::line_and_column(self.text, at);
        let message =
            format!("the character {} must be written as an escape in double quotes", text::quoted(&c.to_string()));
        Err(Problem::new("unreadable", message).at(Position::new(self.source, line, column)))
    }

    fn syntax(&self, error: &ScanError) -> Problem {
        let mark = error.marker();
        let at = Position::new(self.source, mark.line().max(1), mark.col() + 1);
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            return self.too_deep(at);
        }
        Problem::new("unreadable", fault::sentence(error.kind())).at(at)
    }
}

fn too_many(what: &str, limit: usize, at: Position) -> Problem {
    Problem::new("too-large", format!("more than {limit} {what}")).at(at)
}

fn tagged(tag: Option<String>, node: Node) -> Node {
    let at = node.at;
    match tag {
        Some(tag) => Node { value: Value::tagged(tag, node), at },
        None => node,
    }
}

fn is_merge(node: &Node) -> bool {
    node.is_map() || matches!(&node.value, Value::List(maps) if maps.iter().all(Node::is_map))
}

/// Adds what a map merges: nothing it has itself, and the first of several maps wins.
fn merge(entries: &mut Vec<Entry>, merges: Vec<Node>) {
    if merges.is_empty() {
        return;
    }
    let mut known: HashSet<Text> = entries.iter().map(|entry| entry.name.clone()).collect();
    let maps = merges.into_iter().flat_map(|node| match node.value {
        Value::List(maps) => maps.into_vec(),
        _ => vec![node],
    });
    for map in maps {
        let Value::Map(more) = map.value else { continue };
        entries.extend(more.into_iter().filter(|entry| known.insert(entry.name.clone())));
    }
}

#[cfg(test)]
mod tests;
