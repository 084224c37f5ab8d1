FROM rust:1-bookworm AS build
WORKDIR /build

# The dependencies, in a layer of their own: they change rarely and take longest.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src config && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -r src

COPY src src
COPY config config
# Cargo goes by file times, and the copies may be older than the stand-ins above.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

# No shell, no package manager: a libc, root certificates, and the program.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/actix-resource-server /actix-resource-server

# In a container the outside is not this machine.
ENV HOST=0.0.0.0
EXPOSE 3010
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/actix-resource-server", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/actix-resource-server"]
CMD ["serve"]
