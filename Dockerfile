# Builds the host, then keeps only what it needs to run.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        librdkafka-dev libpq-dev libhiredis-dev libyaml-dev libcurl4-openssl-dev libsqlite3-dev zlib1g-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# With Package.resolved, where a build here has left one, the image is made of the versions that this was built and tested
# with; the brackets let it be missing.
COPY Package.swift Package.resolve[d] ./
COPY Sources ./Sources
COPY Tests ./Tests
COPY Benchmarks ./Benchmarks
COPY scripts ./scripts
# The Swift runtime is not linked in: libraries with channels (docs/plugins.md) share it with the host, and two of it in one
# process would not know each other's types. All of it goes along, since a library may use what the host does not.
# The kit stays here: `docker build --target build` gives the image in which libraries for this very host are made, by
# `/build/.build/release/switchboard channel build`.
RUN swift build -c release --product switchboard \
    && swift build -c release --target ChannelTesting \
    && scripts/kit \
    && mkdir -p /stage/swift \
    && cp .build/release/switchboard /stage/ \
    && cp -P "$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")"/lib/swift/linux/*.so /stage/swift/ \
    && rm -f /stage/swift/libXCTest.so /stage/swift/libTesting.so /stage/swift/lib_Test*.so

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl librdkafka1 libpq5 libhiredis0.14 libyaml-0-2 libcurl4 libsqlite3-0 zlib1g postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/switchboard switchboard
COPY --from=build /stage/swift /usr/lib/swift/linux
# Wherever the compiler was: the host and the libraries that it loads look here.
RUN echo /usr/lib/swift/linux > /etc/ld.so.conf.d/swift.conf && ldconfig
COPY --from=build /stage/switchboard /usr/local/bin/switchboard
COPY channels.production.yaml /etc/switchboard/channels.yaml
# As a number, so that a cluster can tell that it is not root.
USER 10001
WORKDIR /var/lib/switchboard
EXPOSE 3000
# Ready means: connected, and not stopping.
HEALTHCHECK --interval=10s --timeout=3s --start-period=90s --retries=3 \
    CMD ["sh", "-c", "curl -fsS http://127.0.0.1:${PORT:-3000}/health/readiness"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["switchboard"]
CMD ["serve", "/etc/switchboard/channels.yaml"]
