//! Terraform's language as a tree: blocks, arguments and expressions, each with its place. Nothing is evaluated here.
//!
//! The parser is our own, because a configuration is hostile input: it works in linear time and small memory, its recursion is
//! bounded, numbers and names stay as written, and it reads Terraform 0.11's spellings far enough to say what to write instead.

mod expression;
mod template;

use super::position::Position;
use super::problem::{MANY, Problem};
use crate::text;

/// How large a text in Terraform's language may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HclLimits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Blocks, brackets, templates, conditionals and unary operators inside each other, and the value in the innermost.
    pub depth: usize,
    /// Blocks, arguments, expressions and pieces of templates together, in one file.
    pub nodes: usize,
    /// Steps of evaluating all files together: expressions evaluated, and elements and characters made (64 each count as one step).
    pub steps: usize,
}

impl Default for HclLimits {
    /// 4 MiB, depth 64, 250,000 nodes, half a million steps.
    fn default() -> Self {
        Self { bytes: 4 * 1024 * 1024, depth: 64, nodes: 250_000, steps: 500_000 }
    }
}

/// What stands between the braces of a block, or in a whole file.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

impl Body {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    pub(crate) fn blocks<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |block| &*block.kind == kind)
    }
}

/// `name = value`
#[derive(Debug)]
pub(crate) struct Attribute {
    pub name: Box<str>,
    pub at: At,
    pub value: Expr,
}

/// `kind "label" { … }`
#[derive(Debug)]
pub(crate) struct Block {
    pub kind: Box<str>,
    pub labels: Vec<Box<str>>,
    pub at: At,
    pub body: Body,
}

impl Block {
    pub(crate) fn label(&self, n: usize) -> Option<&str> {
        self.labels.get(n).map(|label| &**label)
    }
}

/// A line and a column of one file, both from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub line: u32,
    pub column: u32,
}

impl At {
    pub(crate) fn of(self, source: usize) -> Position {
        let wide = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Position::new(source, wide(self.line), wide(self.column))
    }

    /// For trees that come from another syntax.
    pub(crate) fn from_position(position: Position) -> Self {
        Self { line: position.line(), column: position.column() }
    }
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub at: At,
    pub kind: ExprKind,
}

/// Kept to three words, so that a file of a million small values stays small in memory.
#[derive(Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    /// As written.
    Number(Box<str>),
    Text(Box<str>),
    Template(Box<[Part]>),
    List(Box<[Expr]>),
    Object(Box<[(Expr, Expr)]>),
    /// A bare word: the root of a path, or the key of an object.
    Name(Box<str>),
    /// `root.name[index][*]`, flat however long.
    Path(Box<(Expr, Vec<Step>)>),
    Call(Box<Call>),
    Unary(UnaryOp, Box<Expr>),
    /// Operators of one precedence in a row, flat however many, applied from left to right.
    Chain(Box<(Expr, Vec<(BinaryOp, Expr)>)>),
    Conditional(Box<[Expr; 3]>),
    For(Box<For>),
}

/// One piece of a template.
#[derive(Debug)]
pub(crate) enum Part {
    Text(Box<str>),
    Value(Expr),
    If { condition: Expr, then: Box<[Part]>, otherwise: Box<[Part]> },
    For { key: Option<Box<str>>, value: Box<str>, over: Expr, body: Box<[Part]> },
}

#[derive(Debug)]
pub(crate) enum Step {
    Attr(Box<str>),
    Index(Expr),
    /// `.*`, which takes the attributes that follow along, and no more.
    AttrSplat,
    /// `[*]`, which takes all steps that follow along.
    FullSplat,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub name: Box<str>,
    pub arguments: Vec<Expr>,
    /// `f(list...)`
    pub expand_last: bool,
}

/// `[for key, value in over : value if condition]` or `{for … : key => value...}`
#[derive(Debug)]
pub(crate) struct For {
    pub key_name: Option<Box<str>>,
    pub value_name: Box<str>,
    pub over: Expr,
    /// Only in the form that makes an object.
    pub key: Option<Expr>,
    pub value: Expr,
    pub group: bool,
    pub condition: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Not,
    Negate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Reads one file. Names given twice are all reported; any other fault is the only one.
pub(crate) fn parse(text: &str, source: usize, limits: &HclLimits) -> Result<Body, Vec<Problem>> {
    let mut parser = Parser::new(text, source, At { line: 1, column: 1 }, limits);
    let result = parser.check_size().and_then(|()| parser.body(None));
    parser.finish(result)
}

/// Reads one expression, such as the value of `--var`.
pub(crate) fn parse_expression(text: &str, source: usize, limits: &HclLimits) -> Result<Expr, Vec<Problem>> {
    let mut parser = Parser::new(text, source, At { line: 1, column: 1 }, limits);
    let result = parser.check_size().and_then(|()| {
        let expr = parser.expression(true)?;
        parser.blanks(true)?;
        if parser.peek().is_some() { Err(parser.unexpected("the end of the value")) } else { Ok(expr) }
    });
    parser.finish(result)
}

/// Reads a string of Terraform's JSON syntax, in which `${…}` means what it means in quotes.
pub(crate) fn parse_json_string(text: &str, at: Position, limits: &HclLimits) -> Result<Expr, Vec<Problem>> {
    let mut parser = Parser::new(text, at.numbers().0, At::from_position(at), limits);
    let result = parser.whole_template();
    parser.finish(result)
}

/// Why a text cannot be read, and where that shows.
#[derive(Debug)]
struct Fault {
    at: At,
    code: &'static str,
    message: String,
}

struct Parser<'t> {
    text: &'t str,
    source: usize,
    limits: HclLimits,
    /// The byte we stand on, with its line and column.
    offset: usize,
    at: At,
    depth: usize,
    nodes: usize,
    /// Whether blanks at the begin of the next literal piece of a template go away (`~}`).
    strip_next: bool,
    duplicates: Vec<Problem>,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, source: usize, at: At, limits: &HclLimits) -> Self {
        let text = text::without_mark(text);
        Self {
            text,
            source,
            limits: *limits,
            offset: 0,
            at,
            depth: 0,
            nodes: 0,
            strip_next: false,
            duplicates: Vec::new(),
        }
    }

    fn finish<T>(mut self, result: Result<T, Fault>) -> Result<T, Vec<Problem>> {
        match result {
            Ok(read) if self.duplicates.is_empty() => Ok(read),
            Ok(_) => Err(self.duplicates),
            Err(fault) => {
                self.duplicates.push(Problem::new(fault.code, fault.message).at(fault.at.of(self.source)));
                Err(self.duplicates)
            }
        }
    }

    fn check_size(&self) -> Result<(), Fault> {
        let limit = self.limits.bytes;
        if self.text.len() > limit { Err(self.too_large(format!("larger than {limit} bytes"))) } else { Ok(()) }
    }

    /// The arguments and blocks up to the end, which is a brace when `block` names the block we are in.
    fn body(&mut self, block: Option<&str>) -> Result<Body, Fault> {
        let mut body = Body::default();
        loop {
            self.blanks(true)?;
            match (self.peek(), block) {
                (None, None) => break,
                (None, Some(kind)) => {
                    return Err(self.fault(format!("the block {} is not closed", text::quoted(kind))));
                }
                (Some('}'), Some(_)) => {
                    self.bump();
                    break;
                }
                _ => self.item(&mut body, block.is_some())?,
            }
        }
        self.note_duplicates(body.attributes.iter().map(|attribute| (&*attribute.name, attribute.at)));
        Ok(body)
    }

    fn item(&mut self, body: &mut Body, inside_block: bool) -> Result<(), Fault> {
        self.count()?;
        let at = self.at;
        // Only Terraform 0.11 allowed quotes here, in blocks that are maps today; their reader says so.
        let quoted = self.peek() == Some('"');
        let name = if quoted {
            self.plain_string("the name of an argument")?
        } else {
            self.word().ok_or_else(|| self.unexpected("an argument or a block"))?.into()
        };
        self.blanks(false)?;
        match self.peek() {
            Some('=') if !self.rest().starts_with("==") => {
                self.bump();
                self.blanks(false)?;
                let value = self.expression(false)?;
                body.attributes.push(Attribute { name, at, value });
            }
            _ if quoted => return Err(self.unexpected("`=`")),
            _ => {
                let mut labels = Vec::new();
                while self.peek() != Some('{') {
                    self.count()?;
                    if self.peek() == Some('"') {
                        labels.push(self.plain_string("the label of a block")?);
                    } else {
                        let label = self.word().ok_or_else(|| self.unexpected("`=`, a label or `{`"))?;
                        labels.push(label.into());
                    }
                    self.blanks(false)?;
                }
                self.enter()?;
                self.bump();
                let inner = self.body(Some(&name))?;
                self.depth -= 1;
                body.blocks.push(Block { kind: name, labels, at, body: inner });
            }
        }
        self.blanks(false)?;
        match self.peek() {
            None | Some('\n') => Ok(()),
            Some('}') if inside_block => Ok(()),
            Some(_) => Err(self.unexpected("a new line")),
        }
    }

    /// Names given twice, found by sorting, so that the work stays near linear.
    fn note_duplicates<'n>(&mut self, names: impl Iterator<Item = (&'n str, At)>) {
        let mut sorted: Vec<(&str, At)> = names.collect();
        sorted.sort_by_key(|(name, at)| (*name, at.line, at.column));
        for ((name, _), (_, at)) in
            sorted.iter().zip(sorted.iter().skip(1)).filter(|((earlier, _), (later, _))| earlier == later)
        {
            // Nobody reads thousands of them, and each takes more memory than the text it is about.
            if self.duplicates.len() > MANY {
                break;
            }
            let problem = Problem::new("duplicate-key", format!("{} is given twice", text::quoted(name)));
            self.duplicates.push(problem.at(at.of(self.source)));
        }
    }

    /// Passes blanks and comments, and the ends of lines if they mean nothing here.
    fn blanks(&mut self, newlines: bool) -> Result<(), Fault> {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.bump(),
                Some('\r') if self.rest().starts_with("\r\n") => self.bump(),
                Some('\n') if newlines => self.bump(),
                Some('#') => self.skip_line(),
                Some('/') if self.rest().starts_with("//") => self.skip_line(),
                Some('/') if self.rest().starts_with("/*") => {
                    let begin = self.at;
                    let Some(length) = self.rest().get(2..).and_then(|rest| rest.find("*/")) else {
                        return Err(Fault { at: begin, code: "unreadable", message: "the comment never ends".into() });
                    };
                    self.pass(length + 4);
                }
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        self.pass(length);
    }

    /// A word: a letter or `_`, then letters, digits, `_` and `-`.
    fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        self.pass(length);
        rest.get(..length)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.offset += c.len_utf8();
            if c == '\n' {
                self.at = At { line: self.at.line + 1, column: 1 };
            } else {
                self.at.column += 1;
            }
        }
    }

    /// Passes so many bytes, or to the end.
    fn pass(&mut self, bytes: usize) {
        let end = self.offset.saturating_add(bytes);
        while self.offset < end && self.offset < self.text.len() {
            self.bump();
        }
    }

    /// Passes `word` if it is what comes next.
    fn passes(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.pass(word.len());
        }
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), Fault> {
        if self.passes(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    /// One level deeper; the caller goes back up by itself.
    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        let limit = self.limits.depth;
        if self.depth > limit { Err(self.too_large(format!("nested deeper than {limit}"))) } else { Ok(()) }
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.nodes += 1;
        let limit = self.limits.nodes;
        if self.nodes > limit { Err(self.too_large(format!("more than {limit} arguments and values"))) } else { Ok(()) }
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { at: self.at, code: "unreadable", message: message.into() }
    }

    fn too_large(&self, message: String) -> Fault {
        Fault { at: self.at, code: "too-large", message }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let found = match self.peek() {
            None => "the end of the text".to_owned(),
            Some('\n' | '\r') => "the end of the line".to_owned(),
            Some(c) => text::quoted(c.encode_utf8(&mut [0; 4])),
        };
        self.fault(format!("expected {expected}, found {found}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        parse(text, 0, &HclLimits::default()).unwrap()
    }

    fn fault(text: &str) -> String {
        let problems = parse(text, 0, &HclLimits::default()).unwrap_err();
        let problem = problems.last().unwrap();
        let at = problem.at.unwrap();
        format!("{}:{}: {}: {}", at.line(), at.column(), problem.code, problem.message)
    }

    #[test]
    fn blocks_and_arguments_know_their_place() {
        let body = body("# é\nresource aws_x \"y\" { # c\r\n  é = 1 // d\n\n  inner { a = 2 }\n}\nz = 3");
        let block = &body.blocks[0];
        assert_eq!((&*block.kind, block.label(0), block.label(1)), ("resource", Some("aws_x"), Some("y")));
        let inner = &block.body.blocks[0];
        assert_eq!((block.at.line, inner.at.line, inner.at.column), (2, 5, 3));
        assert_eq!(inner.body.attribute("a").unwrap().at, At { line: 5, column: 11 });
        assert_eq!(body.attributes[0].at, At { line: 7, column: 1 });
    }

    /// Each limit lets through what has its size, and nothing that is one larger.
    #[test]
    fn every_limit_is_held_exactly() {
        let limits = HclLimits { bytes: 30, depth: 3, nodes: 6, steps: 0 };
        let read = |text: &str| {
            let problem = |problems: Vec<Problem>| format!("{}: {}", problems[0].code, problems[0].message);
            parse(text, 0, &limits).map(|_| ()).map_err(problem)
        };
        for (fits, one_more, what) in [
            ("# 34567890123456789012345678\n", "# 3456789012345678901234567890\n", "larger than 30 bytes"),
            ("a = [[[]]]", "a = [[[1]]]", "nested deeper than 3"),
            ("a {\nb {\nc {\n}\n}\n}", "a {\nb {\nc {\nd {\n}\n}\n}\n}", "nested deeper than 3"),
            ("a = (-1)", "a = (-(1))", "nested deeper than 3"),
            ("a = [1,2,3,4]", "a = [1,2,3,4,5]", "more than 6 arguments and values"),
        ] {
            assert_eq!(
                (read(fits), read(one_more)),
                (Ok(()), Err(format!("too-large: {what}"))),
                "{fits} and {one_more}"
            );
        }
        let HclLimits { bytes, depth, nodes, steps } = HclLimits::default();
        assert_eq!((bytes, depth, nodes, steps), (4_194_304, 64, 250_000, 500_000));
    }

    #[test]
    fn a_fault_is_named_with_its_place() {
        for (text, expected) in [
            ("a", "1:2: unreadable: expected `=`, a label or `{`, found the end of the text"),
            ("a = 1 b = 2", "1:7: unreadable: expected a new line, found `b`"),
            ("b {\n a = 1\n", "3:1: unreadable: the block `b` is not closed"),
            ("a = \n", "1:5: unreadable: expected a value, found the end of the line"),
            ("a = [1,", "1:8: unreadable: expected a value, found the end of the text"),
            ("a = \"x\n\"", "1:7: unreadable: a string in quotes ends on its line"),
            ("a = \"\\u{110000}\"", "1:6: unreadable: not an escape that strings have"),
            ("a = <<E\nx\n", "1:5: unreadable: the text never ends; expected a line with `E` alone"),
            ("a = 1\nA = 1\na = 2", "3:1: duplicate-key: `a` is given twice"),
            ("a = {x = 1, \"x\" = 2}", "1:13: duplicate-key: `x` is given twice"),
            ("/* x", "1:1: unreadable: the comment never ends"),
            ("}", "1:1: unreadable: expected an argument or a block, found `}`"),
            ("\u{1b} = 1", "1:1: unreadable: expected an argument or a block, found `\\u{1b}`"),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }

    #[test]
    fn the_quoted_names_of_terraform_0_11_are_read() {
        let body = body("roles {\n \"authenticated\" = \"x\"\n}");
        assert_eq!(&*body.blocks[0].body.attributes[0].name, "authenticated");
    }
}
