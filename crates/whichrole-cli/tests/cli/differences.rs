//! What `diff` says, and to whom it matters.

use std::fs;

use crate::harness::{Folder, git, has_git, whichrole};

fn pool(rules: &[(&str, &str)]) -> String {
    let rules: Vec<String> = rules
        .iter()
        .map(|(operator, value)| {
            format!(
                r#"{{"Claim":"cognito:groups","MatchType":"{operator}","Value":"{value}","RoleARN":"arn:aws:iam::111122223333:role/Eng"}}"#
            )
        })
        .collect();
    format!(
        r#"{{"RoleMappings":{{"accounts.google.com":{{"Type":"Rules","AmbiguousRoleResolution":"Deny","RulesConfiguration":{{"Rules":[{}]}}}}}}}}"#,
        rules.join(",")
    )
}

/// A denial has no tags, so that they differ is nothing to say of it, and no class of its own.
#[test]
fn who_is_denied_is_not_said_to_get_other_tags() {
    let folder = Folder::new();
    let tagged = |operator: &str| {
        let tags = r#"{"IdentityProviderName":"accounts.google.com","PrincipalTags":{"u":"sub"}}"#;
        format!("[{}, {tags}]", pool(&[(operator, "eng")]))
    };
    let (old, new) = (folder.file("old.json", tagged("Contains")), folder.file("new.json", tagged("Equals")));
    let lines = "{\"cognito:groups\":\"engx\",\"sub\":\"1\"}\n{\"cognito:groups\":\"engx\"}\n";
    let users = folder.file("users.ndjson", lines);
    let found = whichrole(["diff"]).arg(&old).arg(&new).arg("--users").arg(&users).run();
    let class = "\n        2  Eng → denied (role-resolution-denied)  first on line 1\n";
    assert!(found.exits(1).stdout.contains(class), "{}", found.stdout);
    let found = whichrole(["batch"]).arg(&old).arg("-").arg("--against").arg(&new).input(lines).run();
    found.exits(1).prints(
        "2 of 2 lines change; 0 could not be read\n        \
         2  arn:aws:iam::111122223333:role/Eng → denied (role-resolution-denied)  (lines 1, 2)\n",
    );
}

#[test]
fn a_change_of_certainty_alone_says_the_answer_once() {
    let folder = Folder::new();
    let old = folder.file("old.json", pool(&[("Contains", "eng"), ("Equals", "eng")]));
    let new = folder.file("new.json", pool(&[("Contains", "eng"), ("NotEqual", "eng")]));
    let found = whichrole(["diff", "--format", "markdown"]).arg(&old).arg(&new).run();
    let (_, table) = found.exits(0).stdout.split_once("there may be more)**\n\n").unwrap();
    assert_eq!(
        table,
        "| answer | certain | for example |\n|---|---|---|\n\
         | `denied (role-resolution-denied)` | before, not after | `{\"cognito:groups\":[\"x\"]}` |\n"
    );
    let found = whichrole(["diff"]).arg(&old).arg(&new).run();
    found.exits(0).prints("").mentions("the same answer, of another certainty (examples; there may be more)");
}

#[test]
fn what_one_side_refers_to_is_not_unused() {
    let folder = Folder::new();
    let pool = "Resources:\n  Pool:\n    Type: AWS::Cognito::IdentityPool\n    Properties: { AllowUnauthenticatedIdentities: false }\n";
    let old = folder.file("old.yaml", pool);
    let new = folder.file("new.yaml", format!("Parameters: {{ Stage: {{ Type: String }} }}\n{pool}"));
    let params = ["--param", "Stage=x", "--param", "Stge=y"];
    for (a, b, near) in [(&old, &new, ""), (&new, &old, ", did you mean `Stage`?")] {
        let said = format!("note: nothing refers to `Stge`{near}");
        whichrole(["diff"]).arg(a).arg(b).args(params).run().exits(0).says(&said);
        whichrole(["batch"]).arg(a).arg("-").arg("--against").arg(b).args(params).input("").run().exits(0).says(&said);
    }
    whichrole(["diff"]).arg(&old).arg(&old).args(&params[..2]).run().says("note: nothing refers to `Stage`");

    let resource = "resource \"aws_cognito_identity_pool\" \"p\" {\n  identity_pool_name = \"x\"\n}\n";
    let old = folder.file("old.tf", resource);
    let new = folder.file("new.tf", format!("{resource}variable \"stage\" {{}}\n"));
    whichrole(["diff", "--var", "stage=x"]).arg(&old).arg(&new).run().exits(0).says("");
    whichrole(["diff", "--var", "other=x"]).arg(&old).arg(&new).run().exits(0).mentions("unknown variable `other`");
}

#[test]
fn a_folder_of_a_revision_has_the_files_that_its_templates_name() {
    if !has_git() {
        return;
    }
    let folder = Folder::new();
    fs::create_dir_all(folder.path("infra/nested")).unwrap();
    let stack =
        "Resources: {Login: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/child.yaml}}}\n";
    let root = folder.path("");
    folder.file("infra/root.yaml", stack);
    let child = |role: &str| {
        let text = format!(
            "Resources: {{Pool: {{Type: AWS::Cognito::IdentityPool, Properties: {{AllowUnauthenticatedIdentities: true}}}},
  Att: {{Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {{IdentityPoolId: !Ref Pool,
    Roles: {{unauthenticated: 'arn:aws:iam::111122223333:role/{role}'}}}}}}}}\n"
        );
        folder.file("infra/nested/child.yaml", text);
    };
    child("Before");
    git(&root, &["init", "-q"]);
    git(&root, &["add", "."]);
    git(&root, &["commit", "-qm", "x"]);
    let diff = || whichrole(["diff", "git:HEAD:infra", "infra"]).folder(&root).run();
    diff().exits(0);
    child("After");
    let changed = diff();
    changed.exits(1);
    assert!(changed.stdout.contains("Before") && changed.stdout.contains("After"), "{}", changed.stdout);
}

/// The files of a submodule are in another repository; whoever looks for them is told where.
#[test]
fn a_path_into_a_submodule_is_named_as_it_is_there() {
    if !has_git() {
        return;
    }
    let folder = Folder::new();
    let config = folder.file("pool.json", pool(&[("Equals", "eng")]));
    let root = config.parent().unwrap();
    git(root, &["init", "-q"]);
    let commit = "253c6a46bb6cabdfcc79cf4ab3c5513ce8b252f8";
    git(root, &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},infra/sub")]);
    git(root, &["commit", "-qm", "x"]);
    fs::create_dir_all(root.join("infra")).unwrap();
    for (within, written, module, there) in [
        (".", "infra/sub/pools/a.json", "infra/sub", "pools/a.json"),
        (".", "infra/sub/", "infra/sub", "."),
        ("infra", "sub/pool.json", "sub", "pool.json"),
        ("infra", "../infra/sub/pool.json", "../infra/sub", "pool.json"),
    ] {
        let diff = whichrole(["diff", &format!("git:HEAD:{written}")]).arg(&config).folder(&root.join(within)).run();
        diff.exits(2).says(&format!(
            "error: `{module}` is a submodule, whose files are in a repository of its own: from there it is `git:{commit}:{there}`"
        ));
    }
    whichrole(["diff", "git:HEAD:infra/other.json"])
        .arg(&config)
        .folder(root)
        .run()
        .refuses("git: path 'infra/other.json' does not exist in 'HEAD'");
}

/// The path is part of an ARN. Of one that only a deployment knows the name alone is a guess.
#[test]
fn a_role_of_another_path_is_not_taken_for_its_namesake() {
    let folder = Folder::new();
    let template = |path: &str| {
        format!(
            "Parameters: {{ P: {{ Type: String }} }}\nResources:\n  R: {{ Type: AWS::IAM::Role, Properties: {{ RoleName: Admin{path} }} }}\n  \
             A: {{ Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {{ IdentityPoolId: p, Roles: {{ authenticated: !GetAtt R.Arn }} }} }}\n"
        )
    };
    let module = |path: &str| {
        format!(
            "variable \"p\" {{}}\nresource \"aws_iam_role\" \"r\" {{\n  name = \"Admin\"\n{path}\n}}\n\
             resource \"aws_cognito_identity_pool_roles_attachment\" \"a\" {{\n  identity_pool_id = \"p\"\n  \
             roles = {{ authenticated = aws_iam_role.r.arn }}\n}}\n"
        )
    };
    let program = |path: &str| {
        format!(
            "name: x\nruntime: yaml\nconfig: {{ p: {{ type: string }} }}\nresources:\n  r: {{ type: aws:iam:Role, properties: {{ name: Admin{path} }} }}\n  \
             a: {{ type: aws:cognito:IdentityPoolRoleAttachment, properties: {{ identityPoolId: p, roles: {{ authenticated: \"${{r.arn}}\" }} }} }}\n"
        )
    };
    let files = [
        ("t.yaml", [template(""), template(", Path: /app/"), template(", Path: !Ref P")]),
        ("m.tf", [module(""), module("  path = \"/app/\""), module("  path = var.p")]),
        ("Pulumi.yaml", [program(""), program(", path: /app/"), program(", path: \"${p}\"")]),
    ];
    for (name, [plain, app, unknown]) in files {
        for (text, role, exit) in [
            (&plain, "Admin", 0),
            (&plain, "app/Admin", 1),
            (&app, "Admin", 1),
            (&app, "app/Admin", 0),
            (&unknown, "Admin", 3),
            (&unknown, "app/Admin", 3),
        ] {
            let declared = folder.file(name, text);
            let roles = format!(r#"{{"authenticated":"arn:aws:iam::111122223333:role/{role}"}}"#);
            let deployed = folder.file("b.json", format!(r#"{{"IdentityPoolId":"p","Roles":{roles}}}"#));
            for (one, other) in [(&declared, &deployed), (&deployed, &declared)] {
                whichrole(["diff", "--strict"]).arg(one).arg(other).run().exits(exit);
            }
        }
    }
}
