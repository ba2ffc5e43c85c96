# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

BIN := .venv/bin
PY := $(BIN)/python
# Every program is started by the supervisor: interrupted or not, no process is left behind; .venv/bin is on its PATH
RUN := $(PY) tests/gates/supervise.py
PYTEST := $(RUN) $(PY) -m pytest
# What hosts with Python 3.6 run, and its tests, which run there too
TARGET_CODE := plugins/modules plugins/module_utils $(wildcard tests/unit/plugins)

# The clone, and no other copy of the collection that this machine may have, is what Ansible finds
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.venv/collections

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup test lint format lint-python lint-ansible lint-docs sanity unit unit-oldest integration molecule \
        demo bench fuzz soak docs build clean distclean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## build .venv with the pinned tools (quick when nothing has changed)
	@python3 tests/gates/supervise.py tests/gates/setup.sh

test: setup ## everything that continuous integration runs
	$(RUN) $(PY) tests/gates/side_by_side.py lint unit molecule
	@$(MAKE) integration build

lint: lint-python lint-ansible lint-docs sanity ## every static gate

lint-python: setup ## ruff, mypy, and the Python floor of what runs on targets
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) vermin --quiet --target=3.6- --violations --eval-annotations --no-tips $(TARGET_CODE)
	$(RUN) mypy

format: setup ## rewrite the Python files as lint-python wants them
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

lint-ansible: setup ## ansible-lint at its production profile, without skips
	$(RUN) ansible-lint --offline --profile production --strict

lint-docs: setup ## documentation of the plugins, changelog fragments
	$(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self \
	    --disallow-unknown-collection-refs .
	$(RUN) antsibull-changelog lint
	$(RUN) $(PY) tests/gates/guides.py --check

sanity: setup ## ansible-test sanity, on a copy of the files that git knows or would add
	$(RUN) $(PY) tests/gates/sanity.py

unit: setup unit-oldest ## unit tests, on this Python and on the oldest one that targets have
	KILL_EVERY=8 $(PYTEST) -n 2 tests/unit

unit-oldest: setup
	$(RUN) $(PY) tests/gates/oldest_python.py

integration: setup ## tests on real MySQL servers, two files at a time
	$(PYTEST) -n 2 --dist loadscope --no-loadscope-reorder --durations=25 -m "not long" tests/integration

molecule: setup ## every molecule scenario, on real MySQL servers
	ANSIBLE_HOME='$(CURDIR)/.cache/ansible' MOLECULE_GLOB='molecule/*/molecule.yml' $(RUN) molecule test --all

demo: setup ## break a replica and bring it back (SERVER=5.6, SERVER=/base/directory for another server; STORY=relaylog or salvage)
	$(RUN) $(PY) -m sandbox.demo --server "$(SERVER)" --story "$(STORY)"

bench: setup ## ratios against other tools
	$(RUN) $(PY) tests/gates/optional_tests.py tests/benchmark

fuzz: setup ## relay logs damaged at random and repaired, N=200 rounds a server (FUZZ_SEED, FUZZ_FIRST: which)
	FUZZ_N='$(or $(N),20)' $(PYTEST) -s tests/integration/test_relaylog_fuzz.py

soak: setup ## long random runs, and a kill at each system call
	$(PYTEST) -k kill tests/unit
	$(PYTEST) -m long tests/integration
	$(RUN) $(PY) tests/gates/optional_tests.py tests/soak

docs: setup ## the lists in the guides, and HTML pages of the collection, in .cache/docs
	$(RUN) $(PY) tests/gates/guides.py
	$(RUN) $(PY) tests/gates/docs.py

build: setup ## the collection's tarball in dist/, proven by an install
	$(RUN) $(PY) tests/gates/package.py

clean: ## remove what was made, but .venv
	rm -rf .cache dist collections tests/output .ansible .hypothesis .mypy_cache .pytest_cache .ruff_cache

distclean: clean ## remove what was made
	rm -rf .venv
