//! The files that templates name: those of nested stacks, and the parts that Serverless brings in.

use super::super::node::{Node, Value};
use super::resolve::function;
use super::stacks::template_of;
use super::template::{self, Template, file_name};
use crate::read::{Format, ReadOptions, Source, tree};

/// What a text must have in it to name a file. Most have none of them, and are not read for it.
const SIGNS: &[&str] = &["AWS::CloudFormation::Stack", "AWS::Serverless::Application", "${file("];

/// The folders of an address that are looked for here.
const FOLDERS: usize = 16;

/// The files that a template names as parts of its configuration: for each nested stack, and for each file that Serverless brings in as
/// resources, the names it may have, the likeliest first. Names begin as the source's own does, with its folder; what leads out of the
/// folders in that name, or to another machine or root, is left out. An address such as
/// `https://s3.amazonaws.com/bucket/nested/login.json` may be that of a copy of `nested/login.json`. Nothing is opened.
#[must_use]
pub fn named_files(source: &Source, options: &ReadOptions) -> Vec<Vec<String>> {
    let has = |sign: &&str| memchr::memmem::find(source.text.as_bytes(), sign.as_bytes()).is_some();
    if !SIGNS.iter().any(has) {
        return Vec::new();
    }
    let Ok(node) = tree(source, 0, options) else { return Vec::new() };
    if options.format.or_else(|| Format::of(&node)) != Some(Format::CloudFormation) {
        return Vec::new();
    }
    let template = Template::new(&node, &source.name);
    let of_stacks = template.in_order().filter_map(template_of).filter_map(written);
    let resources = template.sections.iter().filter_map(|section| section.get("Resources"));
    let of_files = template.unread.iter().copied().chain(resources).filter_map(template::brought_file);
    let named = of_stacks.chain(of_files.map(str::to_owned));
    named.map(|written| names(&source.name, &written)).filter(|names| !names.is_empty()).collect()
}

/// The names that a file may have which a template calls by a path or by the address of a copy.
pub(super) fn names(template: &str, written: &str) -> Vec<String> {
    let folder = template.get(..template.len().saturating_sub(file_name(template).len())).unwrap_or_default();
    let tail = written.rsplit(['}', '*']).next().unwrap_or_default();
    let is_address = tail.len() < written.len() || written.contains("://");
    if !is_address {
        return joined(folder, written).into_iter().collect();
    }
    let path = tail.split("://").last().unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    let starts = path.match_indices('/').map(|(at, _)| at + 1).rev().take(FOLDERS);
    let mut names: Vec<String> = starts.filter_map(|at| joined(folder, path.get(at..)?)).collect();
    names.reverse();
    names
}

/// A path from a folder, whose name ends with a slash. `..` takes back a folder of the name, and none before it.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) || path.contains(['\\', '\0', ':']) || path.is_empty() {
        return None;
    }
    let mut name = folder.to_owned();
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".").peekable();
    while let Some(part) = parts.next() {
        if part == ".." {
            let outer = name.strip_suffix('/')?;
            let last = outer.rsplit('/').next()?;
            if matches!(last, "" | "." | "..") {
                return None;
            }
            name.truncate(outer.len() - last.len());
        } else {
            name.push_str(part);
            name.push_str(if parts.peek().is_some() { "/" } else { "" });
        }
    }
    (!name.ends_with('/') && !name.is_empty()).then_some(name)
}

/// The path or address of a nested stack's template as far as it is written out; `*` stands for the rest.
fn written(node: &Node) -> Option<String> {
    let (name, argument) = match &node.value {
        Value::Text(text) => return Some(text.to_string()),
        Value::Tagged(tagged) => (tagged.tag.trim_start_matches('!'), &tagged.node),
        _ => function(node)?,
    };
    match (name.trim_start_matches("Fn::"), &argument.value) {
        ("Sub", Value::Text(text)) => Some(text.to_string()),
        ("Sub", Value::List(parts)) => parts.first()?.as_text().map(str::to_owned),
        ("Join", Value::List(parts)) => {
            let [between, Node { value: Value::List(parts), .. }] = &**parts else { return None };
            let parts: Vec<&str> = parts.iter().map(|part| part.as_text().unwrap_or("*")).collect();
            Some(parts.join(between.as_text()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, text: &str) -> Vec<Vec<String>> {
        named_files(&Source { name: name.to_owned(), text: text.to_owned() }, &ReadOptions::default())
    }

    fn stack(url: &str) -> String {
        format!("Resources: {{S: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {url}}}}}}}")
    }

    #[test]
    fn a_path_is_one_from_the_template_that_names_it() {
        for (name, url, expected) in [
            ("infra/root.yaml", "./nested/child.yaml", "infra/nested/child.yaml"),
            ("infra/nested/a.yaml", "../other/b.yaml", "infra/other/b.yaml"),
            ("./root.yaml", "child.yaml", "./child.yaml"),
            ("root.yaml", "a//./b/../child.yaml", "a/child.yaml"),
            ("main:infra/root.yaml", "nested/child.yaml", "main:infra/nested/child.yaml"),
        ] {
            assert_eq!(named(name, &stack(url)), [[expected]], "{name} {url}");
        }
    }

    #[test]
    fn what_leads_out_names_no_file() {
        for url in [
            "../x.yaml",
            "a/../../x.yaml",
            "/etc/x.yaml",
            "~/x.yaml",
            "'C:/x.yaml'",
            "'a\\\\x.yaml'",
            "''",
            "..",
            "!Ref Url",
        ] {
            assert_eq!(named("root.yaml", &stack(url)), Vec::<Vec<String>>::new(), "{url}");
        }
        assert_eq!(named("./root.yaml", &stack("../x.yaml")), Vec::<Vec<String>>::new());
        assert_eq!(named("../root.yaml", &stack("../x.yaml")), Vec::<Vec<String>>::new());
    }

    #[test]
    fn an_address_may_be_that_of_a_copy() {
        let expected = [["b/bucket/auth/c.json", "b/auth/c.json", "b/c.json"].map(str::to_owned)];
        assert_eq!(named("b/r.yaml", &stack("'https://s3.amazonaws.com/bucket/auth/c.json?versionId=1'")), expected);
        let expected = [["b/auth/c.json", "b/c.json"].map(str::to_owned)];
        for url in [
            "!Sub 'https://s3.amazonaws.com/${Bucket}/auth/c.json'",
            "{'Fn::Sub': ['https://${B}/auth/c.json', {B: x}]}",
            "!Join ['/', ['https://s3.amazonaws.com', !Ref Bucket, auth, c.json]]",
        ] {
            assert_eq!(named("b/r.yaml", &stack(url)), expected, "{url}");
        }
    }

    #[test]
    fn sam_the_cdk_and_serverless_name_files_too() {
        let sam = "Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: ./sub/template.yaml}}}";
        assert_eq!(named("t.yaml", sam), [["sub/template.yaml"]]);
        let store = "Resources: {A: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: a}}}}";
        assert!(named("t.yaml", store).is_empty());
        let cdk =
            "Resources: {A: {Type: AWS::CloudFormation::Stack, Metadata: {'aws:asset:path': A.nested.template.json},
            Properties: {TemplateURL: !Sub 'https://${B}/1f.json'}}}";
        assert_eq!(named("cdk.out/t.json.yaml", cdk), [["cdk.out/A.nested.template.json"]]);
        let serverless = "service: a\nenvironment: ${file(env.yml)}\nresources:\n  - ${file(resources/a.yml)}\n  - ${file(./b.yml):key}
  - Resources: ${file(c.yml)}\n  - ${file(${self:x}/d.yml)}\n";
        assert_eq!(named("serverless.yml", serverless), [["resources/a.yml"], ["b.yml"], ["c.yml"]]);
    }
}
