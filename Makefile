PYTHON ?= python3
VENV := .venv/bin
IMPORTS := .:tests:extensions:template
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
DOCKERFILE := template/render/Dockerfile

.PHONY: help new test format pictures bench fleet schemas lock image release tags

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

new: ## Generate a store in ../my-store
	$(PYTHON) -m luma new

test: ## Lint, check types and run every test
	$(PYTHON) -m luma test

format: ## Format the Python files
	$(PYTHON) -m luma setup
	$(VENV)/ruff check --fix-only .
	$(VENV)/ruff format .

pictures: ## Make the documentation's pictures again (some minutes)
	$(PYTHON) -m luma setup
	$(VENV)/python -m pytest -n 0 --write-pictures tests/test_pictures.py tests/running/test_pictures.py

# In memory where there is any: a disk's writes are not what the ratios compare.
bench: export TMPDIR := $(firstword $(wildcard /dev/shm) /tmp)
bench: ## Measure copying and updating a store, its API, and what browsers pay for it
	$(PYTHON) -m luma setup
	PYTHONPATH=$(IMPORTS) $(VENV)/python -m bench.copying
	PYTHONPATH=$(IMPORTS) $(VENV)/python -m bench.updating
	PYTHONPATH=$(IMPORTS) $(VENV)/python -m bench.serving
	PYTHONPATH=$(IMPORTS) $(VENV)/python -m bench.browser

fleet: ## Measure updating 10, 50 and 100 stores (a quarter of an hour)
	$(PYTHON) -m luma setup
	PYTHONPATH=$(IMPORTS) $(VENV)/python -m bench.fleet

schemas: ## Download the vendors' schemas and descriptions for the tests
	mkdir -p .cache/schemas
	curl --fail --silent --show-error --location --output .cache/schemas/render.schema.json https://render.com/schema/render.yaml.json
	curl --fail --silent --show-error --location --output .cache/schemas/vercel.schema.json https://openapi.vercel.sh/vercel.json
	mkdir -p .cache/specs
	curl --fail --silent --show-error --location --output .cache/specs/sentry.openapi.json https://raw.githubusercontent.com/getsentry/sentry-api-schema/HEAD/openapi-derefed.json
	curl --fail --silent --show-error --location --output .cache/specs/stripe.fixtures3.json https://raw.githubusercontent.com/stripe/openapi/HEAD/openapi/fixtures3.json
	curl --fail --silent --show-error --location --output .cache/specs/render.openapi.json https://api-docs.render.com/openapi/render-public-api-1.json
	curl --fail --silent --show-error --location --output .cache/specs/sentry.terraform-provider.openapi.yaml https://raw.githubusercontent.com/jianyuan/terraform-provider-sentry/HEAD/internal/apiclient/api.yaml

lock: ## Lock the newest packages that the .in files allow (needs uv)
	$(LOCK) --no-annotate pyproject.toml --output-file requirements/copier.txt
	$(LOCK) --no-annotate pyproject.toml requirements/dev.in --output-file requirements/dev.txt
	cd template/tools && $(LOCK) requirements.in --output-file requirements.txt
	cd tests/node && npm install --package-lock-only --omit-lockfile-registry-resolved

image: ## Pin the newest image that the container's tag has (needs Docker)
	set -e; tag=$$(sed -n 's/^FROM \(python:[^@ ]*\)@.*/\1/p' $(DOCKERFILE)); \
	  digest=$$(docker buildx imagetools inspect "$$tag" --format '{{.Manifest.Digest}}'); \
	  case "$$digest" in sha256:*) ;; *) echo "Docker told no digest of $$tag." >&2; exit 1 ;; esac; \
	  sed "s/^FROM python:.*/FROM $$tag@$$digest AS base/" $(DOCKERFILE) > $(DOCKERFILE).new; \
	  mv $(DOCKERFILE).new $(DOCKERFILE)

release: ## Make a release: make release VERSION=v1.2.0
	$(PYTHON) -m luma release $(VERSION)

tags: ## Make the releases' tags in a fork that has none
	$(PYTHON) -m luma release --tags
