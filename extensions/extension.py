"""The Jinja extension that hands Copier's context to the decisions, and their results back."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from runpy import run_path
from types import ModuleType
from typing import Any

import yaml
from copier import run_copy
from copier.errors import UserMessageError
from copier_template_extensions import ContextHook
from jinja2 import Environment, Template, pass_context
from jinja2.runtime import Context

_HERE = Path(__file__).parent


def _load_decisions() -> ModuleType:
    """Return the decisions that lie beside this file, never another release's.

    During an update Copier has two releases of the template in one process. The module's name
    therefore carries a digest of its sources: equal sources share it, others cannot.
    """
    digest = hashlib.sha256()
    contract = _HERE.parent / "template" / "tools" / "contract.py"
    for path in sorted([*_HERE.glob("decisions/*.py"), *_HERE.glob("catalog/*.yml"), contract]):
        digest.update(path.read_bytes())
    name = f"luma_decisions_{digest.hexdigest()[:16]}"
    if name not in sys.modules:
        package = _HERE / "decisions"
        spec = spec_from_file_location(
            name, package / "__init__.py", submodule_search_locations=[str(package)]
        )
        if spec is None or spec.loader is None:
            raise UserMessageError(f"{package} cannot be loaded: the template is damaged.")
        sys.modules[name] = module = module_from_spec(spec)
        # Copier removes its clone of the template right after: bytecode would never be read.
        writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        finally:
            sys.dont_write_bytecode = writes_bytecode
    return sys.modules[name]


decisions = _load_decisions()


class StoreExtension(ContextHook):
    """Offers the catalogue to the questions and the resolved `store` to the files."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.from_string = _compiling_once(environment)  # type: ignore[method-assign]
        try:
            catalog = decisions.load_catalog()
        except decisions.CatalogError as error:
            raise UserMessageError(f"The template's catalogue is damaged:\n{error}") from error
        environment.globals.update(
            region_choices=lambda: decisions.region_choices(catalog),
            tier_choices=lambda: decisions.tier_choices(catalog),
            tier_plan=lambda question, tier: decisions.tier_plan(catalog, question, tier),
            is_asked=self._is_asked,
            country_of=self._country_of,
            asks_plan=self._asks_plan,
            plan_choices=self._plan_choices,
            answer_problem=self._answer_problem,
            slug_from=decisions.names.slug_from,
            storefront_has=self._storefront_has,
            migrates=self._migrates,
        )
        environment.filters["quote"] = quote
        environment.filters["markdown"] = markdown
        self._catalog = catalog
        self._checked: object = None
        self._resolved: tuple[tuple[Any, ...], Any] | None = None
        self._is_clear = False

    def hook(self, context: dict[str, Any]) -> None:
        """Check given answers while Copier asks, and add `store` when it renders.

        Copier calls this for every part of every path: both branches work once per set of answers.

        Raises:
            UserMessageError: the answers describe no store; Copier prints the sentence and ends.

        """
        with _told_by_copier():
            if context["_copier_phase"] == "prompt":
                self._check(context)
            elif context.keys() >= decisions.questions.QUESTIONS:
                context["store"] = self._store(context)
                # Copier asks what to leave out once, and before it writes.
                is_first = context["_copier_phase"] == "render" and not self._is_clear
                if is_first and context.get("_copier_operation") == "update":
                    self._is_clear = True
                    _refuse_to_write_over(context)

    @staticmethod
    @pass_context
    def _is_asked(context: Context, question: str) -> bool:
        """Return whether to ask: an existing store is not asked what it never was."""
        recorded = _recorded(context["_copier_conf"])
        return not recorded or question in recorded

    @staticmethod
    @pass_context
    def _country_of(context: Context, region: str) -> Any:
        recorded = _recorded(context["_copier_conf"])
        return decisions.questions.country_of(decisions.load_catalog(), region, recorded)

    @staticmethod
    @pass_context
    def _asks_plan(context: Context, question: str) -> Any:
        with _told_by_copier():
            return decisions.asks_plan(
                decisions.load_catalog(), question, _known(context.get_all())
            )

    @staticmethod
    @pass_context
    def _plan_choices(context: Context, question: str) -> Any:
        return decisions.plan_choices(decisions.load_catalog(), question, _known(context.get_all()))

    @staticmethod
    @pass_context
    def _answer_problem(context: Context, question: str, value: str) -> Any:
        return decisions.answer_problem(question, value, _known(context.get_all()))

    @staticmethod
    @pass_context
    def _storefront_has(context: Context, package: str) -> Any:
        conf = context["_copier_conf"]
        is_new = not _recorded(conf)
        return is_new or decisions.storefront_has(Path(conf["dst_path"]), package)

    @staticmethod
    @pass_context
    def _migrates(context: Context, stage: str) -> bool:
        """Return whether a stage of `migrations` has anything to do in a store."""
        conf = context["_copier_conf"]
        known = run_path(str(_HERE.parent / "migrations" / "declared.py"))
        migrations = known["declared"]()
        if stage == "before":
            recorded = _recorded(conf)
            return bool(known["migrate"](migrations, recorded) != recorded)
        return bool(known["due"](known["moves"](migrations), Path(conf["dst_path"])))

    def _check(self, context: dict[str, Any]) -> None:
        conf = context["_copier_conf"]
        answers = {key: context[key] for key in decisions.questions.QUESTIONS if key in context}
        if (conf["data"], answers) != self._checked:
            decisions.check_given(self._catalog, _known({**answers, "_copier_conf": conf}))
            self._checked = ({**conf["data"]}, answers)

    def _store(self, context: dict[str, Any]) -> Any:
        key = tuple(context[name] for name in sorted(decisions.questions.QUESTIONS))
        if self._resolved is None or self._resolved[0] != key:
            before = _recorded(context["_copier_conf"])
            self._resolved = (key, decisions.resolve(self._catalog, context, before))
        return self._resolved[1]


def _compiling_once(environment: Environment) -> Callable[..., Template]:
    """Return `from_string` with a memory: Copier compiles each part of a path again and again."""
    compiled = cache(environment.from_string)

    def from_string(source: Any) -> Template:
        # Extensions expect to be called each time: Copier's `yield` begins anew there.
        environment.preprocess(source)
        return compiled(source)

    return from_string


@contextmanager
def _told_by_copier() -> Iterator[None]:
    """Let Copier print the sentence of a refused answer, and end."""
    try:
        yield
    except decisions.AnswerError as error:
        raise UserMessageError(str(error)) from error


def _refuse_to_write_over(context: dict[str, Any]) -> None:
    """End an update that would write over what no merge brings back.

    Copier renders into three folders; only the store holds recorded answers.

    Raises:
        UserMessageError: something stands in the way; nothing was written.

    """
    conf = context["_copier_conf"]
    recorded = _recorded(conf)
    if not recorded:
        return
    source = Path(conf["src_path"])
    config = decisions.catalog.load_yaml((source / "copier.yml").read_text(encoding="utf-8"))

    def render(folder: Path) -> None:
        run_copy(
            recorded["_src_path"],
            folder,
            data={key: value for key, value in recorded.items() if not key.startswith("_")},
            vcs_ref=recorded["_commit"],
            settings=conf["settings"],
            defaults=True,
            quiet=True,
            unsafe=True,  # Copier has asked for trust already
        )

    paths = decisions.written(source / config["_subdirectory"], config, context)
    if problem := decisions.obstacle(Path(conf["dst_path"]), paths, render):
        raise UserMessageError(problem)


def quote(value: object) -> str:
    """Return a value as a double-quoted JSON string, which YAML and TypeScript read alike."""
    return json.dumps(value, ensure_ascii=False)


_MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#+-.!|~$:@^=&"})


def markdown(value: str) -> str:
    """Return a text escaped so that Markdown shows it as it is, also in a table and a heading."""
    return value.translate(_MARKDOWN)


def _known(context: Mapping[str, Any]) -> Any:
    """Return what Copier knows about the answers."""
    conf = context["_copier_conf"]
    return decisions.Known(
        answers=context,
        given=conf["data"],
        recorded=_recorded(conf),
        preferred=conf["settings"].defaults,
        keeps_recorded=conf["defaults"] or conf["skip_answered"],
    )


def _recorded(conf: Any) -> dict[str, Any]:
    """Return the answers that the destination holds; none where there is no store yet.

    Raises:
        UserMessageError: the answers file cannot be read.

    """
    path = Path(conf["dst_path"]) / (conf["answers_file"] or ".copier-answers.yml")
    try:
        answers = decisions.catalog.load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserMessageError(f"{path} cannot be read, restore it from git: {error}") from error
    return answers if isinstance(answers, dict) else {}
