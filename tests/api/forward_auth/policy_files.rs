//! Policy files: reloaded, printed and compared.

use std::process::Command;

use actix_resource_server::testing::TestIssuer;

use super::{Directory, POLICY, ask, status};
use crate::command_line::run_in;
use crate::process::wait_until;

#[test]
fn a_policy_file_is_reloaded_whole_or_not_at_all() {
    let directory = Directory::new();
    let process = directory.serve("127.0.0.1");
    directory.write("policy.toml", &POLICY.replacen("public", "scope a orscope b", 1));
    process.signal("HUP");
    wait_until("the fault is logged", || process.log().contains("FORWARD_AUTH not reloaded: "));
    assert!(process.log().contains("policy.toml:8: route 1: policy: "), "{}", process.log());
    assert_eq!(status(&ask(&process, "GET", "/open", "")), "200");
    // Actix panics at this path.
    directory.write("policy.toml", &POLICY.replacen("/open", "/open/{tenant-id}", 1));
    process.signal("HUP");
    wait_until("the fault is logged", || process.log().contains("a parameter whose name"));
    directory.write("policy.toml", &POLICY.replacen("\"public\"", "\"any valid token\"", 1));
    process.signal("HUP");
    wait_until("it is reloaded", || process.log().contains("FORWARD_AUTH reloaded"));
    assert_eq!(status(&ask(&process, "GET", "/open", "")), "401");
}

#[test]
fn a_policy_with_fresh_needs_an_issuer_with_introspection() {
    const ADVICE: &str = "policy.toml: the policy of GET /open has fresh, which asks the issuer about \
                          every token, and no issuer has introspection: set INTROSPECTION, ";
    let directory = Directory::new();
    let fresh = POLICY.replacen("\"public\"", "\"fresh\"", 1);
    let introspection = [
        ("INTROSPECTION", "opaque"),
        ("INTROSPECTION_CLIENT_ID", TestIssuer::CLIENT_ID),
        ("INTROSPECTION_CLIENT_SECRET", TestIssuer::CLIENT_SECRET),
    ];
    // Refused when it is reloaded.
    let process = directory.serve("127.0.0.1");
    directory.write("policy.toml", &fresh);
    process.signal("HUP");
    wait_until("the fault is logged", || process.log().contains(ADVICE));
    assert_eq!(status(&ask(&process, "GET", "/open", "")), "200");
    // Refused at the start, and by the check before it.
    let issuer = process.issuer.url();
    let policy = directory.path("policy.toml");
    let variables = [
        ("ISSUER_BASE_URL", issuer),
        ("AUDIENCE", "https://api.example"),
        ("FORWARD_AUTH", &policy),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("PORT", "0"),
        ("MANAGEMENT_ADDR", "off"),
    ];
    for (command, failure) in [("serve", 1), ("check", 2)] {
        let (code, text) = run_in(&variables, &[command]);
        assert_eq!((code, text.contains(ADVICE)), (failure, true), "{command}: {text}");
    }
    let asking = [variables.as_slice(), &introspection].concat();
    let (code, text) = run_in(&asking, &["check"]);
    assert_eq!(code, 0, "{text}");
    // With introspection it is served.
    let process = directory.serve_with("127.0.0.1", &introspection);
    let token = process.token().encode();
    let bearer = format!("\r\nAuthorization: Bearer {token}");
    assert_eq!(status(&ask(&process, "GET", "/open", &bearer)), "200");
    process.issuer.revoke(&token);
    assert_eq!(status(&ask(&process, "GET", "/open", &bearer)), "401", "RFC 7662 2.2");
}

#[test]
fn tables_are_printed_and_compared() {
    let directory = Directory::new();
    let new = POLICY.replacen("\"public\"", "\"bound\"", 1).replace("/greeting", "/hello");
    directory.write("new.toml", &new);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"));
        let output = command.env_clear().arg("routes").args(arguments).output().expect("an end");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (old, new) = (directory.path("policy.toml"), directory.path("new.toml"));
    let (_, table) = run(&["--policy", &old]);
    assert!(table.lines().all(|line| line == line.trim_end()), "{table:?}");
    assert!(
        table.contains("GET   /tenants/{tenant}/notes  scope read:notes and rule OwnTenant"),
        "{table}"
    );
    let (_, changes) = run(&["--diff", &old, &new]);
    assert_eq!(
        changes,
        "- GET /greeting: no one (was: public, or any valid token)\n\
         + GET /hello: public, or any valid token\n\
         ~ GET /open: bound (was: public)\n\
         \x20   loses, unless the new policy is met: requests without credentials; requests with \
         invalid credentials; any valid token\n"
    );
    let tighter = POLICY.replace("scope read:notes or role admin", "scope read:notes and bound");
    directory.write("new.toml", &tighter.replace("claim \"org_id\"", "claim \"tenant\""));
    let (_, changes) = run(&["--diff", &old, &new]);
    let mut lines = changes.lines();
    assert_eq!(
        lines.next(),
        Some("~ GET /notes: scope read:notes and bound (was: scope read:notes or role admin)")
    );
    assert_eq!(
        lines.next(),
        Some(
            "    loses, unless the new policy is met: tokens with scope read:notes; tokens with role admin"
        )
    );
    assert!(changes.contains("gains: tokens with rule OwnTenant (path \"tenant\" equals claim \"tenant\") and scope read:notes"), "{changes}");
    // The table of an application is a policy file.
    let (_, printed) = run(&["--policy", &old, "--toml"]);
    directory.write("printed.toml", &printed);
    let (_, changes) = run(&["--diff", &old, &directory.path("printed.toml")]);
    assert_eq!(changes, "the files allow the same requests\n", "{printed}");
    let (_, own) = run(&["--toml"]);
    directory.write("own.toml", &own);
    let (_, own_table) = run(&["--policy", &directory.path("own.toml")]);
    assert!(own_table.contains("GET  /api/private-scoped  scope read:messages"), "{own_table}");
    assert!(!run(&["--policy", "/nowhere"]).0);
}

/// The policy files in the documents, which readers copy.
#[test]
fn policy_files_in_documents_are_valid() {
    let directory = Directory::new();
    for (document, text) in [
        ("README.md", include_str!("../../../README.md")),
        ("docs/policies.md", include_str!("../../../docs/policies.md")),
    ] {
        let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let policies: Vec<_> = blocks.filter(|block| block.contains("[[routes]]")).collect();
        assert!(!policies.is_empty(), "{document}");
        for policy in policies {
            directory.write("document.toml", policy);
            let (code, table) =
                run_in(&[], &["routes", "--policy", &directory.path("document.toml")]);
            assert_eq!(code, 0, "{document}: {table}");
            assert!(table.lines().count() >= policy.matches("[[routes]]").count(), "{table}");
        }
    }
}
