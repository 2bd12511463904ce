# make demo   replay each guide on the testbed and say where its record is
# make test   every check and every test
# make bench  what all of it costs against other tools, as ratios (benchmarks/README.md)
# make screenshots   retake the pictures of docs/tour.md (needs Chromium)
# make lock   resolve the dependencies again (needs uv)
#
# demo, test and bench first make .venv here from requirements.lock. They need Python 3.11, 3.12 or 3.13
# and nothing else: no root, no environment variable.

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check --no-input
supported := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# Some hundred processes import the package: where Python is told not to keep what it compiled, each
# of them compiles it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test bench screenshots lock

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

demo: .venv/ready
	@began=$$(date +%s); code=0; \
	for guide in $$($(bin)/python -c 'from sfsip_nb.platforms import NAMES; print(*NAMES)'); do \
	  out=runs/demo-$$(date -u +%Y%m%d-%H%M%S)-$$guide; \
	  $(bin)/sfsip replay parameters/$$guide.testbed.yaml --out $$out || code=1; \
	done; \
	echo "Replayed in $$(( $$(date +%s) - began )) s."; \
	exit $$code

# More workers than cores: a test waits for packets and processes half of its time. nbval collects
# notebooks, and is loaded, only where it is asked for: a second and a half in each worker.
test: .venv/ready
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	$(bin)/pytest -p no:nbval -n 5 --no-loadscope-reorder

bench: .venv/ready
	$(bin)/python -m benchmarks

screenshots: .venv/ready
	$(bin)/python -m tests.browser.screenshots

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile pyproject.toml --extra all --extra test --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

# The environment is made anew when the lock changed, the project installed again when its
# pyproject.toml did. Nothing is compiled ahead: most of 14,000 modules are never imported, and Python
# keeps what it compiles on the way.
.venv/ready: .venv/locked pyproject.toml
	@$(pip) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/locked: requirements.lock
	@found=; for python in python3 python3.13 python3.12 python3.11; do \
	  if $$python -c '$(supported)' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11, 3.12 or 3.13 was found as python3. Install one and try again." >&2; \
	  exit 1; \
	fi; \
	echo "Making .venv with $$($$found --version) from requirements.lock: a minute or two."; \
	$$found -m venv --clear .venv
	@$(pip) install --quiet --no-compile --require-hashes --requirement requirements.lock
	@touch $@
