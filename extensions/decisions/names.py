"""Rules for the answers that a person types freely.

Each `*_problem` function returns an empty string for a value that every vendor accepts, else what
is wrong. Copier shows that in one line behind 34 characters of its own and the question's key: the
right answer stands in what then fits into a terminal of 80 columns.
"""

from __future__ import annotations

import re
import unicodedata

STORE_NAME_MAX = 60
STORE_SLUG_MAX = 40
"""Leaves room for `-api-pr-99999` within the 63 characters of a DNS label."""

_SLUG = re.compile(r"[a-z](?:-?[a-z0-9])+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")
_OWNER = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*")
_REPOSITORY_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_REFUSED_CATEGORIES = {
    "Cc": "a control character",
    "Cf": "an invisible formatting character",
    "Cn": "an unassigned character",
    "Co": "a private-use character",
    "Cs": "half of a surrogate pair",
    "Zl": "a line break",
    "Zp": "a paragraph break",
}
_EMOJI_JOINERS = "\u200d\ufe0f"


def store_name_problem(value: str) -> str:
    """Check the name that customers read: one line of 1 to 60 visible characters."""
    if not value.strip():
        return f"It is empty: type 1 to {STORE_NAME_MAX} characters."
    if value != value.strip():
        return "Remove the space at its start or end."
    if len(value) > STORE_NAME_MAX:
        return (
            f"At most {STORE_NAME_MAX} characters, not {len(value)}: shorten the name of the store."
        )
    for character in value:
        kind = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if kind and character not in _EMOJI_JOINERS:
            return (
                f"Remove U+{ord(character):04X}, {kind}: the name of the store may hold letters, "
                "digits, punctuation, emoji and spaces."
            )
    if not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        return "It shows nothing: add a letter, a digit or an emoji to the name of the store."
    return ""


def store_slug_problem(value: str) -> str:
    """Check the machine name against the strictest of the vendors' rules."""
    if len(value) <= STORE_SLUG_MAX and _SLUG.fullmatch(value):
        return ""
    if re.search(r"[^a-z0-9-]", value):
        fault = "Only a-z 0-9 -."
    elif not 2 <= len(value) <= STORE_SLUG_MAX:
        fault = f"2 to {STORE_SLUG_MAX} long."
    elif not value[0].isalpha():
        fault = "A letter first."
    else:
        fault = "Single hyphens."
    return (
        f"Example: blue-lamp. {fault} {shown(value)} does not fit: a store_slug is 2 to "
        f"{STORE_SLUG_MAX} of a-z, 0-9 and single hyphens, a letter first, no hyphen last."
    )


def repository_problem(value: str) -> str:
    """Check `owner/name` by GitHub's rules."""
    owner, _, name = value.partition("/")
    owner_fits = len(owner) <= 39 and _OWNER.fullmatch(owner)
    name_fits = (
        _REPOSITORY_NAME.fullmatch(name)
        and name not in {".", ".."}
        and not name.lower().endswith((".git", ".wiki"))
    )
    if owner_fits and name_fits:
        return ""
    fault = "No .git." if value.lower().endswith(".git") else "owner/name."
    return (
        f"Example: lamps/store. {fault} {shown(value)} is not a repository on GitHub: "
        "write its owner and name, without address or .git."
    )


def domain_problem(value: str) -> str:
    """Check an optional host name: empty, or a full domain in lower-case ASCII."""
    if not value or _is_domain(value):
        return ""
    wanted = _as_dns_writes(value)
    return (
        f"{f'Write {wanted}' if wanted else 'Example: shop.example.com'}, or nothing. "
        f"{shown(value)} is not a domain: leave out https:// and paths, and use lower case."
    )


def alert_email_problem(value: str) -> str:
    """Check one plain e-mail address, as every vendor's form accepts it."""
    local, _, domain = value.rpartition("@")
    fits = len(local) <= 64 and len(value) <= 254
    if fits and _LOCAL_PART.fullmatch(local) and _is_domain(domain):
        return ""
    return (
        f"Example: ida@example.com. One only. {shown(value)} is not an address: "
        "alert_email is a single one, its domain in lower case."
    )


def slug_from(store_name: str) -> str:
    """Return a machine name for a store's name; `my-store` where no letter is left."""
    ascii_name = unicodedata.normalize("NFKD", store_name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")
    slug = re.sub(r"^[0-9-]+", "", slug)[:STORE_SLUG_MAX].rstrip("-")
    return slug if not store_slug_problem(slug) else "my-store"


def _is_domain(value: str) -> bool:
    labels = value.split(".")
    return (
        len(value) <= 253
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and _TOP_LEVEL.fullmatch(labels[-1]) is not None
        and _decodes(value)
    )


def _decodes(value: str) -> bool:
    """Return whether every `xn--` label stands for letters; a browser refuses it otherwise."""
    try:
        value.encode("ascii").decode("idna")
    except UnicodeError:
        return False
    return True


def _as_dns_writes(value: str) -> str:
    """Return a domain as DNS writes it, in lower-case ASCII; empty where it is none."""
    try:
        encoded = value.lower().encode("idna").decode()
    except UnicodeError:
        return ""
    return encoded if _is_domain(encoded) else ""


def shown(value: str) -> str:
    """Return a value as a refusal quotes it."""
    short = value if len(value) <= 48 else value[:45] + "..."
    return ascii(short) if not short.isprintable() else f'"{short}"'
