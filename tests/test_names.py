"""Names typed by people: refused with a sentence, or kept intact in every file of the store."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from copier import run_copy
from decisions.names import (
    alert_email_problem,
    domain_problem,
    repository_problem,
    slug_from,
    store_name_problem,
    store_slug_problem,
)
from decisions.store import country_problem
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from markdown_it import MarkdownIt
from support.checkout import Generate

MANY = settings(max_examples=700, deadline=None, derandomize=True)

BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
FRAGMENTS = [
    *("'", '"', "`", "{{ 7*191 }}", "{% raw %}", "{#", "#", ": ", "- ", "\n", "\r\n", "\t", "\0"),
    *("\x1b[31m", "\u2028", "\u0085", "\ufeff", "\u200b", "\u200d", "\ufe0f", "👩‍🚀", "🛍️", "é"),
    *("e\u0301", "ß", "İ", "ﬁ", "٣", "מנורה", "\u202e", "\u2066", "\ud800", "\U000f0000"),
    *("no", "on", "null", "1e3", "~", "<<", "!!python/object", "&a", "*a", "%", "@", "\\", "$(id)"),
    *("${HOME}", "`id`", "; rm -rf /", "|", "&&", "<script>", "&lt;", "-->", "]]>", "../", "/etc"),
    *(
        "C:\\",
        "con",
        ".git",
        "..",
        ".",
        "/",
        "_",
        "--",
        "-",
        "a",
        "Z",
        "9",
        " ",
        "\u00a0",
        "x" * 300,
    ),
    *("xn--", "xn--bcher-kva", "bücher", "example", ".com", "https://", ":8080", "0x1", "+", ","),
]
hostile_text = (
    st.text(st.characters(exclude_categories=()), max_size=300)
    | st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join)
    | st.text("ab-.@/_1", max_size=70)
)


def shaped(pattern: str) -> SearchStrategy[str]:
    """Return texts near a pattern: most fit, some are then cut short or grown."""
    fitting = st.from_regex(pattern, fullmatch=True)
    return fitting | st.tuples(fitting, st.sampled_from(FRAGMENTS)).map("".join) | hostile_text


def seen(question: str, problem: str) -> str:
    """Return what a terminal of 80 columns shows of a refusal, behind Copier's own words."""
    return problem[: 80 - len(f"Validation error for question '{question}': ")]


def assert_sentence(question: str, problem: str, way_out: str) -> None:
    """Expect printable sentences whose beginning names the way out."""
    assert problem.endswith(".")
    assert re.search(way_out, seen(question, problem)), problem
    assert len(problem) < 800
    for character in problem:
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, problem


# What the vendors accept, restated here from their documents and not from the code.


def is_one_visible_line(value: str) -> bool:
    return (
        1 <= len(value) <= 60
        and value.splitlines() == [value]
        and value == value.strip()
        and not BIDI_CONTROLS & set(value)
        and all(c.isprintable() or c == "\u200d" or unicodedata.category(c) == "Zs" for c in value)
        and any(c.isalnum() or unicodedata.category(c)[0] in "PS" for c in value)
    )


def is_dns_label(value: str) -> bool:
    return len(value) <= 63 and re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", value) is not None


def is_host_name(value: str) -> bool:
    """Restate RFC 1123, IDNA 2008 and the browsers' rule that a last number means IPv4."""
    labels = value.split(".")
    for label in labels:
        if label.startswith("xn--"):
            try:
                label.encode().decode("idna")
            except UnicodeError:
                return False
    return (
        len(value) <= 253
        and len(labels) > 1
        and all(map(is_dns_label, labels))
        and re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]) is None
    )


def is_github_repository(value: str) -> bool:
    owner, _, name = value.partition("/")
    return (
        1 <= len(owner) <= 39
        and owner.isascii()
        and owner.replace("-", "").isalnum()
        and not owner.startswith("-")
        and not owner.endswith("-")
        and "--" not in owner
        and 1 <= len(name) <= 100
        and name.isascii()
        and all(character.isalnum() or character in "._-" for character in name)
        and name not in {".", ".."}
        and not name.lower().endswith((".git", ".wiki"))
    )


def is_mail_address(value: str) -> bool:
    """Restate the address that `<input type=email>` accepts, and the lengths of RFC 5321."""
    html = r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@([^@]+)"
    matched = re.fullmatch(html, value)
    local = value.rpartition("@")[0]
    return (
        matched is not None
        and is_host_name(matched[1])
        and len(value) <= 254
        and len(local) <= 64
        and not re.search(r"^\.|\.\.|\.$", local)
    )


def fits_every_vendor(slug: str) -> bool:
    """Restate Render's and Vercel's names, a PostgreSQL identifier and a Cloudinary folder."""
    database = slug.replace("-", "_")
    return (
        all(is_dns_label(f"{slug}{end}") for end in ("", "-api-pr-99999", "-storefront"))
        and "---" not in slug
        and re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", database) is not None
        and not set(slug) & set("?&#\\%<>+/ ")
        and len(slug) >= 2
    )


@MANY
@given(hostile_text)
@example("\u200d")
@example("\ufe0f\ufe0f")
@example("Bl\u202eue")
@example("x" * 61)
def test_a_store_name_is_one_visible_line_or_refused(name: str) -> None:
    problem = store_name_problem(name)
    if problem:
        assert_sentence(
            "store_name", problem, "^(It is empty: type|It shows nothing: add|At most|Remove)"
        )
    else:
        assert is_one_visible_line(name)
        assert yaml.safe_load(yaml.safe_dump(name, allow_unicode=True)) == name


@MANY
@given(shaped("[a-z0-9-]{1,45}"))
@example("xn--bcher-kva")
@example("a" * 51)
@example("blue-lamp\n")
def test_a_slug_fits_every_vendor_or_is_refused(slug: str) -> None:
    problem = store_slug_problem(slug)
    if problem:
        assert_sentence("store_slug", problem, r"^Example: blue-lamp\. .+\.")
    else:
        assert fits_every_vendor(slug)


@MANY
@given(shaped(r"[A-Za-z0-9-]{1,42}/[A-Za-z0-9._-]{1,20}"))
@example("owner/name.GIT")
@example("owner/..")
@example("a/" + "b" * 101)
@example("a/b\n")
def test_a_repository_can_exist_on_github_or_is_refused(repository: str) -> None:
    problem = repository_problem(repository)
    if problem:
        assert_sentence("repository", problem, r"^Example: lamps/store\. .+\.")
    else:
        assert is_github_repository(repository)


@MANY
@given(shaped(r"([a-z0-9-]{1,66}\.){1,4}([a-z]{2,5}|0x1|xn--[a-z0-9]{1,6})"))
@example("shop.0x1")
@example("xn--0.com")
@example("1.2.3.4")
@example(".".join(["a" * 60] * 5))
@example("shop.example.com\n")
def test_a_domain_is_a_host_name_or_empty_or_refused(domain: str) -> None:
    problem = domain_problem(domain)
    if problem:
        assert_sentence("domain", problem, r"^(Example: shop\.example\.com, or nothing\.|Write \S)")
    elif domain:
        assert is_host_name(domain)


@MANY
@given(shaped(r"[a-z0-9.+_-]{1,66}@([a-z0-9-]{1,20}\.){1,3}[a-z]{2,5}"))
@example("a@" + ".".join(["b" * 63] * 3) + "." + "c" * 61)
@example("a@shop.example.com\n")
@example('"a b"@example.com')
def test_an_alert_address_can_be_mailed_or_is_refused(address: str) -> None:
    problem = alert_email_problem(address)
    if problem:
        assert_sentence("alert_email", problem, r"^Example: ida@example\.com\. .+\.")
    else:
        assert is_mail_address(address)


@pytest.mark.parametrize(
    ("rule", "usual"),
    [
        (store_name_problem, ["Luma Store", "Ça & Là", "מנורה", "👩‍🚀 Supplies", "7-Eleven"]),
        (store_slug_problem, ["luma-store", "a1", "no", "null", "a" * 40]),
        (country_problem, ["DE", "US", "NO", ""]),
        (repository_problem, ["a/b", "my-organisation/.github", "a/b_c.d-e"]),
        (
            domain_problem,
            ["", "example.com", "xn--bcher-kva.example", "a.b.co.uk", "shop.xn--p1ai"],
        ),
        (alert_email_problem, ["a@b.co", "on-call+shop@mail.example.com"]),
    ],
)
def test_usual_answers_are_accepted(rule: Callable[[str], str], usual: list[str]) -> None:
    assert [rule(value) for value in usual] == [""] * len(usual)


@pytest.mark.parametrize(
    ("slug", "fault"),
    [
        ("Blue_Lamp", "Only a-z 0-9 -."),
        ("b", "2 to 40 long."),
        ("b" * 41, "2 to 40 long."),
        ("7-lamps", "A letter first."),
        ("blue--lamp", "Single hyphens."),
        ("blue-", "Single hyphens."),
    ],
)
def test_what_is_wrong_with_a_slug_is_seen_in_a_narrow_terminal(slug: str, fault: str) -> None:
    assert fault in seen("store_slug", store_slug_problem(slug))


def test_every_example_in_a_refusal_is_a_right_answer() -> None:
    rules = (
        store_slug_problem,
        repository_problem,
        country_problem,
        domain_problem,
        alert_email_problem,
    )
    for rule in rules:
        found = re.search(r"^Example: ([^ ,]+?)[.,] ", rule("? ?"))
        assert found, rule("? ?")
        assert rule(found[1]) == ""


@pytest.mark.parametrize(
    ("domain", "offered"),
    [
        ("Shop.Example.com", "shop.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("ŽLUŤ.example", "xn--lu-yta1h.example"),
        ("日本.example", "xn--wgv71a.example"),
    ],
)
def test_a_domain_in_its_own_script_is_given_back_as_dns_writes_it(
    domain: str, offered: str
) -> None:
    assert f"Write {offered}," in seen("domain", domain_problem(domain))
    assert not domain_problem(offered)


@MANY
@given(hostile_text)
@example("")
@example("123")
@example("-" * 300)
@example("a" + "-b" * 100)
def test_the_suggested_slug_is_always_usable(name: str) -> None:
    assert store_slug_problem(slug_from(name)) == ""
    assert fits_every_vendor(slug_from(name))


# The same names in a generated store.

NAMES: Mapping[str, dict[str, str]] = {
    "quotes": {"store_name": 'Bob\'s "Best" `Lamps` \'\'\' """'},
    "jinja": {"store_name": "{{ 7*191 }} {% raw %} {# x #} {{ store.slug }}"},
    "yaml": {"store_name": "a: &b *c # no - [x] {y: z} | > !!d", "store_slug": "null"},
    "yaml boolean": {"store_name": "no", "store_slug": "no", "repository": "on/no"},
    "yaml number": {"store_name": "1e3", "store_slug": "e3", "repository": "1/1.0"},
    "html": {"store_name": "</title><script>alert('x')</script>&amp;<!-- -->"},
    "shell": {"store_name": "$(touch x) `id` ${HOME} $HOME; rm -rf / && 'x' !! \\"},
    "path": {"store_name": "../../etc/passwd", "repository": "a/...", "store_slug": "con"},
    "emoji": {"store_name": "👩‍🚀🛍️ Ünïcødé e\u0301 İstanbul ﬁ"},
    "right to left": {"store_name": "חנות המנורה الأزرق"},
    "markdown": {"store_name": "1. # *a* _b_ [c](d) ~e~ ![f](g) | h | \\* &copy; ##"},
    "typescript": {"store_name": "\\u0041 ${process.env.X} `+alert(1)+` */ // \\n"},
    "python": {"store_name": '""" % %s {0} \\N{DEGREE SIGN} \\x41'},
    "ends in a backslash": {"store_name": "Lamps\\", "alert_email": "-a_+b@xn--bcher-kva.example"},
    "spaces": {"store_name": "A  B\u00a0C\u3000D", "domain": "xn--bcher-kva.example"},
    "longest": {
        "store_name": "\u2014" * 60,
        "store_slug": "a" * 40,
        "repository": f"{'a' * 39}/{'b' * 100}",
        "domain": ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 57, "io"]),
        "alert_email": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example",
    },
}


def files_of(store: Path) -> dict[str, bytes]:
    return {
        path.relative_to(store).as_posix(): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file()
    }


def parsed(path: str, content: bytes) -> Any:
    """Parse a file by its ending; None where the ending names no data format."""
    if path.endswith((".yml", ".yaml")):
        return list(yaml.safe_load_all(content))
    if path.endswith(".json"):
        return json.loads(content)
    if path.endswith(".toml"):
        return tomllib.loads(content.decode())
    return None


def skeleton(value: Any, slug: str) -> Any:
    """Keep keys and kinds of a document, so that a name that adds or turns a value is seen."""
    if isinstance(value, dict):
        own = re.compile(rf"^{slug}(?=-|$)")
        return {own.sub("SLUG", str(key)): skeleton(item, slug) for key, item in value.items()}
    if isinstance(value, list):
        return [skeleton(item, slug) for item in value]
    return type(value).__name__


def heading_of(readme: str) -> str:
    """Return the first heading as a reader sees it, rendered by a CommonMark parser."""
    tokens = MarkdownIt().parse(readme)
    first = next(i for i, token in enumerate(tokens) if token.type == "heading_open")
    assert tokens[first].tag == "h1"
    children = tokens[first + 1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}, children
    return "".join(child.content for child in children)


def assert_intact(template: Path, plain: Path, store: Path, answers: Mapping[str, str]) -> None:
    """Render a store and compare it with one that has a plain name."""
    run_copy(str(template), store, data=dict(answers), defaults=True, quiet=True, unsafe=True)
    files, usual = files_of(store), files_of(plain)

    recorded = yaml.safe_load(files[".copier-answers.yml"])
    assert {key: recorded[key] for key in answers} == answers
    slug = recorded["store_slug"]
    manifest = json.loads(files["vercel/store.json"])
    assert manifest["name"] == answers["store_name"]
    assert manifest["slug"] == slug
    assert manifest["domain"] == answers.get("domain", "")
    assert heading_of(files["README.md"].decode()) == answers["store_name"]
    assert "env.yml" in files
    assert files.keys() == usual.keys(), "a path follows the name"
    for path, content in files.items():
        if content != usual[path]:
            assert b"1337" not in content, path
            assert skeleton(parsed(path, content), slug) == skeleton(
                parsed(path, usual[path]), "plain-name"
            ), path


@pytest.fixture(scope="session")
def plain(generate: Generate) -> Path:
    """Return a store with a name that no format minds; every data file in it parses."""
    store = generate(store_name="Plain Name", domain="plain.example")
    for path, content in files_of(store).items():
        parsed(path, content)
    return store


@pytest.mark.parametrize("answers", NAMES.values(), ids=NAMES)
def test_a_hostile_name_arrives_intact_and_changes_nothing_else(
    answers: dict[str, str], template: Path, plain: Path, tmp_path: Path
) -> None:
    assert_intact(template, plain, tmp_path / "store", {"domain": "shop.example.com", **answers})


@settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate])
@given(hostile_text.filter(lambda name: not store_name_problem(name)))
def test_any_accepted_name_arrives_intact(
    template: Path, plain: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    store = tmp_path_factory.mktemp("named") / "store"
    assert_intact(template, plain, store, {"store_name": name, "domain": "shop.example.com"})
