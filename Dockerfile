# HueDB in a container: one binary, the parts of glibc that it needs, CA certificates, and nothing
# else - no shell, no package manager.
#
#   docker build -t huedb .
#   docker buildx build --platform linux/amd64,linux/arm64 -t huedb .
#
# Where no image can be pulled, name local ones: RUST_IMAGE (Rust, gcc, CA certificates) and
# DEBIAN_IMAGE (its C library goes into the result; the same release as RUST_IMAGE). With BINARY set
# to an image made from the output of scripts/docker/stage-binary.sh nothing is compiled here.
# docs/deployment/docker.md tells more; scripts/docker/base-images.sh makes all three.

ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim
ARG BINARY=build

FROM --platform=$BUILDPLATFORM ${RUST_IMAGE} AS toolchain

# The binary, its licences and its bill of materials, in /out.
FROM toolchain AS build
ARG BUILDARCH
ARG TARGETARCH
ARG PROFILE=dist
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/cache/registry,sharing=locked \
    --mount=type=cache,target=/cache/target,id=huedb-target-$TARGETARCH,sharing=locked \
    scripts/docker/build-in-container.sh "$BUILDARCH" "$TARGETARCH" "$PROFILE" /cache /out

FROM ${BINARY} AS binary

# What the binary finds around it, in /runtime. Made on the builder's own processor also for another one,
# so that no emulator is needed.
FROM --platform=$BUILDPLATFORM ${DEBIAN_IMAGE} AS runtime
ARG BUILDARCH
ARG TARGETARCH
COPY scripts/docker/runtime-root.sh /
COPY deploy/docker/image.yaml deploy/docker/config.yaml /files/
RUN --mount=type=bind,from=toolchain,target=/toolchain \
    /runtime-root.sh "$BUILDARCH" "$TARGETARCH" /files /toolchain /runtime

FROM scratch
COPY --from=runtime /runtime/ /
COPY --from=binary /out/ /

ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="HueDB" \
    org.opencontainers.image.description="A vector database that speaks Chroma's HTTP API" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.documentation="docs/deployment/docker.md" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.created="$CREATED"

# image.yaml holds what differs from `huedb run` on a machine; /config.yaml is the user's to mount.
ENV PATH=/usr/local/bin HUEDB_DEFAULTS=/etc/huedb/image.yaml HUEDB_CONFIG=/config.yaml
# Relative paths of settings are meant from here, as in Chroma's image.
WORKDIR /chroma
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["/usr/local/bin/huedb", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/huedb"]
CMD ["run"]
