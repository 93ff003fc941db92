"""What a store team does to its repository: small edits at lines that every release has.

Each edit ends with an error when its line is not there, so that none is left out unnoticed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

from support.stores import answers_of

Edit = Callable[[Path], None]

VARIABLE = "GIFT_WRAP"
HEADER = "X-Own-Header"
HOST = "https://reviews.example.net"

DECLARED = f"""\
  {VARIABLE}:
    purpose: "Paper that gifts are wrapped in"
    kind: config
    used_by: [api]
    required_in: []
    local: {{value: "red"}}
    preview:
      render: {{value: "red"}}
    production:
      render: {{value: "red"}}
"""

MIGRATION = """\
\"\"\"Say what a product is made of.\"\"\"

import sqlalchemy as sa
from alembic import op

revision: str = "material"
down_revision: str | None = "{newest}"


def upgrade() -> None:
    op.add_column("products", sa.Column("material", sa.String()))
"""

PRODUCT = "export type Product = BareProduct & { material: string | null };\n"

CRON = """\
- type: cron
  name: own-nightly
  runtime: docker
  plan: 0.5c-512mb
  region: {region}
  dockerfilePath: ./render/Dockerfile
  dockerContext: .
  dockerCommand: python -m app.report
  schedule: "0 3 * * *"
  autoDeployTrigger: checksPass
"""


def insert(file: Path, text: str, *, before: str = "", after: str = "") -> None:
    """Put a text before or after the one place where a line stands."""
    line, content = before or after, file.read_text(encoding="utf-8")
    assert content.count(line) == 1, f"{file} has {content.count(line)} times {line!r}"
    replace(file, line, text + line if before else line + text)


def replace(file: Path, old: str, new: str) -> None:
    """Write another text wherever an old one stands."""
    content = file.read_text(encoding="utf-8")
    assert old in content, f"{file} does not have {old!r}"
    file.write_text(content.replace(old, new), encoding="utf-8")


def write(file: Path, text: str) -> None:
    """Write a file that is not there yet."""
    assert not file.exists(), f"{file} is there already"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


# The starter, which belongs to the store.


def new_page(store: Path) -> None:
    write(
        store / "storefront/src/app/about/page.tsx",
        "export default function AboutPage() {\n  return <h1>About us</h1>;\n}\n",
    )


def product_field(store: Path) -> None:
    app = store / "api/app"
    domain = app / "products"  # which a store of v0.3 has as one file
    insert(
        domain / "models.py" if domain.exists() else app / "models.py",
        "    material: Mapped[str | None]\n",
        before="    active: Mapped[bool]",
    )
    insert(
        domain / "schemas.py" if domain.exists() else app / "products.py",
        "    material: str | None\n",
        before="    active: bool\n",
    )
    versions = store / "api/migrations/versions"
    newest = max(file.name for file in versions.glob("0*.py"))[:4]
    write(versions / "material.py", MIGRATION.format(newest=newest))
    lib = store / "storefront/src/lib"
    if (types := lib / "types.ts").exists():
        replace(types, "Product ", "BareProduct ")
    else:
        types = lib / "api.ts"
        replace(types, "type Product ", "type BareProduct ")
    types.write_text(f"{types.read_text()}\n{PRODUCT}")


def sample_text(store: Path) -> None:
    if (texts := store / "storefront/src/texts.ts").exists():
        replace(texts, "New in the house", "What we made this winter")
    else:
        page = store / "storefront/src/app/page.tsx"
        replace(page, "The collection", "What we made this winter")


def deleted_page(store: Path) -> None:
    (store / "storefront/src/app/search/page.tsx").unlink()


def moved_component(store: Path) -> None:
    source = store / "storefront/src"
    write(
        source / "components/messages/notice.tsx",
        (source / "components/notice.tsx").read_text(encoding="utf-8"),
    )
    (source / "components/notice.tsx").unlink()
    for page in (source / "app").rglob("*.tsx"):
        if "@/components/notice" in page.read_text(encoding="utf-8"):
            replace(page, "@/components/notice", "@/components/messages/notice")


def dependencies(store: Path) -> None:
    package = store / "storefront/package.json"
    insert(package, '\n    "clsx": "2.1.1",', after='"dependencies": {')
    insert(store / "api/requirements.in", "babel\n", before="cloudinary\n")


def setting(store: Path) -> None:
    insert(
        store / "api/app/settings.py",
        f'    {VARIABLE.lower()}: str = "red"\n',
        before="    log_level: ",
    )


STARTER: tuple[Edit, ...] = (
    new_page,
    product_field,
    setting,
    sample_text,
    deleted_page,
    moved_component,
    dependencies,
)

# The template's own files.


def readme(store: Path) -> None:
    replace(store / "README.md", "From here on `git push` deploys", "Ask Ida; `git push` deploys")


def room_readme(store: Path) -> None:
    insert(
        store / "render/README.md",
        "\nIda has the account.\n",
        after="Render asks for them when the Blueprint is created."
        " Later, set them in the service's Environment.\n",
    )


def deleted_file(store: Path) -> None:
    (store / ".editorconfig").unlink()


ANYWHERE: tuple[Edit, ...] = (readme, room_readme, deleted_file)

# The same files, in a release that has no place for a store's own yet.


def header(store: Path) -> None:
    insert(
        store / "vercel/vercel.json",
        f'        {{ "key": "{HEADER}", "value": "yes" }},\n',
        before='        { "key": "Referrer-Policy"',
    )


def variable(store: Path) -> None:
    insert(store / "env.yml", DECLARED, before="  NEXT_PUBLIC_SITE_URL:\n")
    insert(
        store / "render/render.yaml",
        f'              - key: {VARIABLE}\n                value: "red"\n',
        before="              - key: STOREFRONT_ORIGIN\n",
    )
    insert(
        store / ".env.example",
        f"# Paper that gifts are wrapped in\n{VARIABLE}=red\n\n",
        before="# Signs the API's call",
    )


def cron(store: Path) -> None:
    service = textwrap.indent(CRON.format(region=answers_of(store)["region"]), " " * 10)
    insert(store / "render/render.yaml", service, before="        databases:\n")


ROOMS: tuple[Edit, ...] = (header, variable, cron)


# The store's own files.


def own_target(store: Path) -> None:
    makefile = store / "own.mk"
    makefile.write_text(f"{makefile.read_text()}\nreport: ## Print the report\n\t@echo none\n")


def own_variable(store: Path) -> None:
    insert(store / "env.own.yml", DECLARED, after="variables:\n")


def own_service(store: Path) -> None:
    process = "{place: render, service: own-nightly, reads: [DATABASE_URL]}"
    insert(store / "env.own.yml", f"  nightly: {process}\n", after="processes:\n")
    service = textwrap.indent(CRON.format(region=answers_of(store)["region"]), "  ")
    insert(store / "render/own.yml", service, after="services:\n")


def own_policy(store: Path) -> None:
    file = store / "vercel/own.json"
    header = {"source": "/(.*)", "headers": [{"key": HEADER, "value": "yes"}]}
    replace(file, '"headers": []', f'"headers": [{json.dumps(header)}]')
    replace(
        file, '"contentSecurityPolicy": {}', f'"contentSecurityPolicy": {{"img-src": ["{HOST}"]}}'
    )


def own_transformation(store: Path) -> None:
    slug = answers_of(store)["store_slug"]
    line = f"  {slug}-banner: c_fill,g_auto,h_400,w_1600/f_auto/q_auto\n"
    insert(store / "storage/own.yml", line, after="named_transformations:\n")


def own_alert(store: Path) -> None:
    commented = (store / "monitoring/own.yml").read_text(encoding="utf-8")
    (store / "monitoring/own.yml").write_text(commented.replace("\n#  ", "\n  "), encoding="utf-8")


def make_own(store: Path) -> None:
    has_tools = (store / "tools").exists()
    module = "tools.blueprint" if has_tools else "render.own"  # where v0.3.1 and older have it
    subprocess.run([sys.executable, "-B", "-m", module], cwd=store, check=True)


OWN: tuple[Edit, ...] = (
    own_target,
    own_variable,
    own_service,
    own_policy,
    own_transformation,
    own_alert,
    make_own,
)


def edits_for(store: Path) -> tuple[Edit, ...]:
    """Return a team's edits: of the starter where it is there, and in the places of its release."""
    starter = STARTER if (store / "api").exists() else ()
    return (*starter, *ANYWHERE, *(OWN if (store / "own.mk").exists() else ROOMS))


def apply(store: Path, edits: Iterable[Edit]) -> None:
    """Edit a store."""
    for edit in edits:
        edit(store)
