"""Copier: a fresh store of a release, its part that the template owns, and the update itself."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from copier import Settings, load_settings, run_copy, run_update
from copier.errors import TaskError, UnsafeTemplateError, UserMessageError

from luma import CHECKOUT
from luma.decisions import load_decisions
from luma.problems import LumaError, ReleaseError
from luma.store import ANSWERS, Store

SETTINGS_VARIABLE = "COPIER_SETTINGS_PATH"


def answers(store: Store) -> dict[str, Any]:
    """Return the store's recorded answers to the questions."""
    loaded = yaml.safe_load((store.root / ANSWERS).read_text(encoding="utf-8"))
    return {key: value for key, value in loaded.items() if not key.startswith("_")}


def render(store: Store, given: Mapping[str, Any], commit: str, folder: Path) -> Path:
    """Generate a new store from a commit of its template; return the folder.

    Raises:
        LumaError: Copier refused.

    """
    with _private_cache(), _copier_errors(store):
        run_copy(
            store.source,
            folder,
            data=dict(given),
            vcs_ref=commit,
            settings=_settings(store),
            defaults=True,
            quiet=True,
        )
    return folder


def take(store: Store, commit: str, data: Mapping[str, str]) -> None:
    """Update the store to a commit of its template, with conflicts marked in its files.

    Raises:
        LumaError: Copier refused, and may have written something already.

    """
    with _private_cache(), _copier_errors(store):
        run_update(
            store.root,
            data=dict(data),
            vcs_ref=commit,
            settings=_settings(store),
            defaults=True,
            overwrite=True,
            quiet=True,
        )


def owned_by_template(
    store: Store, release: Path, given: Mapping[str, Any]
) -> Callable[[str], bool]:
    """Return the test whether an update of a store writes a path, by the release's copier.yml."""
    decisions = load_decisions(CHECKOUT)
    is_owned: Callable[[str], bool] = decisions.owned(
        _config(release), _context(decisions, store, given)
    )
    return is_owned


def owned_files(store: Store, release: Path, given: Mapping[str, Any]) -> list[str]:
    """Return the paths that an update of a store writes, from a release's files."""
    decisions, config = load_decisions(CHECKOUT), _config(release)
    folder = release / config["_subdirectory"]
    paths: list[str] = decisions.written(folder, config, _context(decisions, store, given))
    return paths


def _context(decisions: Any, store: Store, given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "storefront_has": partial(decisions.storefront_has, store.root)}


def _config(release: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((release / "copier.yml").read_text(encoding="utf-8"))
    return loaded


def _settings(store: Store) -> Settings:
    """Trust the store's own template, or only what the fleet's settings trust; take no default."""
    if SETTINGS_VARIABLE in os.environ:
        return Settings(trust=load_settings().trust)
    return Settings(trust=[store.source])


@contextmanager
def _private_cache() -> Iterator[None]:
    """Keep Copier's clones apart: runs side by side would break each other's."""
    with tempfile.TemporaryDirectory(prefix="copier-cache-") as cache:
        os.environ["COPIER_CACHE_DIR"] = cache
        yield


@contextmanager
def _copier_errors(store: Store) -> Iterator[None]:
    try:
        yield
    except UnsafeTemplateError as error:
        settings = os.environ.get(SETTINGS_VARIABLE, "Copier's settings")
        raise LumaError(f"{store.source} is not among the trusted ones of {settings}.") from error
    except TaskError as error:
        raise ReleaseError(f"A migration of the release failed: {error}") from error
    except UserMessageError as error:
        raise LumaError(str(error)) from error
    except Exception as error:  # a defect of the template, whatever its kind
        text = " ".join(str(error).split())
        raise ReleaseError(f"{type(error).__name__}: {text}") from error
