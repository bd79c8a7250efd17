# Short names for what users and developers do; CMake does the work.
FLAVOUR ?= auto
BUILD ?= build
JOBS ?= $(shell nproc)
GOLDEN ?= tests/golden
CASES ?=
TRIALS ?= 300
TRACES ?= 10000
FUZZ_SECONDS ?= 60
EXAMPLES ?= 100
COUNT ?= 40
MODULES ?=
SEED ?= 1
export FLAVOUR

CACHE := $(shell scripts/setup.sh --print-cache)
BENCH_CHECKPOINT ?= $(CACHE)/bench/wan2.1-1.3b
TURBODIFF := $(BUILD)/bin/turbodiff

.PHONY: all tests help demo test lint tidy format parity eval-demo compare-ftfy bench bench-peers bench-ops bench-block bench-sched bench-estimates tariff-oracle \
  torture torture-inbox torture-broken mutation energy-traces wheels fuzz api-fuzz page-check gpu-check kernel-table sanitize tsan floor demo-model pictures install clean

all: ## install what is missing, then build the programs into build/bin
	@scripts/setup.sh --flavour $(FLAVOUR)
	@scripts/configure.sh $(BUILD) default
	@cmake --build $(BUILD) -j $(JOBS) --target turbodiff turbodiff-sched
	@echo "built $(BUILD)/bin/turbodiff and $(BUILD)/bin/turbodiff-sched"

tests: all
	@cmake --build $(BUILD) -j $(JOBS)

demo: all ## ... and write out/demo.mp4 with the built-in model, then plan, run and bill three queued jobs
	@mkdir -p out
	$(TURBODIFF) generate "a red circle moving right" --model demo --output out/demo.mp4 \
	  --contact-sheet out/demo.png --force
	$(TURBODIFF) info out/demo.mp4
	@scripts/demo-queue.sh $(BUILD)/bin out

test: tests ## ... and run every test
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

lint: ## check the format of all sources
	@scripts/lint.sh

tidy: all ## clang-tidy over lib and apps; MODULES="core tariff" restricts it. What has not changed since it passed is skipped
	@command -v clang-tidy >/dev/null || scripts/setup.sh --packages clang-tidy
	@scripts/tidy.py $(BUILD) --jobs $(JOBS) $(MODULES)

format: ## bring all sources into format
	@scripts/lint.sh --fix

kernel-table: ## CUDA kernels: registers, spills, shared memory and compile time for each architecture
	@scripts/kernel-table.py

gpu-check: ## build with nvcc alone, compare every CUDA kernel with its reference on the GPU, then time it; without one it says so
	@scripts/gpu-check.sh

parity: tests ## GOLDEN=DIR [CASES=a,b]: the golden set against the library
	@$(BUILD)/test-bin/parity $(GOLDEN) $(CASES)

eval-demo: tests ## classify the built-in model's clips for all evaluation prompts
	@$(BUILD)/test-bin/evaluate_demo --turbodiff $(TURBODIFF) --prompts tests/demo/data/eval_prompts.jsonl \
	  --out $(BUILD)/eval-demo --min color=0.97,motion=0.97,background=0.97,all=0.93

compare-ftfy: tests ## prompt cleaning against ftfy on 100,000 strings
	@scripts/venv.sh ftfy tools/ftfy/requirements.txt
	@$(CACHE)/venv-ftfy/bin/python tools/ftfy/compare.py $(BUILD)/test-bin/clean_filter --count 100000

bench: all $(BENCH_CHECKPOINT) ## DiT step, VAE decode, text encode, load: time, GFLOP/s, share of this machine's peak
	@$(TURBODIFF) bench --dit $(BENCH_CHECKPOINT)/dit.safetensors --vae $(BENCH_CHECKPOINT)/vae.safetensors \
	  --text-encoder $(BENCH_CHECKPOINT)/t5.safetensors

$(BENCH_CHECKPOINT): | all
	@$(TURBODIFF) bench --make-checkpoint wan2.1-1.3b --text-layers 2 $@

bench-peers: all $(BENCH_CHECKPOINT) ## the same against diffusers, on the same checkpoint and input
	@scripts/venv.sh bench-peers tools/bench-peers/requirements.txt
	@$(CACHE)/venv-bench-peers/bin/python tools/bench-peers/bench_peers.py --turbodiff $(TURBODIFF) \
	  --checkpoint $(BENCH_CHECKPOINT) --work $(CACHE)/bench/peers
	@$(CACHE)/venv-bench-peers/bin/python tools/bench-peers/bench_peers.py --turbodiff $(TURBODIFF) \
	  --checkpoint $(BENCH_CHECKPOINT) --work $(CACHE)/bench/peers --cases dit --quant-linear

bench-ops: all ## attention in full and sparse (SLA, SageSLA) against torch's, 32760 tokens, results checked first
	@$(TURBODIFF) bench --ops

BENCH_BLOCK := $(CACHE)/bench/turbowan2.1-1.3b-block

$(BENCH_BLOCK): | all
	@$(TURBODIFF) bench --make-checkpoint turbowan2.1-1.3b --layers 1 $@

bench-block: all $(BENCH_BLOCK) ## one transformer block of 30 at 832x480, 81 frames: plain, then sagesla and int8 layers
	@$(TURBODIFF) bench --dit $(BENCH_BLOCK)/dit.safetensors --size 832x480 --frames 81 \
	  --attention sagesla --quant-linear

bench-sched: tests ## adding, listing and planning with 100,000 jobs queued, reports of as many
	@python3 tools/bench-sched/bench_sched.py $(BUILD)/bin/turbodiff-sched
	@$(BUILD)/test-bin/bench_planner

bench-estimates: all ## estimates of time against what generations took
	@python3 tools/bench-sched/bench_estimates.py $(BUILD)/bin/turbodiff-sched

tariff-oracle: tests ## every minute of two years in seven zones against Python's zoneinfo
	@python3 tests/tariff/oracle.py $(BUILD)/bin/turbodiff-sched --full

torture: tests ## TRIALS=300: kills, power cuts, full disks, clock jumps and jobs that end everything
	@python3 tests/torture/torture.py --bin $(BUILD)/bin --shim $(BUILD)/test-bin/libkillpoint.so --trials $(TRIALS)

torture-inbox: tests ## 10,000 files into the watch folder in six ways, with 200 kills and lost events
	@python3 tests/torture/inbox.py --bin $(BUILD)/bin --shim $(BUILD)/test-bin/libkillpoint.so

torture-broken: ## show that torture fails for a scheduler without fencing or without flushing
	@scripts/setup.sh --no-engine
	@scripts/torture-broken.sh $(BUILD)-broken $(JOBS)

mutation: ## small errors in planner, billing, store and shutdown policy: do the tests notice? COUNT=40 of each, SEED=1
	@scripts/setup.sh --no-engine
	@scripts/configure.sh $(BUILD)-floor floor
	@cmake --build $(BUILD)-floor -j $(JOBS) --target sched_test store_test power_test
	@python3 tools/mutate/mutate.py --build $(BUILD)-floor --count $(COUNT) --seed $(SEED) --jobs $(JOBS)

energy-traces: tests ## TRACES=10000: power over time with meters that fail, against the known integral
	@cmake --build $(BUILD) -j $(JOBS) --target energy_traces
	@$(BUILD)/test-bin/energy_traces $(TRACES)

wheels: ## whether the Python package index has every wheel that either flavour needs
	@scripts/setup.sh --resolve-wheels

fuzz: ## run every fuzz target for FUZZ_SECONDS each
	@scripts/setup.sh --flavour $(FLAVOUR)
	@scripts/fuzz.sh $(BUILD)-fuzz $(FUZZ_SECONDS)

api-fuzz: all ## EXAMPLES=100: the daemon's HTTP API under schemathesis
	@scripts/venv.sh api-fuzz tools/api-fuzz/requirements.txt
	@$(CACHE)/venv-api-fuzz/bin/python tools/api-fuzz/fuzz_api.py $(CURDIR)/$(BUILD)/bin/turbodiff-sched \
	  --examples $(EXAMPLES)

page-check: all ## the daemon's page in a headless Chromium by keyboard; pictures in out/page
	@command -v chromium google-chrome chromium-browser >/dev/null || scripts/setup.sh --packages chromium
	@scripts/venv.sh page-check tools/page-check/requirements.txt
	@$(CACHE)/venv-page-check/bin/python tools/page-check/check_page.py $(CURDIR)/$(BUILD)/bin/turbodiff-sched \
	  --pictures out/page

pictures: all ## docs/pictures anew: a terminal session, the page and the report of a night
	@command -v chromium google-chrome chromium-browser >/dev/null || scripts/setup.sh --packages chromium
	@scripts/venv.sh page-check tools/page-check/requirements.txt
	@$(CACHE)/venv-page-check/bin/python tools/pictures/make_pictures.py $(BUILD)/bin docs/pictures

sanitize: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/setup.sh --flavour $(FLAVOUR)
	@scripts/configure.sh $(BUILD)-sanitize sanitize
	@cmake --build $(BUILD)-sanitize -j $(JOBS)
	@ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=suppressions=$(CURDIR)/tests/leaks.supp \
	  ctest --test-dir $(BUILD)-sanitize --output-on-failure -j $(JOBS)

tsan: ## HTTP, meters, notices and the watch folder under ThreadSanitizer: their tests, then a daemon with all of them
	@scripts/setup.sh --no-engine
	@scripts/configure.sh $(BUILD)-tsan tsan
	@cmake --build $(BUILD)-tsan -j $(JOBS) --target turbodiff-sched connect_test energy_test daemon_test
	@TSAN_OPTIONS=halt_on_error=1:suppressions=$(CURDIR)/tests/threads.supp \
	  ctest --test-dir $(BUILD)-tsan --output-on-failure -R '^(connect|energy|daemon)(\.|$$)'

floor: ## build and test without the engine and LibTorch
	@scripts/setup.sh --no-engine
	@scripts/configure.sh $(BUILD)-floor floor
	@cmake --build $(BUILD)-floor -j $(JOBS)
	@ctest --test-dir $(BUILD)-floor --output-on-failure -j $(JOBS)

demo-model: ## train the built-in model anew (hours) into out/demo-model
	@scripts/venv.sh demo-model tools/demo-model/requirements.txt
	@cd tools/demo-model && $(CACHE)/venv-demo-model/bin/python -m demo_model train --out $(CURDIR)/out/demo-model

install: all ## install programs, models and manuals (PREFIX, DESTDIR)
	@cmake --install $(BUILD) $(if $(PREFIX),--prefix $(PREFIX))

clean: ## remove the build folders; the cache outside the clone stays
	@rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-tsan $(BUILD)-fuzz $(BUILD)-floor $(BUILD)-broken

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' Makefile
