# Short names for what is done often. `just` lists them.

default:
    @just --list

# The service with an issuer in a box.
dev:
    cargo run -- dev

# The tests.
test:
    cargo test

# What a check of a token costs; how to read it stands in benches/README.md.
bench:
    cargo bench --bench token -- --table

# All that a change must pass.
gate:
    .ci/run

# Licences, advisories and duplicates of the dependencies.
deny:
    cargo deny check

# The container image.
image:
    docker build -t actix-resource-server .

# The service and an issuer in a box, in containers, healthy when it returns.
up:
    docker compose up --build --wait

# Holds the Kubernetes manifests against the schemas (kubectl, and the Python package kubernetes-validate).
manifests:
    kubectl kustomize deploy/kubernetes > target/manifests.yaml
    kubernetes-validate --strict target/manifests.yaml
