"""The door between Copier and the decisions: one Jinja extension, nothing decided here."""

from __future__ import annotations

import gc
import hashlib
import json
import sys
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
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

_HERE = Path(__file__).parent


def _load_decisions() -> ModuleType:
    """Load the decisions that lie beside this file, never another release's.

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


if not gc.get_freeze_count():
    # All that Copier has imported lives until it ends. Searching it for garbage over and over is
    # a seventh of the time that a copy takes; `make bench` shows it.
    gc.freeze()
decisions = _load_decisions()


class StoreExtension(ContextHook):
    """Offers the catalogue to the questions and the resolved `store` to the files."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        # Copier compiles the same few strings again for every part of every path.
        environment.from_string = cache(environment.from_string)  # type: ignore[method-assign, assignment]
        catalog = decisions.load_catalog()
        environment.globals.update(
            region_choices=lambda: decisions.region_choices(catalog),
            tier_choices=lambda: decisions.tier_choices(catalog),
            asks_plan=self._asks_plan,
            plan_choices=self._plan_choices,
            tier_plan=lambda question, tier: catalog.tiers[tier].plans[question],
            answer_problem=lambda question, value: decisions.store.TEXT_RULES[question](value),
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
        try:
            if context["_copier_phase"] == "prompt":
                self._check(context)
            elif context.keys() >= decisions.questions.QUESTIONS:
                context["store"] = self._store(context)
                # Copier asks what to leave out once, and before it writes.
                is_first = context["_copier_phase"] == "render" and not self._is_clear
                if is_first and context.get("_copier_operation") == "update":
                    self._is_clear = True
                    _refuse_to_write_over(context)
        except decisions.AnswerError as error:
            raise UserMessageError(str(error)) from error

    @staticmethod
    @pass_context
    def _asks_plan(context: Context, question: str) -> Any:
        """Tell whether to ask for a plan; refuse one that is given or set and cannot be used.

        Copier evaluates `when` outside its own error handling, so that the sentence arrives.
        """
        catalog, conf = decisions.load_catalog(), context["_copier_conf"]
        asked = context["customize_plans"]
        if question == "logrocket_plan":
            asked = asked and context["enable_logrocket"]
        silent = conf["defaults"] or conf["skip_answered"]
        plan = conf["data"].get(question)
        if plan is None and asked:
            recorded = _recorded(conf)
            if question not in recorded:
                plan = conf["settings"].defaults.get(question)
            elif silent:
                plan = recorded[question]
        if plan is not None:
            try:
                decisions.check_plan(catalog, question, context["tier"], plan, customized=asked)
            except decisions.AnswerError as error:
                raise UserMessageError(str(error)) from error
        return asked

    @staticmethod
    @pass_context
    def _plan_choices(context: Context, question: str) -> Any:
        """Offer every plan where the question is asked, else the tier's own without the cost.

        Copier takes the default of an unasked question from the person's settings, where they
        name one, and ends unless it is a choice. It is offered so that it can be ignored.
        """
        catalog, tier = decisions.load_catalog(), context["tier"]
        replay_off = question == "logrocket_plan" and not context["enable_logrocket"]
        if not context["customize_plans"] or replay_off:
            own = catalog.tiers[tier].plans[question]
            return [own, context["_copier_conf"]["settings"].defaults.get(question, own)]
        return decisions.plan_choices(catalog, question, tier)

    @staticmethod
    @pass_context
    def _storefront_has(context: Context, package: str) -> bool:
        """Tell whether a store's storefront depends on a package; that of a new store does."""
        conf = context["_copier_conf"]
        if not _recorded(conf):
            return True
        try:
            manifest = Path(conf["dst_path"], "storefront/package.json").read_text("utf-8")
            return package in json.loads(manifest).get("dependencies", {})
        except (OSError, ValueError):
            return False

    @staticmethod
    @pass_context
    def _migrates(context: Context, stage: str) -> bool:
        """Tell whether a stage of `migrations` has anything to do in a store."""
        conf = context["_copier_conf"]
        known = run_path(str(_HERE.parent / "migrations" / "declared.py"))
        migrations = known["declared"]()
        if stage == "before":
            recorded = _recorded(conf)
            return bool(known["migrate"](migrations, recorded) != recorded)
        return bool(known["due"](known["moves"](migrations), Path(conf["dst_path"])))

    def _check(self, context: dict[str, Any]) -> None:
        conf = context["_copier_conf"]
        known = {key: context[key] for key in decisions.questions.QUESTIONS if key in context}
        state = (conf["data"], known)
        if state != self._checked:
            recorded = _recorded(conf)
            given = {**_settings_answers(conf, recorded), **conf["data"]}
            decisions.check_given(self._catalog, given, recorded, known)
            self._checked = ({**conf["data"]}, known)

    def _store(self, context: dict[str, Any]) -> Any:
        key = tuple(context[name] for name in sorted(decisions.questions.QUESTIONS))
        if self._resolved is None or self._resolved[0] != key:
            before = _recorded(context["_copier_conf"])
            self._resolved = (key, decisions.resolve(self._catalog, context, before))
        return self._resolved[1]


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
    config = yaml.safe_load((source / "copier.yml").read_text(encoding="utf-8"))

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
    """Give a value as a double-quoted JSON string, which YAML and TypeScript read alike."""
    return json.dumps(value, ensure_ascii=False)


_MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>()#+-.!|~$:@^=&"})


def markdown(value: str) -> str:
    """Escape a text so that Markdown shows it as it is, also in a table and a heading."""
    return value.translate(_MARKDOWN)


def _recorded(conf: Any) -> dict[str, Any]:
    """Give the answers that the destination holds; none where there is no store yet.

    Raises:
        UserMessageError: the answers file cannot be read.

    """
    path = Path(conf["dst_path"]) / (conf["answers_file"] or ".copier-answers.yml")
    try:
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserMessageError(f"{path} cannot be read, restore it from git: {error}") from error
    return answers if isinstance(answers, dict) else {}


def _settings_answers(conf: Any, recorded: dict[str, Any]) -> dict[str, Any]:
    """Give the answers that Copier takes from the person's own settings; plans are checked apart.

    The settings serve every template of that person, so that other names in there are no mistake.
    """
    questions = decisions.questions.QUESTIONS - decisions.questions.PLAN_QUESTIONS.keys()
    return {
        key: value
        for key, value in conf["settings"].defaults.items()
        if key in questions and key not in recorded
    }
