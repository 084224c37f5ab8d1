FROM rust:1-bookworm AS build
WORKDIR /build

# Dependencies in a separate layer, since they change rarely and take longest. Only the program is
# built here, so the manifest's benches, examples and tests are removed.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml \
    && mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -r src

COPY src src
COPY config config
# Cargo compares file times, and the copied sources may be older than the placeholders above.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

# Runtime files: the linked libraries and root certificates.
RUN mkdir -p /root-of-image/etc/ssl/certs /root-of-image/config \
    && cp target/release/actix-resource-server /root-of-image/ \
    && ldd target/release/actix-resource-server | grep -o '/[^ ]*' \
       | xargs -I '{}' cp --parents --dereference '{}' /root-of-image \
    && cp --dereference /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
    && cp config/*.toml /root-of-image/config/ \
    && echo 'nonroot:x:65532:65532::/:/sbin/nologin' > /root-of-image/etc/passwd

# No shell, no package manager, nothing writable.
FROM scratch
COPY --from=build /root-of-image /

# Listen on all addresses of the container.
ENV HOST=0.0.0.0 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
EXPOSE 3010
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/actix-resource-server", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/actix-resource-server"]
CMD ["serve"]
