#!/usr/bin/env bash
# Makes the images of the observability stack from the packages of their authors, under local names,
# where no registry of images can be reached:
#
#   huedb-local/otel-collector   OpenTelemetry Collector, built from its Go modules by its builder
#   huedb-local/zipkin           Zipkin's executable jar from Maven Central, on a Java runtime
#
# What is built or fetched is kept in .cache/docker. Needs Go (from Debian if missing: too old for
# the collector, then this says so), and `docker` as install-engine.sh sets it up.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${HUEDB_CACHE:-$repository/.cache}/docker
collector_version=0.111.0
zipkin_version=3.6.1

say() { printf 'observability images: %s\n' "$*"; }
die() { printf 'observability images: %s\n' "$*" >&2; exit 1; }

# Runs a command with its output in a log that is shown only on failure.
quietly() {
    local log=$cache/observability-images.log
    "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "failed: $*"; }
}

collector() {
    local manifest=$repository/deploy/collector/builder.yaml target=$cache/collector key
    key=$(sha256sum <"$manifest" | cut -c1-16)
    if [ "$(cat "$target/.key" 2>/dev/null)" != "$key" ]; then
        command -v go >/dev/null || die "Go is needed to build the collector: https://go.dev/dl"
        say "building the OpenTelemetry Collector $collector_version"
        rm -rf "$target"
        mkdir -p "$target"
        sed "s|^dist:|dist:\n  output_path: $target/build|" "$manifest" >"$target/builder.yaml"
        quietly env CGO_ENABLED=0 GOFLAGS='-buildvcs=false -trimpath' \
            go run "go.opentelemetry.io/collector/cmd/builder@v$collector_version" --config "$target/builder.yaml"
        printf '%s\n' "$key" >"$target/.key"
    fi
    say "image of the collector"
    quietly docker build -t huedb-local/otel-collector -f - "$target/build" <<'DOCKERFILE'
FROM scratch
COPY otelcol /otelcol
USER 10001
ENTRYPOINT ["/otelcol"]
DOCKERFILE
}

zipkin() {
    local target=$cache/zipkin jar=zipkin-server-$zipkin_version-exec.jar
    if [ ! -e "$target/$jar" ]; then
        command -v mvn >/dev/null || die "Maven is needed to fetch Zipkin: apt-get install maven"
        say "fetching Zipkin $zipkin_version"
        quietly mvn -q dependency:copy -Dartifact="io.zipkin:zipkin-server:$zipkin_version:jar:exec" \
            -DoutputDirectory="$target"
    fi
    say "image of Zipkin"
    quietly docker build -t huedb-local/zipkin -f - "$target" <<DOCKERFILE
FROM huedb-local/jre
COPY $jar /zipkin.jar
USER 10001
ENTRYPOINT ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", "/zipkin.jar"]
DOCKERFILE
}

mkdir -p "$cache"
collector
zipkin
