"""Rules for the answers that a person types freely.

A terminal shows only the first words of a sentence, so that the way out comes first.

Each `*_problem` function gives an empty string for a value that every vendor accepts, else one
sentence that says what is wrong and what is allowed.
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
        return f"The store's name is empty: type 1 to {STORE_NAME_MAX} characters."
    if value != value.strip():
        return "The store's name begins or ends with a space: take it away."
    if len(value) > STORE_NAME_MAX:
        return (
            f"The store's name has {len(value)} characters: at most {STORE_NAME_MAX} are allowed."
        )
    for character in value:
        kind = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if kind and character not in _EMOJI_JOINERS:
            return (
                f"The store's name contains {kind} (U+{ord(character):04X}): "
                "letters, digits, punctuation, emoji and spaces are allowed."
            )
    if not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        return "The store's name shows nothing: letters, digits, punctuation and emoji are allowed."
    return ""


def store_slug_problem(value: str) -> str:
    """Check the machine name against the strictest of the vendors' rules."""
    if len(value) > STORE_SLUG_MAX or not _SLUG.fullmatch(value):
        return (
            f"Use 2 to {STORE_SLUG_MAX} of a-z, 0-9 and single hyphens, a letter first, no hyphen "
            f"last, such as blue-lamp: {_shown(value)} does not fit."
        )
    return ""


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
    return (
        "Write owner/name, such as blue-lamp/store, without address or .git: "
        f"{_shown(value)} is not a repository on GitHub."
    )


def domain_problem(value: str) -> str:
    """Check an optional host name: empty, or a full domain in lower-case ASCII."""
    if not value or _is_domain(value):
        return ""
    hint = _punycode_hint(value)
    return (
        "Write the bare name in lower case, such as shop.example.com, or nothing: "
        f"{_shown(value)} is not a domain{hint}."
    )


def alert_email_problem(value: str) -> str:
    """Check one plain e-mail address, as every vendor's form accepts it."""
    local, _, domain = value.rpartition("@")
    fits = len(local) <= 64 and len(value) <= 254
    if fits and _LOCAL_PART.fullmatch(local) and _is_domain(domain):
        return ""
    return (
        "Write one address, its domain in lower case, such as alerts@example.com: "
        f"{_shown(value)} is not one."
    )


def slug_from(store_name: str) -> str:
    """Derive a machine name from the store's name; `my-store` where no letter is left."""
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
    """Tell whether every `xn--` label stands for letters; a browser refuses it otherwise."""
    try:
        value.encode("ascii").decode("idna")
    except UnicodeError:
        return False
    return True


def _punycode_hint(value: str) -> str:
    try:
        encoded = value.lower().encode("idna").decode()
    except UnicodeError:
        return ""
    return f" (yours: {encoded})" if encoded != value and _is_domain(encoded) else ""


def _shown(value: str) -> str:
    short = value if len(value) <= 48 else value[:45] + "..."
    return ascii(short) if not short.isprintable() else f'"{short}"'
