# 专精特新运行监测。常用：make demo · make test · make stop
# Only GNU make, Python 3.11 and Java >= 17 are needed; everything else is fetched by locked versions.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
LOCKS  := infra/locks
UV     := .uv/bin/uv
CHECK  := --first
BIN    := .venv/bin
# Two or more processes, each with servers of its own where its tests need them; the order is tests/conftest.py's.
WORKERS := --numprocesses=logical --maxprocesses=4 --dist=loadgroup --no-loadscope-reorder
# What is measured is written to docs/measurements.md with RECORD=1.
RECORDED := $(if $(RECORD),--record)
# Work of a stamp is done again when what it depends on has other content, whatever the file times say.
hash    = $(firstword $(shell cat $(1) | cksum))
UV_STAMP      := .uv/.done-$(call hash,$(LOCKS)/bootstrap.lock)
VENV_STAMP    := .venv/.done-$(call hash,$(LOCKS)/platform.lock $(LOCKS)/dev.lock)
PROJECT_STAMP := .venv/.project-$(call hash,pyproject.toml $(LOCKS)/platform.lock $(LOCKS)/dev.lock)
BI_STAMP      := .venv-bi/.done-$(call hash,$(LOCKS)/bi.lock)
S3_STAMP      := .venv-s3/.done-$(call hash,$(LOCKS)/s3.lock)
LOAD_STAMP    := .venv-load/.done-$(call hash,$(LOCKS)/load.lock)
AXE_STAMP     := .axe/.done-$(call hash,$(LOCKS)/axe/package-lock.json)

# Certificates of the machine count (a site with its own authority); byte code halves the start of Airflow.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: help demo test test-fast pages faults fuzz bench bench-audit bench-commands bench-huge bench-large bench-cluster cluster cluster-stop up stop status clean lint format lock env env-bi env-s3 env-load env-axe load check

help: ## 列出命令 / list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: env env-bi ## 演示：装好、启动、造数、跑通、打开看板 / everything from nothing to dashboards
	@$(BIN)/python -m infra.local.preflight
	@$(BIN)/python -m infra.demo $(RECORDED) $(ARGS)

cluster: env env-bi env-s3 ## 同一演示在集群上：S3 湖仓、两个 Spark 工作进程 / the demo with its lake in S3 and two workers, from nothing
	@set -a; . infra/cluster.env; set +a; \
	$(BIN)/python -m infra.local.preflight; \
	$(BIN)/python -m infra.local clean --yes; \
	$(BIN)/python -m infra.demo $(ARGS)

cluster-stop: ## 停止集群 / stop the cluster; the gateway's lake goes with it
	@set -a; . infra/cluster.env; set +a; $(BIN)/python -m infra.local stop

# The static checks run beside the tests: one core for less than a minute.
define lint_and_pytest
	@$(MAKE) --no-print-directory lint & lint=$$!; \
	tested=0; $(BIN)/pytest $(1) $(WORKERS) $(RECORDED) $(ARGS) || tested=$$?; \
	wait $$lint || { echo "代码检查未通过，见上 / the static checks failed, see above" >&2; exit 1; }; \
	exit $$tested
endef

test: CHECK := --tests
test: env env-bi ## 全部检查与测试 / all checks and tests
	$(call lint_and_pytest)

test-fast: env ## 不启动任何服务的检查与测试 / checks and the tests that start no server
	$(call lint_and_pytest,--no-server)

faults: CHECK := --tests
faults: env env-bi env-s3 ## 故障注入测试 / long tests that kill processes in the middle
	@$(BIN)/pytest -m faults $(ARGS)

pages: CHECK := --tests
pages: env env-bi env-axe ## 每一页、每张图、每种人，企图越权的各条路 / every page and chart as every kind of person, every way to what is not theirs
	@$(BIN)/pytest -m pages $(ARGS)

fuzz: CHECK := --tests
fuzz: env env-bi ## 一万个损坏文件、一百万行文件 / ten thousand spoilt files, a million rows
	@$(BIN)/pytest tests/messy -m fuzz -s $(ARGS)

bench: env ## 接收与计算的速度 / speed of ingest and of the figures, and what a poll costs at least
	@$(BIN)/python -m benchmarks.ingest $(RECORDED) $(ARGS)
	@$(BIN)/python -m benchmarks.polls $(RECORDED)
	@$(BIN)/python -m benchmarks.kpi $(RECORDED)

bench-commands: env ## 查询命令的耗时，在已有发布的安装上 / the commands that look something up, on an installation that has published
	@$(BIN)/python -m benchmarks.commands $(RECORDED) $(ARGS)

bench-large: env ## 十五万户的计算速度，4 GB / speed of the figures of 150,000 enterprises, with 4 GB
	@$(BIN)/python -m benchmarks.kpi --firms 150000 --memory 4 $(RECORDED) $(ARGS)

bench-huge: env ## 一百五十万户的计算速度，8 GB / speed of the figures of 1,500,000 enterprises, with 8 GB
	@$(BIN)/python -m benchmarks.kpi --firms 1500000 --memory 8 --spans 1 $(RECORDED) $(ARGS)

bench-cluster: env env-s3 ## 十五万户，一个与两个工作进程 / 150,000 enterprises over one worker and over two
	@$(BIN)/python -m benchmarks.cluster $(RECORDED) $(ARGS)

bench-audit: env ## 审核最新一次发布的用时（先 make demo） / seconds of an audit of the newest release, after make demo
	@$(BIN)/python -m benchmarks.audit $(RECORDED) $(ARGS)

load: env env-bi env-load ## 许多人同时看页面（先 make demo） / many people at the pages at once, after make demo
	@$(BIN)/python -m benchmarks.load $(RECORDED) $(ARGS)

lint: env ## 代码检查 / static checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: env ## 整理格式 / format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

up: env env-bi ## 只启动服务 / start the services only
	@$(BIN)/python -m infra.local.preflight
	@$(BIN)/python -m infra.local up

stop: ## 停止服务 / stop the services
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m infra.local stop

status: env ## 服务状态 / state of the services
	@$(BIN)/python -m infra.local status

clean: ## 停止并删除运行数据 / stop and delete all run-time data
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m infra.local clean $(if $(YES),--yes)

check: # what must be there before anything is installed
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "缺少 Python 3.11（找到 $(PYTHON)）：apt-get install python3.11 python3.11-venv，或 make PYTHON=/path/to/python3.11"; \
	  echo "Python 3.11 is missing (found $(PYTHON)): install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m infra.local.preflight $(CHECK)

env: $(PROJECT_STAMP) ## 安装平台环境 / install the platform environment
	@:

env-bi: $(BI_STAMP) ## 安装看板环境 / install the dashboard environment
	@:

$(UV_STAMP): | check
	@echo "· uv"
	@rm -rf .uv && $(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/bootstrap.lock
	@touch $@

$(VENV_STAMP): | $(UV_STAMP)
	@echo "· 平台环境 / platform environment (.venv)"
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python $(PYTHON) .venv
	@VIRTUAL_ENV=.venv $(UV) pip sync --require-hashes $(LOCKS)/platform.lock $(LOCKS)/dev.lock
	@rm -f .venv/.done-* .venv/.project-* && touch $@

$(PROJECT_STAMP): | $(VENV_STAMP)
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-index --no-deps --no-build-isolation -e .
	@rm -f .venv/.project-* && touch $@

env-s3: $(S3_STAMP) ## 安装 S3 网关 / install the S3 gateway of the cluster
	@:

env-load: $(LOAD_STAMP) ## 安装负载测量的环境 / install the environment of the load measurement
	@:

env-axe: $(AXE_STAMP) ## 安装无障碍检查（测试用） / install the accessibility check of the tests
	@:

$(AXE_STAMP): | check
	@echo "· 无障碍检查 / accessibility check (.axe)"
	@rm -rf .axe && mkdir .axe && cp $(LOCKS)/axe/package.json $(LOCKS)/axe/package-lock.json .axe/
	@npm ci --prefix .axe --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(S3_STAMP): | $(UV_STAMP)
	@echo "· S3 网关 / S3 gateway (.venv-s3)"
	@[ -x .venv-s3/bin/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-s3
	@VIRTUAL_ENV=.venv-s3 $(UV) pip sync --require-hashes $(LOCKS)/s3.lock
	@rm -f .venv-s3/.done-* && touch $@

$(LOAD_STAMP): | $(UV_STAMP)
	@echo "· 负载测量 / load measurement (.venv-load)"
	@[ -x .venv-load/bin/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-load
	@VIRTUAL_ENV=.venv-load $(UV) pip sync --require-hashes $(LOCKS)/load.lock
	@rm -f .venv-load/.done-* && touch $@

$(BI_STAMP): | $(UV_STAMP)
	@echo "· 看板环境 / dashboard environment (.venv-bi)"
	@[ -x .venv-bi/bin/python ] || $(UV) venv --quiet --python $(PYTHON) .venv-bi
	@VIRTUAL_ENV=.venv-bi $(UV) pip sync --require-hashes $(LOCKS)/bi.lock
	@rm -f .venv-bi/.done-* && touch $@

lock: $(UV_STAMP) ## 重新锁定版本 / resolve the locks again (ARGS=--upgrade for newer versions)
	@cd $(LOCKS) && for name in bootstrap platform dev bi s3 load; do \
	  echo "· $$name"; \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" ../../$(UV) pip compile --quiet --generate-hashes \
	    --python-version 3.11 $(ARGS) $$name.in -o $$name.lock; done
