# Two commands for everyone: `make run` and `make test`. The rest are their parts, but for `make test-backends`, which
# trains under each of Keras's backends and needs PyTorch for that, `make test-arm`, which emulates ARM processors, and
# `make test-firefox`, which takes minutes and needs Firefox.

PYTHON ?= python3
PORT ?= 8427
UV := uv==0.13.9
LOCKING := --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header --quiet --system-certs
LEAN := .venv
FULL := .venv-test
BACKENDS := .venv-backends
TORCH := torch==2.13.0

.PHONY: run score test lint unit extension extension-test browser broker-and-camera test-backends test-arm test-firefox lock \
	clean

run: $(LEAN)/.ready
	$(LEAN)/bin/unmask samples --out out/samples
	@echo
	$(LEAN)/bin/unmask score out/samples/*.mp4
	@echo
	@$(MAKE) --no-print-directory extension
	@echo
	@echo "The browser extension is built:"
	@echo "  Chromium  chrome://extensions, 'Developer mode', 'Load unpacked', $(CURDIR)/extension/.output/chrome-mv3"
	@echo "  Firefox   about:debugging, 'This Firefox', 'Load Temporary Add-on', $(CURDIR)/extension/.output/firefox-mv3/manifest.json"
	@echo
	$(LEAN)/bin/unmask serve --port $(PORT)

score: $(LEAN)/.ready
	@test -n "$(FILE)" || { echo "Expected FILE, as in: make score FILE=clip.mp4. Received: none."; exit 2; }
	$(LEAN)/bin/unmask score "$(FILE)"

# What installs, lints and builds takes one core each, so two at a time; pytest shares the cores by itself. The first
# environment downloads third-party files into the checkout, which the other one's installation then finds.
test: $(LEAN)/.ready
	$(MAKE) --no-print-directory --jobs 2 lint extension-test browser broker-and-camera
	$(MAKE) --no-print-directory unit

lint: $(FULL)/.ready
	$(FULL)/bin/ruff check .
	$(FULL)/bin/ruff format --check .
	$(FULL)/bin/mypy edge/unmask_edge edge/hatch_build.py export/unmask_export server/unmask_server \
		training/unmask_training training/benchmarks edge/benchmarks export/benchmarks server/benchmarks tests

# Browsers alone: a page that waits for a busy machine looks like one that fails.
unit: $(FULL)/.ready extension/.output/.built browser broker-and-camera
	$(FULL)/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser
	$(FULL)/bin/pytest tests/browser

extension: extension/.output/.built

# After the build, which writes the same types.
extension-test: extension/.output/.built $(FULL)/.ready
	cd extension && npm run check && npm test

test-backends: $(BACKENDS)/.torch
	$(BACKENDS)/bin/pytest tests/backends

test-arm: $(FULL)/.ready arm-ready
	$(FULL)/bin/pytest tests/arm -s

test-firefox: $(FULL)/.ready extension/node_modules/.ready
	$(FULL)/bin/unmask samples --out out/samples
	FFMPEG=$$($(FULL)/bin/python -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())") && cd extension && \
		UNMASK_FFMPEG=$$FFMPEG npm run test:firefox -- ../out/samples/pan.mp4 && \
		UNMASK=../$(FULL)/bin/unmask node scripts/firefox_companion.mjs ../out/samples/pan.mp4

# Browser downloads of test tools come from elsewhere than the package registries; Debian's package does not.
browser:
	@test -n "$$UNMASK_CHROMIUM" || command -v chromium >/dev/null || { $(call debian,chromium); \
	} || { echo "Expected Chromium for the browser tests. Run: apt install chromium, or name one by UNMASK_CHROMIUM"; exit 1; }

# A broker and a camera's stream for the tests of watching; the latter is served by the system's own Python. Not beside
# the browser, since apt-get runs once at a time.
BROKER_AND_CAMERA := mosquitto python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
broker-and-camera: | browser
	@{ PATH=$$PATH:/usr/sbin command -v mosquitto >/dev/null && /usr/bin/python3 -c \
		'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null; } || { $(call debian,--no-install-recommends $(BROKER_AND_CAMERA)); \
	} || { echo "Expected a broker and an RTSP server for the tests. Run: apt install $(BROKER_AND_CAMERA)"; exit 1; }

define debian
	command -v apt-get >/dev/null && SUDO=$$(test $$(id -u) = 0 || echo "sudo -n") && \
		$$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1)
endef

# The lean environment: edge and server, no TensorFlow.
$(LEAN)/.ready: requirements.lock pyproject.toml | python-ready
	$(call install,$(LEAN),requirements.lock)

# Everything: training, export and the tools of the tests.
$(FULL)/.ready: requirements-test.lock pyproject.toml | python-ready tensorflow-ready
	$(call install,$(FULL),requirements-test.lock)

# JAX is among the pinned packages, because TF.js's converter needs it. PyTorch is not: it would be the largest of all.
$(BACKENDS)/.torch: $(BACKENDS)/.ready
	$(BACKENDS)/bin/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	touch $@

$(BACKENDS)/.ready: requirements-test.lock pyproject.toml | python-ready tensorflow-ready
	$(call install,$(BACKENDS),requirements-test.lock)

# Compiled at once: where Python may not write byte code, each start of TensorFlow would compile it for 16 s.
define install
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	VIRTUAL_ENV=$(1) $(1)/bin/uv pip sync --quiet --system-certs --require-hashes --compile-bytecode $(2)
	VIRTUAL_ENV=$(1) $(1)/bin/uv pip install --quiet --system-certs --no-deps --editable .
	touch $@
endef

extension/node_modules/.ready: extension/package-lock.json | node-ready
	cd extension && npm ci --no-audit --no-fund
	touch $@

extension/.output/.built: extension/node_modules/.ready $(LEAN)/.ready $(shell git ls-files extension edge/unmask_edge/bundle)
	cd extension && npm run build
	touch $@

.PHONY: python-ready tensorflow-ready node-ready arm-ready
python-ready:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null || \
		{ echo "Expected Python 3.10 to 3.13 as $(PYTHON). Received: $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Expected Python's venv module. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

tensorflow-ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || \
		{ echo "Expected Python 3.10 to 3.12: TensorFlow's converters have no later wheels. Name one: make test PYTHON=python3.11"; exit 1; }

node-ready:
	@node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null || \
		{ echo "Expected Node.js 20 or newer with npm. Received: $$(node --version 2>&1)."; exit 1; }

arm-ready:
	@command -v qemu-aarch64-static >/dev/null && command -v qemu-arm-static >/dev/null && command -v mmdebstrap >/dev/null || \
		{ echo "Expected qemu-user-static and mmdebstrap. On Debian and Ubuntu: apt install qemu-user-static mmdebstrap debian-archive-keyring"; exit 1; }

# Pins every version; no registry is written into the files.
lock: $(FULL)/.ready
	$(FULL)/bin/uv pip compile pyproject.toml --extra server --extra watch --extra training --extra ray --extra export --group test $(LOCKING) \
		--output-file requirements-test.lock
	$(FULL)/bin/uv pip compile pyproject.toml --extra server --constraints requirements-test.lock $(LOCKING) \
		--output-file requirements.lock
	$(FULL)/bin/uv pip compile pyproject.toml --extra tflite --no-emit-package ai-edge-litert $(LOCKING) \
		--output-file requirements-tflite.lock

clean:
	rm -rf $(LEAN) $(FULL) $(BACKENDS) .arm out extension/node_modules extension/.output extension/.wxt
