# Common tasks. `just` lists them.

default:
    @just --list

# Runs the service with a test issuer.
dev:
    cargo run -- dev

# Runs the tests.
test:
    cargo test

# Measures the cost of a token check; see benches/README.md.
bench:
    cargo bench --bench token -- --table

# Takes hours: `just mutants token --shard 0/8` is an eighth. `--in-place` changes this checkout and uses what is
# built already; otherwise a copy is built from nothing. Install it with `cargo install cargo-mutants`. What it
# cannot judge is in .cargo/mutants.toml.
#
# Changes a directory of src in every way that cargo-mutants knows, and lists the changes that no unit test notices.
mutants module="token" *options:
    CARGO_PROFILE_DEV_DEBUG=0 PROPTEST_CASES=32 nice -n 19 cargo mutants \
        --file 'src/{{module}}.rs' --file 'src/{{module}}/**' {{options}}

# Runs all checks that a change must pass.
gate:
    .ci/run

# Checks licenses, advisories and duplicates of the dependencies.
deny:
    cargo deny check

# Builds the container image.
image:
    docker build -t actix-resource-server .

# Starts the service and a test issuer in containers, and waits until they are healthy.
up:
    docker compose up --build --wait

# Validates the Kubernetes manifests against the schemas (kubectl, and the Python package kubernetes-validate).
manifests:
    kubectl kustomize deploy/kubernetes-shared-memory > target/manifests.yaml
    kubernetes-validate --strict target/manifests.yaml
