//! The recipes of docs/issuers.md.

/// A variable and its value.
pub(super) type Variable = (String, String);

const DOCUMENT: &str = include_str!("../../../docs/issuers.md");

/// Words in capitals of the recipes, and the values that they stand for here; longer ones first.
const PLACEHOLDERS: [(&str, &str); 20] = [
    ("APPLICATION-TAG", "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"),
    (
        "/run/secrets/supabase",
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/issuer_shapes/secret.txt"),
    ),
    ("PROJECT-NUMBER", "123456789"),
    ("SERVICE-ID", "987654321"),
    ("ENVIRONMENT-ID", "22223333-cccc-4444-dddd-5555eeee6666"),
    ("PROJECT-ID", "344374183645413380"),
    ("TENANT-ID", super::microsoft::TENANT),
    ("CLIENT-ID", super::microsoft::API),
    ("USER-FLOW", "b2c_1_signin"),
    ("INSTANCE", "shop-abc123.us1"),
    ("POOL-ID", "eu-west-1_AbCdEf123"),
    ("PROJECT", "shop-1234"),
    ("REGION", "eu-west-1"),
    ("TENANT", "shop"),
    ("SERVER", "default"),
    ("REALM", "shop"),
    ("SLUG", "shop"),
    ("TEAM", "shop"),
    ("HOST", "shop.okta.com"),
    ("NAME", "orders"),
];

/// The settings of one block of a section.
pub(super) fn recipe(heading: &str, block: usize) -> Vec<Variable> {
    let blocks = blocks();
    let found = blocks.into_iter().find(|(at, _)| (at.0.as_str(), at.1) == (heading, block));
    found.unwrap_or_else(|| panic!("docs/issuers.md has no recipe {block} for {heading}")).1
}

/// The heading and number of each block.
pub(super) fn all() -> Vec<(String, usize)> {
    blocks().into_iter().map(|(at, _)| at).collect()
}

fn blocks() -> Vec<((String, usize), Vec<Variable>)> {
    let mut blocks: Vec<((String, usize), Vec<Variable>)> = Vec::new();
    let (mut heading, mut count, mut is_open) = (String::new(), 0, false);
    for line in DOCUMENT.lines() {
        if let Some(text) = line.strip_prefix("## ") {
            (heading, count) = (text.to_owned(), 0);
        } else if line == "```sh" {
            blocks.push(((heading.clone(), count), Vec::new()));
            (count, is_open) = (count + 1, true);
        } else if line == "```" {
            is_open = false;
        } else if is_open
            && let Some((name, value)) = line.split_once('=')
            && let Some((_, variables)) = blocks.last_mut()
        {
            let value = PLACEHOLDERS
                .iter()
                .fold(value.to_owned(), |value, (word, meant)| value.replace(word, meant));
            variables.push((name.to_owned(), value));
        }
    }
    blocks
}
