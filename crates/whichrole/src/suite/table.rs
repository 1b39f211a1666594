//! Rows: of a table in the suite, of a CSV file, and of `each`, whose cells must all be covered, once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

use crate::Claim;
use crate::read::{Node, Position, Problem, Value};
use crate::text;

use super::cells::Cells;
use super::csv::{self, Field};
use super::fields::{Fields, is_number};
use super::model::{Cell, Column, Row};
use super::read_tests::{Expectations, check_cell, entry_expectation};

/// The most cells that one `each` may have.
const MOST_CELLS: usize = 100_000;
/// What counts as a row of a suite.
const ROWS: &str = "rows of tables and cells of `each`";

/// How large the values of all cells may be, with 32 bytes for each beside its text.
const MOST_CELL_BYTES: usize = 32 * 1024 * 1024;

/// How many uncovered cells a message names.
const NAMED: usize = 5;

type Rows = (Vec<Column>, Vec<Row>, Cells);

/// The heading of the column that holds expectations.
const EXPECT: &str = "expect";

/// A table written in the suite: a row of headings, then a row for each case.
pub(super) fn inline(
    node: &Node,
    default: Option<usize>,
    fields: &mut Fields,
    expectations: &mut Expectations,
) -> Option<Rows> {
    let Value::List(lines) = &node.value else {
        fields.wrong_kind(node, "`table`", "a list of rows, or the path of a CSV file");
        return None;
    };
    let Some((first, rest)) = lines.split_first() else {
        fields.report("empty-suite", "the table is empty", node.at);
        return None;
    };
    let headings = fields.texts(first, "the table's first row")?;
    let headings: Vec<(&str, Position)> = headings.iter().map(|name| (name.text.as_str(), name.at)).collect();
    let (columns, expect_column) = columns(&headings, first.at, default, fields)?;
    if rest.is_empty() {
        fields.report("empty-suite", "the table has no rows below its headings", node.at);
    }
    if !fields.takes_rows(rest.len(), columns.len(), ROWS, node.at) {
        return None;
    }
    let mut rows = Vec::with_capacity(rest.len());
    let mut table = Cells::new(columns.len());
    let mut own = Vec::with_capacity(columns.len());
    for line in rest {
        let Value::List(cells) = &line.value else {
            fields.wrong_kind(line, "a row", "a list");
            continue;
        };
        if cells.len() != headings.len() {
            report_width(cells.len(), headings.len(), line.at, fields);
            continue;
        }
        let mut row = Row { at: line.at, expect_at: line.at, expect: default.unwrap_or_default() };
        own.clear();
        let mut names = columns.iter();
        let mut complete = true;
        for (number, cell) in cells.iter().enumerate() {
            if Some(number) == expect_column {
                row.expect_at = cell.at;
                match expectations.read(cell, fields) {
                    Some(expect) => row.expect = expect,
                    None => complete = false,
                }
            } else if let Some(column) = names.next() {
                match check_cell(column, cell, fields) {
                    Some(cell) => own.push(cell),
                    None => complete = false,
                }
            }
        }
        if complete {
            table.add_row(&own);
            rows.push(row);
        }
    }
    unique_rows(&rows, &table, fields);
    Some((columns, rows, table.finished()))
}

/// A table in a CSV file. `source` is the file's number among the names of the plan.
pub(super) fn from_csv(
    csv: &str,
    source: usize,
    default: Option<usize>,
    fields: &mut Fields,
    expectations: &mut Expectations,
) -> Option<Rows> {
    let start = Position::new(source, 1, 1);
    let mut records = csv::records(csv, source);
    let headings = match records.next() {
        Some(Ok(headings)) => headings,
        Some(Err(problem)) => {
            fields.problems.push(problem);
            return None;
        }
        None => {
            fields.report("empty-suite", "the table is empty", start);
            return None;
        }
    };
    let headings: Vec<(&str, Position)> = headings.iter().map(|field| (field.text.as_ref(), field.at)).collect();
    let (columns, expect_column) = columns(&headings, start, default, fields)?;
    let mut rows = Vec::new();
    let mut table = Cells::new(columns.len());
    let mut own = Vec::with_capacity(columns.len());
    for record in records {
        let cells = match record {
            Ok(cells) => cells,
            Err(problem) => {
                fields.problems.push(problem);
                break;
            }
        };
        let at = cells.first().map_or(start, |first| first.at);
        if !fields.takes_rows(1, columns.len(), "rows of CSV tables", at) {
            break;
        }
        if cells.len() != headings.len() {
            report_width(cells.len(), headings.len(), at, fields);
            continue;
        }
        let mut row = Row { at, expect_at: at, expect: default.unwrap_or_default() };
        own.clear();
        let mut names = columns.iter();
        let mut complete = true;
        for (number, cell) in cells.iter().enumerate() {
            if Some(number) == expect_column {
                row.expect_at = cell.at;
                if cell.text.is_empty() {
                    fields.report("missing-key", "the row expects nothing", cell.at);
                }
                row.expect = expectations.word(&cell.text, cell.at);
            } else if let Some(column) = names.next() {
                match csv_cell(column, cell) {
                    Ok(cell) => own.push(cell),
                    Err(problem) => {
                        fields.problems.push(problem);
                        complete = false;
                    }
                }
            }
        }
        if complete {
            table.add_row(&own);
            rows.push(row);
        }
    }
    if rows.is_empty() && fields.problems.is_empty() {
        fields.report("empty-suite", "the table has no rows below its headings", start);
    }
    unique_rows(&rows, &table, fields);
    rows.shrink_to_fit();
    Some((columns, rows, table.finished()))
}

/// A cell of a CSV file: `~` is absence; `true`, `false` and what begins like a JSON array, object or string is JSON; all else is text.
fn csv_cell(column: &Column, field: &Field<'_>) -> Result<Cell, Problem> {
    let text = field.text.as_ref();
    if text == "~" && *column != Column::User {
        return Ok(None);
    }
    let is_json = text.starts_with(['[', '{', '"']) || matches!(text, "true" | "false");
    let value = if is_json && matches!(column, Column::Claim(_) | Column::Groups) {
        let Ok(claim) = Claim::from_json(text) else {
            let message = "a cell that begins with `[`, `{` or a quote must be JSON; write text as a JSON string";
            return Err(Problem::new("unreadable", message).at(field.at));
        };
        claim.into_owned()
    } else {
        Claim::from(text.to_owned())
    };
    let all_text = |elements: &[Claim<'_>]| elements.iter().all(|element| element.as_text().is_some());
    match (column, &value) {
        (Column::Groups, Claim::Array(elements)) if all_text(elements) => Ok(Some(value)),
        (Column::Groups, _) => Err(Problem::new("wrong-kind", "`groups` must be a JSON array of names").at(field.at)),
        _ => Ok(Some(value)),
    }
}

/// What the headings name, and which of them is `expect`.
fn columns(
    headings: &[(&str, Position)],
    at: Position,
    default: Option<usize>,
    fields: &mut Fields,
) -> Option<(Vec<Column>, Option<usize>)> {
    let mut seen = BTreeSet::new();
    let mut fine = true;
    for (heading, at) in headings {
        if heading.is_empty() || !seen.insert(*heading) {
            let message = if heading.is_empty() {
                "a column has no heading".to_owned()
            } else {
                format!("column {} is given twice", text::quoted(heading))
            };
            fields.report("duplicate-key", message, *at);
            fine = false;
        }
    }
    let expect = headings.iter().position(|(heading, _)| *heading == EXPECT);
    match (expect, default) {
        (None, None) => {
            let near = headings.iter().find(|(heading, _)| text::nearest(heading, [EXPECT]).is_some());
            let (hint, at) = near.map_or((String::new(), at), |(heading, at)| {
                (format!("; did you mean `expect` by {}?", text::quoted(heading)), *at)
            });
            fields.report("missing-key", format!("the table has no column `expect`{hint}"), at);
            fine = false;
        }
        (Some(_), Some(_)) => {
            fields.report("contradiction", "the test and the table's rows both have `expect`", at);
            fine = false;
        }
        _ => {}
    }
    if headings.len() > csv::MOST_FIELDS {
        fields.problems.push(csv::too_wide(at));
        fine = false;
    }
    let columns: Vec<Column> =
        headings.iter().map(|(heading, _)| *heading).filter(|name| *name != EXPECT).map(Column::of).collect();
    if columns.is_empty() {
        fields.report("empty-suite", "the table has no column but `expect`", at);
        fine = false;
    }
    fine.then_some((columns, expect))
}

fn report_width(found: usize, wanted: usize, at: Position, fields: &mut Fields) {
    let plural = if found == 1 { "" } else { "s" };
    fields.report("wrong-kind", format!("the row has {found} cell{plural}, the headings are {wanted}"), at);
}

/// Two rows of one name would be one case. All names together are as long as the table; only those that hash alike are looked at twice.
fn unique_rows(rows: &[Row], cells: &Cells, fields: &mut Fields) {
    let hash = |(number, _)| {
        let mut hasher = std::hash::DefaultHasher::new();
        cells_name(cells.row(number)).hash(&mut hasher);
        (hasher.finish(), number)
    };
    let mut hashes: Vec<(u64, usize)> = rows.iter().enumerate().map(hash).collect();
    hashes.sort_unstable();
    let alike = hashes.chunk_by(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1);
    let mut numbers: Vec<usize> = alike.flatten().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    let mut seen = BTreeMap::new();
    for number in numbers {
        let Some(row) = rows.get(number) else { continue };
        if let Some(earlier) = seen.insert(cells_name(cells.row(number)), row.at.line()) {
            fields.report("duplicate-name", format!("this row is there already, on line {earlier}"), row.at);
        }
    }
}

/// Every combination of the values of `each`, and which entry of `expect` covers it.
pub(super) fn each(node: &Node, expect: &Node, fields: &mut Fields, expectations: &mut Expectations) -> Option<Rows> {
    let axes = axes(node, fields)?;
    let count = axes.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.values.len()));
    let Some(count) = count.filter(|count| *count <= MOST_CELLS) else {
        fields.report("too-large", format!("`each` has more than {MOST_CELLS} cells"), node.at);
        return None;
    };
    if !fields.takes_rows(count, 0, ROWS, node.at) {
        return None;
    }
    let bytes: usize = axes.iter().map(|axis| (count / axis.values.len().max(1)).saturating_mul(axis.bytes)).sum();
    if bytes > MOST_CELL_BYTES {
        fields.report("too-large", format!("the cells of `each` are more than {MOST_CELL_BYTES} bytes"), node.at);
        return None;
    }
    let entries = entries(expect, &axes, fields, expectations)?;

    let mut rows = Vec::with_capacity(count);
    let mut table = Cells::new(axes.len());
    let learned: Vec<Vec<u32>> =
        axes.iter().map(|axis| axis.values.iter().map(|value| table.learn(value)).collect()).collect();
    let mut uncovered = Vec::new();
    let mut more = 0_usize;
    for number in 0..count {
        // The last axis turns fastest, as nested loops would.
        let mut rest = number;
        let mut picks = vec![0; axes.len()];
        for (pick, axis) in picks.iter_mut().zip(&axes).rev() {
            *pick = rest % axis.values.len();
            rest /= axis.values.len();
        }
        let name = || {
            let cells = picks.iter().zip(&axes).filter_map(|(pick, axis)| axis.values.get(*pick));
            text::quoted(&cells_name(cells.map(|cell| cell.as_ref().map(Claim::borrowed))))
        };
        let mut covering = entries.iter().filter(|entry| entry.covers(&picks));
        let (first, second) = (covering.next(), covering.next());
        if let (Some(first), Some(second)) = (first, second) {
            let message = format!("cell {} is covered twice, first on line {}", name(), first.at.line());
            fields.report("covered-twice", message, second.at);
        }
        match first.or_else(|| entries.iter().find(|entry| entry.when.is_none())) {
            Some(entry) => {
                rows.push(Row { at: node.at, expect_at: entry.at, expect: entry.expect });
                table.add(picks.iter().zip(&learned).filter_map(|(pick, values)| values.get(*pick).copied()));
            }
            None if uncovered.len() < NAMED => uncovered.push(name()),
            None => more += 1,
        }
    }
    if !uncovered.is_empty() {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = uncovered.join(", ");
        let message = format!("no entry covers {named}{more}; add one, or `otherwise`");
        fields.report("not-covered", message, expect.at);
    }
    Some((axes.into_iter().map(|axis| axis.column).collect(), rows, table.finished()))
}

/// One key of `each`, with its values.
struct Axis {
    column: Column,
    values: Vec<Cell>,
    /// About the memory that the values take.
    bytes: usize,
}

fn axes(node: &Node, fields: &mut Fields) -> Option<Vec<Axis>> {
    if !node.is_map() || node.entries().is_empty() {
        fields.wrong_kind(node, "`each`", "a map of what varies to its values");
        return None;
    }
    fields.unique(node);
    let mut axes = Vec::new();
    let problems = fields.problems.len();
    for entry in node.entries() {
        let column = Column::of(&entry.name);
        let Value::List(elements) = &entry.value.value else {
            fields.wrong_kind(&entry.value, &format!("{} of `each`", text::quoted(&entry.name)), "a list of values");
            continue;
        };
        if elements.is_empty() {
            fields.report("empty-suite", format!("{} has no values", text::quoted(&entry.name)), entry.value.at);
        }
        let mut values: Vec<Cell> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut bytes = 0;
        for element in elements {
            let Some(value) = check_cell(&column, element, fields) else { continue };
            let written = value.as_ref().map(Claim::to_json);
            bytes += written.as_ref().map_or(0, String::len) + 32;
            if !seen.insert(written) {
                fields.report("duplicate-name", "this value is there already", element.at);
            }
            values.push(value);
        }
        axes.push(Axis { column, values, bytes });
    }
    (fields.problems.len() == problems).then_some(axes)
}

/// One entry of `expect`: the values of each axis that it covers, or (`None`) all that nothing else covers.
struct Covering {
    at: Position,
    expect: usize,
    when: Option<Vec<Option<Vec<usize>>>>,
}

impl Covering {
    fn covers(&self, picks: &[usize]) -> bool {
        self.when.as_ref().is_some_and(|when| {
            when.iter().zip(picks).all(|(allowed, pick)| allowed.as_ref().is_none_or(|allowed| allowed.contains(pick)))
        })
    }
}

fn entries(
    expect: &Node,
    axes: &[Axis],
    fields: &mut Fields,
    expectations: &mut Expectations,
) -> Option<Vec<Covering>> {
    // One expectation for all cells.
    let Value::List(elements) = &expect.value else {
        let number = expectations.read(expect, fields)?;
        return Some(vec![Covering { at: expect.at, expect: number, when: None }]);
    };
    let mut entries: Vec<Covering> = Vec::new();
    let problems = fields.problems.len();
    for element in elements {
        if let [only] = element.entries()
            && only.name == "otherwise"
        {
            if entries.iter().any(|entry| entry.when.is_none()) {
                fields.report("covered-twice", "there is an `otherwise` already", only.at);
            }
            let number = expectations.read(&only.value, fields);
            entries.extend(number.map(|expect| Covering { at: only.value.at, expect, when: None }));
            continue;
        }
        let Some(when) = element.get("when") else {
            let meant = element.entries().iter().find(|entry| text::nearest(&entry.name, ["when"]).is_some());
            let (message, at) = match meant {
                Some(near) => (format!("unknown key {}, did you mean `when`?", text::quoted(&near.name)), near.at),
                None if element.get("otherwise").is_some() => {
                    ("`otherwise` stands alone: `{otherwise: deny}`".to_owned(), element.at)
                }
                None => ("an entry has neither `when` nor `otherwise`".to_owned(), element.at),
            };
            fields.report("missing-key", message, at);
            continue;
        };
        let when = condition(when, axes, fields);
        let expectation = entry_expectation(element, fields);
        if let (Some(when), Some(expectation)) = (when, expectation) {
            entries.push(Covering { at: element.at, expect: expectations.add(expectation), when: Some(when) });
        }
    }
    (fields.problems.len() == problems).then_some(entries)
}

/// `{user: alice, custom_role_arn: ~}`: one value, or a list of values, for some of the axes.
fn condition(when: &Node, axes: &[Axis], fields: &mut Fields) -> Option<Vec<Option<Vec<usize>>>> {
    let names: Vec<&str> = axes.iter().map(|axis| axis.column.heading()).collect();
    let map = fields.map(when, "`when`", &names)?;
    if map.entries().is_empty() {
        fields.report("missing-key", "`when` says nothing; for all the rest write `otherwise`", when.at);
        return None;
    }
    let mut picked = Vec::new();
    for axis in axes {
        let Some(node) = map.get(axis.column.heading()) else {
            picked.push(None);
            continue;
        };
        let find = |node: &Node, fields: &mut Fields| -> Option<usize> {
            let value = fields.cell(node, "a value of `when`")?;
            axis.values.iter().position(|known| *known == value)
        };
        let problems = fields.problems.len();
        if let Some(found) = find(node, fields) {
            picked.push(Some(vec![found]));
            continue;
        }
        let several = if node.elements().is_empty() { std::slice::from_ref(node) } else { node.elements() };
        let mut found = Vec::new();
        for element in several {
            match find(element, fields) {
                Some(number) => found.push(number),
                None if fields.problems.len() > problems => {}
                None => {
                    let known: Vec<Cow<'_, str>> = axis.values.iter().map(|value| cell_name(value.as_ref())).collect();
                    let written = element.as_text().map_or_else(|| element.kind().to_owned(), str::to_owned);
                    let what = format!("value of {}:", text::quoted(axis.column.heading()));
                    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
                    fields.unknown("unknown-value", &what, &written, &known, element.at);
                }
            }
        }
        picked.push(Some(found));
    }
    Some(picked)
}

/// What stands between brackets in a case's name: `eng, ~, [a, b]`.
pub(super) fn cells_name<'c>(cells: impl Iterator<Item = Option<Claim<'c>>>) -> String {
    let mut name = String::new();
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            name.push_str(", ");
        }
        name.push_str(&cell_name(cell.as_ref()));
    }
    name
}

/// A text that could be taken for another kind of value is shown in quotes.
fn cell_name<'c>(cell: Option<&'c Claim<'_>>) -> Cow<'c, str> {
    match cell {
        None => Cow::Borrowed("~"),
        Some(Claim::Text(text)) if !looks_like_something_else(text) => Cow::Borrowed(text),
        Some(array @ Claim::Array(_)) => Cow::Owned(array.to_list_text()),
        Some(other) => Cow::Owned(other.to_json()),
    }
}

fn looks_like_something_else(text: &str) -> bool {
    match text.as_bytes().first() {
        None | Some(b'~' | b'[' | b'{' | b'"') => true,
        Some(b'-' | b'0'..=b'9') => is_number(text),
        Some(_) => matches!(text, "true" | "false" | "null"),
    }
}
