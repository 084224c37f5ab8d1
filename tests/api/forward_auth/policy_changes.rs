//! `routes --diff`: who gains and who loses access, also where rows of different paths decide.

use std::process::Command;

use super::Directory;

/// Rows of a policy file: method, path and policy.
type Rows = [(&'static str, &'static str, &'static str)];

fn file(rows: &Rows) -> String {
    let mut text = "[rules]\nOwn = 'path \"tenant\" equals claim \"org_id\"'\n".to_owned();
    for (method, path, policy) in rows {
        let row = format!("methods = [\"{method}\"]\npath = '{path}'\npolicy = '{policy}'\n");
        text.push_str(&format!("[[routes]]\n{row}"));
    }
    text
}

#[test]
fn a_row_is_compared_with_the_row_that_decided_before() {
    let read: &Rows = &[("GET", "/notes/{id}", "scope read")];
    let table: &[(&Rows, &Rows, &str)] = &[
        (
            read,
            &[("GET", "/notes/{id}", "scope read"), ("GET", "/notes/admin", "public")],
            "~ GET /notes/admin: public (was: scope read by /notes/{id})\n\
             \x20   gains: requests without credentials; requests with invalid credentials; any \
             valid token\n",
        ),
        (
            &[("GET", "/notes/{id}", "scope read"), ("GET", "/notes/admin", "role admin")],
            read,
            "~ GET /notes/admin: scope read by /notes/{id} (was: role admin)\n\
             \x20   gains: tokens with scope read\n\
             \x20   loses, unless the new policy is met: tokens with role admin\n",
        ),
        // A more specific path hides the other methods of a less specific one.
        (
            &[("GET", "/notes/{id}", "scope read"), ("PUT", "/notes/{id}", "scope write")],
            &[
                ("GET", "/notes/{id}", "scope read"),
                ("PUT", "/notes/{id}", "scope write"),
                ("GET", "/notes/admin", "scope read"),
            ],
            "- PUT /notes/admin: no one (was: scope write by /notes/{id})\n",
        ),
        (
            read,
            &[
                ("GET", "/notes/{id}", "scope read"),
                ("GET", "/notes/new", "scope read"),
                ("POST", "/notes", "scope write"),
            ],
            "+ POST /notes: scope write\n",
        ),
        (read, &[("GET", "/notes/{name}", "scope read")], "the files allow the same requests\n"),
        (
            &[("GET", r"/notes/{id:\d+}", "scope read")],
            &[
                ("GET", r"/notes/{id:\d+}", "scope read"),
                ("GET", "/notes/42", "any valid token"),
                ("GET", "/notes/new", "any valid token"),
            ],
            "~ GET /notes/42: any valid token (was: scope read by /notes/{id:\\d+})\n\
             \x20   gains: any valid token\n\
             + GET /notes/new: any valid token\n",
        ),
        (
            &[("GET", "/files/{rest}*", "any valid token")],
            &[
                ("GET", "/files/{rest}*", "any valid token"),
                ("GET", "/files/{name}/public", "public"),
            ],
            "~ GET /files/{name}/public: public (was: any valid token by /files/{rest}*)\n\
             \x20   gains: requests without credentials; requests with invalid credentials\n",
        ),
        // Some paths match both, and neither is within the other.
        (
            &[("GET", "/{any}/admin", "role admin")],
            &[("GET", "/{any}/admin", "role admin"), ("GET", "/users/{id}", "any valid token")],
            "+ GET /users/{id}: any valid token\n\
             ~ GET /users/{id}, where /{any}/admin also matches: any valid token (was: role admin by \
             /{any}/admin)\n\
             \x20   gains: any valid token\n",
        ),
        (
            read,
            &[("GET", "/notes/{id}", "scope read"), ("HEAD", "/notes/{id}", "public")],
            "~ HEAD /notes/{id}: public (was: scope read)\n\
             \x20   gains: requests without credentials; requests with invalid credentials; any \
             valid token\n",
        ),
        // The same rule about another part of the path.
        (
            &[("GET", "/{tenant}/{id}", "rule Own")],
            &[("GET", "/{id}/{tenant}", "rule Own")],
            "~ GET /{id}/{tenant}: rule Own (was: rule Own by /{tenant}/{id})\n\
             \x20   gains: tokens with rule Own (path \"tenant\" equals claim \"org_id\" in \
             /{id}/{tenant})\n\
             \x20   loses, unless the new policy is met: tokens with rule Own (path \"tenant\" \
             equals claim \"org_id\" in /{tenant}/{id})\n",
        ),
    ];
    let directory = Directory::new();
    for (old, new, expected) in table {
        directory.write("old.toml", &file(old));
        directory.write("new.toml", &file(new));
        let mut command = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"));
        command.env_clear().args(["routes", "--diff"]);
        let files = [directory.path("old.toml"), directory.path("new.toml")];
        let output = command.args(files).output().expect("an end");
        let changes = String::from_utf8_lossy(&output.stdout);
        assert_eq!(changes, *expected, "{old:?} {new:?}");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
