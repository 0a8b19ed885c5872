# The commands that people run. Each installs what is missing (Debian packages, as root or by sudo) and builds first.
.PHONY: run build test check lint format bench sanitize reload declared callbacks mixed adding docc crash replicas backlog backup slow limits commands metrics canary contract webhooks postfix attachments fuzz image simulation kit plugins packages test-packages

CONFIG ?= channels.yaml
REPLICAS_COUNT ?= 10000
# Of the table in docs/scaling.md, one for each run.
ROWS ?= .build/replicas.md

run: build
	@scripts/run $(CONFIG)

build: packages
	swift build -c release --product switchboard
	swift build -c release --product provider-sandbox

test: test-packages
	swift build --build-tests
	scripts/with-postgres scripts/with-kafka scripts/with-redis scripts/with-smtp swift test --skip-build --experimental-maximum-parallelization-width 12

check: build
	.build/release/switchboard check $(CONFIG)

lint:
	swift format lint --strict --recursive Package.swift Benchmarks Examples Fuzzing Sources Tests
	@scripts/lint-warnings

format:
	swift format --in-place --recursive Package.swift Benchmarks Examples Fuzzing Sources Tests

bench: build
	for product in Benchmarks BackendRates mock-broker; do swift build -c release --product $$product || exit; done
	@scripts/packages postgresql redis-server
	scripts/kit
	scripts/bench

# The adapters' suites under both sanitizers, each in a build folder of its own. CI does not run it: it builds all again.
sanitize: test-packages
	scripts/sanitize thread
	scripts/sanitize address

# A host under load whose file changes a thousand times.
reload: build
	scripts/reload

# A provider that nobody coded, declared in a file: one message in a request, and many.
declared: build
	scripts/declared

# Status changes at an application's own URL, which is slow, broken, gone or somewhere it must not be.
callbacks: build
	@scripts/packages python3-venv
	scripts/callbacks

# Every channel at once, and what a slow one costs the others.
mixed: build
	scripts/mixed

# Every command of docs/adding-a-channel.md, for each of the three ways.
adding: kit
	scripts/adding

# The documentation of ChannelSDK, ChannelConformance and ChannelTesting, without a symbol or a link that says nothing.
docc: packages
	swift build --target ChannelTesting
	scripts/docc

# The full counts; CI runs the same with smaller ones.
crash: build
	scripts/crash --rounds 20

# Three replicas on Kafka, PostgreSQL and Redis, each kind of fault in turn. Clients wait long at the door of a frozen one, so
# that fewer notifications do there.
replicas: build
	swift build -c release --product mock-broker
	@scripts/packages postgresql redis-server python3-venv openssl
	scripts/lag
	scripts/kafka-tls
	@rm -f $(ROWS)
	set -e; for run in "none --rough" "none --split" "kill --rough" "kill --split" "freeze-replica --count 3000" \
	    broker-down one-broker-down "one-broker-down --timeout 2s" leaders-move latency postgres-restart postgres-freeze \
	    redis-flush redis-kill redis-dead; do \
	    scripts/replicas --count $(REPLICAS_COUNT) --rows $(ROWS) --fault $$run; done
	@cat $(ROWS)

# A million notifications that wait: the host's memory does not grow with them.
backlog: build
	scripts/backlog

# Every step of the Dockerfile by hand, in a bare Debian (as root): there the program must start.
image:
	scripts/image --build

# Two thousand connections that send a byte a second: what a good client notices of them.
slow: build
	scripts/slow

# Two replicas under the limits that they share.
limits: build
	@scripts/packages redis-server
	scripts/limits

# Backups under load, restored into SQLite files and PostgreSQL, and what must be refused.
backup: build
	swift build -c release --product mock-broker
	@scripts/packages postgresql
	scripts/backup

# Every command and the host's door, with the real programs.
commands: build
	scripts/commands

# What /metrics and /health say, beside what happened.
metrics: build
	swift build -c release --product mock-broker
	@scripts/packages postgresql redis-server python3-venv
	scripts/metrics

# A value that is looked for afterwards in the place of every secret.
canary: build
	@scripts/packages postgresql redis-server openssl
	scripts/canary

# The host against its own description, by schemathesis and by a life of its own. CI runs fewer cases.
contract: build
	@scripts/packages python3-venv
	scripts/contract

# Bad webhooks of every provider, each bit flipped.
webhooks: build
	@scripts/packages python3-venv
	scripts/webhooks

# What attachments that wait cost the host's memory.
attachments: build
	python3 Tests/Integration/attachments.py

# Mail through a real Postfix, there and back, by the lines of docs/operating.md. As root.
postfix: build
	scripts/with-postfix python3 Tests/Integration/postfix.py

# What channels from outside are compiled against, beside the host that was built last.
kit: build
	swift build -c release --target ChannelTesting
	scripts/kit

# Libraries with channels: refused when they are broken, loaded when they are not, and harmless when they misbehave.
plugins: kit
	scripts/plugins
	scripts/push-tests

# What libFuzzer thinks of, for the readers of files, webhooks, bodies and tokens: FUZZ_SECONDS for each, 60 by default.
fuzz: packages
	swift build
	scripts/fuzz

simulation: packages
	SIMULATION_SEEDS=100000 swift test -c release -Xswiftc -enable-testing --scratch-path .build/simulation --filter SimulationTests

packages:
	@scripts/packages

# The servers that the tests start for themselves, besides.
test-packages:
	@scripts/packages postgresql redis-server python3-venv openssl
