FROM rust:1-bookworm AS build
WORKDIR /build

# The dependencies, in a layer of their own: they change rarely and take longest. Of what the
# manifest names only the program is built here, so the rest need not be there.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml \
    && mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -r src

COPY src src
COPY config config
# Cargo goes by file times, and the copies may be older than the stand-ins above.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

# All that the program needs to run: the few libraries it is linked to, and root certificates.
RUN mkdir -p /root-of-image/etc/ssl/certs /root-of-image/config \
    && cp target/release/actix-resource-server /root-of-image/ \
    && ldd target/release/actix-resource-server | grep -o '/[^ ]*' \
       | xargs -I '{}' cp --parents --dereference '{}' /root-of-image \
    && cp --dereference /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
    && cp config/*.toml /root-of-image/config/ \
    && echo 'nonroot:x:65532:65532::/:/sbin/nologin' > /root-of-image/etc/passwd

# No shell, no package manager, nothing to write to.
FROM scratch
COPY --from=build /root-of-image /

# In a container the outside is not this machine.
ENV HOST=0.0.0.0 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
EXPOSE 3010
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/actix-resource-server", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/actix-resource-server"]
CMD ["serve"]
