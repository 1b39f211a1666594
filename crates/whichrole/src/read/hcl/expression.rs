//! Expressions: operators, paths, calls, lists, objects and `for`.

use super::{At, BinaryOp, Call, Expr, ExprKind, Fault, For, Parser, Step, UnaryOp};

/// Longer numbers are nobody's precedence.
const NUMBER: usize = 1024;

/// The names that a `for` brings, and what it goes through.
pub(super) struct ForIntro {
    pub key_name: Option<Box<str>>,
    pub value_name: Box<str>,
    pub over: Expr,
}

impl BinaryOp {
    /// How tightly it binds; more is tighter.
    fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Remainder => 6,
        }
    }

    /// The spelling.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Longer spellings first.
const OPERATORS: [BinaryOp; 13] = [
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::NotEqual,
    BinaryOp::LessOrEqual,
    BinaryOp::GreaterOrEqual,
    BinaryOp::Less,
    BinaryOp::Greater,
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Divide,
    BinaryOp::Remainder,
];

impl Parser<'_> {
    /// One expression. `newlines`: the ends of lines mean nothing here, because we are in brackets.
    pub(super) fn expression(&mut self, newlines: bool) -> Result<Expr, Fault> {
        self.enter()?;
        self.blanks(newlines)?;
        let at = self.at;
        let condition = self.operators(0, newlines)?;
        let before = self.place();
        self.blanks(newlines)?;
        let expr = if self.passes("?") {
            let then = self.expression(newlines)?;
            self.blanks(newlines)?;
            self.expect(":")?;
            let otherwise = self.expression(newlines)?;
            Expr { at, kind: ExprKind::Conditional(Box::new([condition, then, otherwise])) }
        } else {
            self.go_back(before);
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    /// Operators that bind at least as tightly as `minimum`.
    fn operators(&mut self, minimum: u8, newlines: bool) -> Result<Expr, Fault> {
        let at = self.at;
        let mut left = self.unary(newlines)?;
        while let Some(operator) = self.next_operator(newlines)?.filter(|next| next.precedence() >= minimum) {
            let precedence = operator.precedence();
            let mut rest = Vec::new();
            while let Some(next) = self.next_operator(newlines)?.filter(|next| next.precedence() == precedence) {
                self.blanks(newlines)?;
                self.pass(next.name().len());
                self.blanks(newlines)?;
                rest.push((next, self.operators(precedence + 1, newlines)?));
            }
            left = Expr { at, kind: ExprKind::Chain(Box::new((left, rest))) };
        }
        Ok(left)
    }

    /// Looks for an operator without passing it.
    fn next_operator(&mut self, newlines: bool) -> Result<Option<BinaryOp>, Fault> {
        let before = self.place();
        self.blanks(newlines)?;
        let found = OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator.name()));
        self.go_back(before);
        Ok(found)
    }

    fn unary(&mut self, newlines: bool) -> Result<Expr, Fault> {
        let at = self.at;
        let operator = match self.peek() {
            Some('!') => UnaryOp::Not,
            Some('-') => UnaryOp::Negate,
            _ => return self.path(newlines),
        };
        self.enter()?;
        self.count()?;
        self.bump();
        self.blanks(newlines)?;
        let operand = self.unary(newlines)?;
        self.depth -= 1;
        Ok(Expr { at, kind: ExprKind::Unary(operator, Box::new(operand)) })
    }

    /// A value and the steps into it: `.name`, `[index]`, `.*`, `[*]`.
    fn path(&mut self, newlines: bool) -> Result<Expr, Fault> {
        let at = self.at;
        let root = self.value(newlines)?;
        let mut steps = Vec::new();
        loop {
            let before = self.place();
            self.blanks(newlines)?;
            let rest = self.rest();
            if rest.starts_with("...") || !rest.starts_with(['.', '[']) {
                self.go_back(before);
                break;
            }
            self.count()?;
            let is_index = self.passes("[");
            if !is_index {
                self.bump();
            }
            self.blanks(newlines || is_index)?;
            steps.push(match (is_index, self.peek()) {
                (true, Some('*')) => {
                    self.bump();
                    self.blanks(true)?;
                    self.expect("]")?;
                    Step::FullSplat
                }
                (true, _) => {
                    let index = self.expression(true)?;
                    self.blanks(true)?;
                    self.expect("]")?;
                    Step::Index(index)
                }
                (false, Some('*')) => {
                    self.bump();
                    Step::AttrSplat
                }
                (false, Some('0'..='9')) => {
                    let index_at = self.at;
                    let digits = self.digits();
                    Step::Index(Expr { at: index_at, kind: ExprKind::Number(digits.into()) })
                }
                (false, _) => {
                    let name = self.word().ok_or_else(|| self.unexpected("a name after the dot"))?;
                    Step::Attr(name.into())
                }
            });
        }
        if steps.is_empty() {
            return Ok(root);
        }
        Ok(Expr { at, kind: ExprKind::Path(Box::new((root, steps))) })
    }

    fn value(&mut self, newlines: bool) -> Result<Expr, Fault> {
        self.count()?;
        let at = self.at;
        let kind = match self.peek() {
            Some('"') => return self.quoted(),
            Some('<') if self.rest().starts_with("<<") => return self.heredoc(),
            Some('[') => self.list()?,
            Some('{') => self.object()?,
            Some('0'..='9') => self.number()?,
            Some('(') => {
                self.bump();
                let inner = self.expression(true)?;
                self.blanks(true)?;
                self.expect(")")?;
                return Ok(inner);
            }
            _ => {
                let Some(word) = self.word() else { return Err(self.unexpected("a value")) };
                self.word_or_call(word, newlines)?
            }
        };
        Ok(Expr { at, kind })
    }

    fn word_or_call(&mut self, word: &str, newlines: bool) -> Result<ExprKind, Fault> {
        let mut name = word.to_owned();
        while self.passes("::") {
            name.push_str("::");
            name.push_str(self.word().ok_or_else(|| self.unexpected("the name of a function"))?);
        }
        let before = self.place();
        self.blanks(newlines)?;
        if self.passes("(") {
            return self.call(name);
        }
        self.go_back(before);
        Ok(match name.as_str() {
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            _ => ExprKind::Name(name.into()),
        })
    }

    fn call(&mut self, name: String) -> Result<ExprKind, Fault> {
        let mut arguments = Vec::new();
        let mut expand_last = false;
        loop {
            self.blanks(true)?;
            if self.passes(")") {
                break;
            }
            arguments.push(self.expression(true)?);
            self.blanks(true)?;
            if self.passes("...") {
                expand_last = true;
                self.blanks(true)?;
                self.expect(")")?;
                break;
            }
            if !self.passes(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(ExprKind::Call(Box::new(Call { name: name.into(), arguments, expand_last })))
    }

    fn list(&mut self) -> Result<ExprKind, Fault> {
        self.bump();
        self.blanks(true)?;
        if self.is_for() {
            return self.for_expression("]");
        }
        let mut elements = Vec::new();
        loop {
            self.blanks(true)?;
            if self.passes("]") {
                return Ok(ExprKind::List(elements.into()));
            }
            elements.push(self.expression(true)?);
            self.blanks(true)?;
            if !self.passes(",") {
                self.expect("]")?;
                return Ok(ExprKind::List(elements.into()));
            }
        }
    }

    fn object(&mut self) -> Result<ExprKind, Fault> {
        self.bump();
        self.blanks(true)?;
        if self.is_for() {
            return self.for_expression("}");
        }
        let mut items: Vec<(Expr, Expr)> = Vec::new();
        loop {
            self.blanks(true)?;
            if self.passes("}") {
                break;
            }
            let key = self.expression(false)?;
            self.blanks(false)?;
            if !self.passes("=") && !self.passes(":") {
                return Err(self.unexpected("`=` after the key"));
            }
            self.blanks(false)?;
            let value = self.expression(false)?;
            items.push((key, value));
            self.blanks(false)?;
            if !self.passes(",") && !matches!(self.peek(), Some('\n' | '}')) {
                return Err(self.unexpected("`,`, a new line or `}`"));
            }
        }
        // `a` and `"a"` are the same key; a key that is computed may be anything.
        let literal = items.iter().filter_map(|(key, _)| match &key.kind {
            ExprKind::Name(name) | ExprKind::Text(name) | ExprKind::Number(name) => Some((&**name, key.at)),
            _ => None,
        });
        self.note_duplicates(literal);
        Ok(ExprKind::Object(items.into()))
    }

    fn is_for(&self) -> bool {
        let after = self.rest().strip_prefix("for");
        after.is_some_and(|after| after.starts_with([' ', '\t', '\n', '\r', '#', '/']))
    }

    fn for_expression(&mut self, close: &str) -> Result<ExprKind, Fault> {
        self.pass("for".len());
        let ForIntro { key_name, value_name, over } = self.for_intro()?;
        self.blanks(true)?;
        self.expect(":")?;
        let mut value = self.expression(true)?;
        self.blanks(true)?;
        let mut key = None;
        let mut group = false;
        if close == "}" {
            self.expect("=>")?;
            key = Some(std::mem::replace(&mut value, self.expression(true)?));
            self.blanks(true)?;
            group = self.passes("...");
            self.blanks(true)?;
        }
        let mut condition = None;
        if self.passes("if") {
            condition = Some(self.expression(true)?);
            self.blanks(true)?;
        }
        self.expect(close)?;
        Ok(ExprKind::For(Box::new(For { key_name, value_name, over, key, value, group, condition })))
    }

    /// `key, value in collection`
    pub(super) fn for_intro(&mut self) -> Result<ForIntro, Fault> {
        self.blanks(true)?;
        let first: Box<str> = self.word().ok_or_else(|| self.unexpected("a name after `for`"))?.into();
        self.blanks(true)?;
        let (key_name, value_name) = if self.passes(",") {
            self.blanks(true)?;
            (Some(first), self.word().ok_or_else(|| self.unexpected("a name after `,`"))?.into())
        } else {
            (None, first)
        };
        self.blanks(true)?;
        self.expect("in")?;
        Ok(ForIntro { key_name, value_name, over: self.expression(true)? })
    }

    fn number(&mut self) -> Result<ExprKind, Fault> {
        let begin = self.offset;
        self.digits();
        let mut after_dot = self.rest().strip_prefix('.').into_iter().flat_map(str::chars);
        if after_dot.next().is_some_and(|c| c.is_ascii_digit()) {
            self.bump();
            self.digits();
        }
        if let Some(exponent) = self.rest().strip_prefix(['e', 'E']) {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.starts_with(|c: char| c.is_ascii_digit()) {
                self.pass(1 + exponent.len() - digits.len());
                self.digits();
            }
        }
        let written = self.text.get(begin..self.offset).unwrap_or_default();
        if written.len() > NUMBER {
            return Err(self.too_large(format!("a number longer than {NUMBER} characters")));
        }
        Ok(ExprKind::Number(written.into()))
    }

    fn digits(&mut self) -> &str {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        self.pass(length);
        rest.get(..length).unwrap_or_default()
    }

    fn place(&self) -> (usize, At) {
        (self.offset, self.at)
    }

    fn go_back(&mut self, place: (usize, At)) {
        (self.offset, self.at) = place;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HclLimits, parse, parse_expression};
    use super::*;

    fn shown(text: &str) -> String {
        let expr = parse_expression(text, 0, &HclLimits::default()).unwrap();
        let mut out = String::new();
        show(&expr, &mut out);
        out
    }

    /// A spelling with all brackets, for these tests.
    fn show(expr: &Expr, out: &mut String) {
        match &expr.kind {
            ExprKind::Number(text) | ExprKind::Name(text) | ExprKind::Text(text) => out.push_str(text),
            ExprKind::Chain(chain) => {
                out.push('(');
                show(&chain.0, out);
                for (operator, operand) in &chain.1 {
                    out.push_str(operator.name());
                    show(operand, out);
                }
                out.push(')');
            }
            ExprKind::Unary(operator, operand) => {
                out.push_str(if *operator == UnaryOp::Not { "!" } else { "-" });
                show(operand, out);
            }
            ExprKind::Conditional(parts) => {
                for (mark, part) in ["{", "?", ":"].iter().zip(parts.iter()) {
                    out.push_str(mark);
                    show(part, out);
                }
                out.push('}');
            }
            ExprKind::Path(path) => {
                show(&path.0, out);
                for step in &path.1 {
                    match step {
                        Step::Attr(name) => out.extend([".", name]),
                        Step::Index(index) => {
                            out.push('[');
                            show(index, out);
                            out.push(']');
                        }
                        Step::AttrSplat => out.push_str(".*"),
                        Step::FullSplat => out.push_str("[*]"),
                    }
                }
            }
            ExprKind::Call(call) => {
                out.push_str(&call.name);
                for argument in &call.arguments {
                    out.push(' ');
                    show(argument, out);
                }
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn operators_bind_as_in_terraform() {
        assert_eq!(shown("a || b && c == d < e + f * g"), "(a||(b&&(c==(d<(e+(f*g))))))");
        assert_eq!(shown("a * b + c - d > e || !f"), "((((a*b)+c-d)>e)||!f)");
        assert_eq!(shown("a ? b : c ? -d : e"), "{a?b:{c?-d:e}}");
        assert_eq!(shown("(a + b) * c"), "((a+b)*c)");
    }

    #[test]
    fn paths_calls_and_numbers() {
        assert_eq!(shown("aws_x.y[0].z.*.w"), "aws_x.y[0].z.*.w");
        assert_eq!(shown("a[*].b[ c ].0"), "a[*].b[c].0".replace(".0", "[0]"));
        assert_eq!(shown("f(a,\n b,\n)"), "f a b");
        assert_eq!(shown("provider::x::f(1.50e+3)"), "provider::x::f 1.50e+3");
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused_and_what_is_long_is_not() {
        let limits = HclLimits::default();
        let code = |text: String| parse(&text, 0, &limits).err().map(|problems| problems[0].code);
        for hostile in ["[", "(", "{a=", "\"${", "f(", "!", "-", "a ? b : ", "[for x in ", "%{if a}", "\"%{if ", "a["] {
            for count in [5_000, 100_000] {
                assert!(code(format!("x = {}", hostile.repeat(count))).is_some(), "{hostile}");
            }
        }
        assert_eq!(code("b {\n".repeat(100_000)), Some("too-large"));
        assert_eq!(code(format!("x = {}", "[".repeat(100_000))), Some("too-large"));
        assert_eq!(code(format!("x = 1{}", " + 1".repeat(20_000))), None);
        assert_eq!(code(format!("x = a{}", "[0]".repeat(100_000))), None);
        assert_eq!(code(format!("x = [{}]", "1,".repeat(2_000_000))), Some("too-large"));
        let keys: Vec<String> = (0..100_000).map(|n| format!("k{n} = 1")).collect();
        assert_eq!(code(format!("x = {{{}}}", keys.join("\n"))), None);
    }
}
