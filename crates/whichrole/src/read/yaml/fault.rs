//! What is wrong with YAML, in our words: the parser's own may quote the text.

use granit_parser::ErrorKind as K;

/// One sentence for a fault of syntax.
pub(super) fn sentence(kind: &K) -> &'static str {
    match kind {
        K::UnknownAnchor => "an alias refers to an anchor that does not stand before it",
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => "a tab stands where YAML wants spaces",
        K::UnclosedQuotedScalar => "a quoted string does not end",
        K::UnclosedFlowCollection { .. }
        | K::UnexpectedEofFlowSequence
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping => "a bracket is not closed",
        K::MisplacedFlowCollectionEnd | K::MismatchedFlowCollectionEnd { .. } => "a bracket closes what none opened",
        K::ExpectedFlowMappingSeparator => "expected `,` or `}`",
        K::ExpectedFlowSequenceSeparator => "expected `,` or `]`",
        K::ExpectedBlockMappingKey => "expected the name of an entry; check the indentation",
        K::ExpectedBlockSequenceEntry => "expected `- `; check the indentation",
        K::InvalidIndentation
        | K::InvalidBlockScalarIndent
        | K::InvalidQuotedScalarIndent
        | K::InvalidFlowScalarIndent => "wrong indentation",
        K::SimpleKeyExpected | K::InvalidSimpleKey => "expected `:` after the name of an entry",
        K::MappingValueNotAllowed | K::MappingKeyNotAllowed | K::InvalidColonPlacement => {
            "an entry cannot stand here; text with `: ` in it needs quotes"
        }
        K::UnknownQuotedScalarEscape | K::InvalidQuotedScalarHexEscape | K::InvalidUnicodeEscape => "not a YAML escape",
        K::InvalidLowSurrogateHexEscape | K::InvalidLowSurrogate | K::MissingLowSurrogate | K::UnpairedLowSurrogate => {
            "half of a surrogate pair stands alone"
        }
        K::UnsupportedYamlMajorVersion => "not YAML 1.1 or 1.2",
        K::UndeclaredTagHandle => "a tag of an unknown kind",
        K::UnexpectedEof => "the YAML text ends in the middle",
        K::UnexpectedCharacter { .. } => "this character cannot begin a YAML value; quote the text",
        _ => "not YAML",
    }
}
