import threading
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from app import seed
from app.products import endpoints, importing
from app.products.catalogue import CatalogueError, read
from app.products.importing import StoppedError
from tests.conftest import MakeClient
from tests.helpers import ADMIN, create, replace, slugs

BOWL: dict[str, Any] = {
    "slug": "bowl",
    "name": "Bowl",
    "description": "A bowl, of clay",
    "price_minor": 4900,
    "category": "Tableware",
    "materials": ["Clay", "Tin"],
    "dimensions": {"diameter": 215, "weight": 900},
    "images": [{"file": "a.webp", "alt": "A bowl"}, {"file": "b.webp", "alt": ""}],
}
CUP: dict[str, Any] = {"slug": "cup", "name": "Cup", "description": "A cup", "price_minor": 900}
IN_CSV = """\
slug,name,description,price_minor,currency,category,materials,diameter,weight,images
bowl,Bowl,"A bowl, of clay",4900,EUR,Tableware,Clay | Tin,215,900,a.webp A bowl | b.webp
cup,Cup,A cup,900,EUR,,,,,
"""


class Cloudinary:
    """Takes uploads, up to as many as it may."""

    def __init__(self) -> None:
        self.taken: list[dict[str, bytes]] = []
        self.authorizations: list[str | None] = []
        self.most = 100


@pytest.fixture
def cloudinary() -> Iterator[tuple[Cloudinary, str]]:
    """Return what takes uploads, and the value of CLOUDINARY_URL that leads there."""
    vendor = Cloudinary()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kind = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            form = message_from_bytes(kind + self.rfile.read(int(self.headers["Content-Length"])))
            assert not isinstance(form.get_payload(), str)
            fields = {
                str(part.get_param("name", header="content-disposition")): part.get_payload(
                    decode=True
                )
                for part in form.walk()
                if not part.is_multipart()
            }
            is_taken = len(vendor.taken) < vendor.most
            if is_taken:
                vendor.taken.append(fields)  # type: ignore[arg-type]
                vendor.authorizations.append(self.headers["Authorization"])
            self.send_response(200 if is_taken else 420)
            self.end_headers()
            self.wfile.write(b"{}" if is_taken else b'{"error": {"message": "Rate limited"}}')

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        yield vendor, f"cloudinary://key:secret@cloud?upload_prefix={address}"
        server.shutdown()


@pytest.fixture
def shop(client: TestClient) -> TestClient:
    """Return an API's client that has the admin token."""
    client.headers.update(ADMIN)
    return client


def write(folder: Path, *products: dict[str, Any], currency: str = "EUR") -> Path:
    for name in "ab":
        (folder / f"{name}.webp").write_bytes(name.encode())
    file = folder / "products.yml"
    file.write_text(yaml.safe_dump({"currency": currency, "products": list(products)}))
    return file


def run(shop: TestClient, file: Path, served: Path | None = None, **options: Any) -> int:
    return importing.run(shop, file, served or file.parent / "served", **options)


def test_csv_and_yaml_say_the_same(shop: TestClient, tmp_path: Path) -> None:
    file = write(tmp_path, BOWL, CUP)
    (tmp_path / "products.csv").write_text(IN_CSV, "utf-8-sig")
    (tmp_path / "semicolons.csv").write_text(IN_CSV.replace(", of", ". of").replace(",", ";"))

    assert run(shop, file) == 2
    bowl = shop.get("/products/bowl").json()
    assert (bowl["price_minor"], bowl["stock"], bowl["materials"]) == (4900, None, ["Clay", "Tin"])
    assert (bowl["image"], bowl["image_alt"]) == ("/seed/a.webp", "A bowl")
    assert bowl["gallery"] == [{"image": "/seed/b.webp", "alt": ""}]
    assert run(shop, tmp_path / "products.csv") == 0
    assert [each.slug for each in read(tmp_path / "semicolons.csv")] == ["bowl", "cup"]


def test_the_first_product_of_a_file_is_the_newest(shop: TestClient, tmp_path: Path) -> None:
    run(shop, write(tmp_path, BOWL, CUP))

    assert slugs(shop) == ["bowl", "cup"]


def test_a_plan_says_what_changes_and_what_is_left_alone(
    shop: TestClient,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoints, "LISTED", 1)
    create(shop, "chair")
    run(shop, write(tmp_path, BOWL))
    capsys.readouterr()

    assert run(shop, write(tmp_path, BOWL | {"price_minor": 5900}, CUP), agree=lambda: False) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines() == [
        "new     cup",
        "changed bowl",
        "          price_minor: 4900 -> 5900",
        "left alone, because the file doesn't have them: chair",
        "2 of 2 products are new or changed.",
    ]
    assert shop.get("/products/bowl").json()["price_minor"] == 4900
    assert shop.get("/products/cup").status_code == 404


def test_what_a_file_leaves_out_stays(shop: TestClient, tmp_path: Path) -> None:
    run(shop, write(tmp_path, BOWL))
    replace(shop, "bowl", stock=7, active=False, name="Bowl", description="Shorter")

    assert run(shop, write(tmp_path, BOWL)) == 1
    [bowl] = shop.get("/admin/products").json()
    assert (bowl["stock"], bowl["active"], bowl["price_minor"]) == (7, False, 4900)
    assert run(shop, write(tmp_path, BOWL)) == 0


def test_each_mistake_is_named_with_its_place_and_nothing_is_written(
    shop: TestClient, tmp_path: Path
) -> None:
    (tmp_path / "a.webp").touch()
    file = tmp_path / "products.yml"
    file.write_text("""\
currency: EUR
products:
  - {slug: cup, name: Cup, description: "", price_minor: 900}
  - slug: Cup!
    name: Cup
    description: ""
    price_minor: 9.5
    colour: red
    images:
      - file: ../a.webp
""")
    with pytest.raises(CatalogueError) as error:
        run(shop, file)
    begun = [line.removeprefix(f"{file}:")[:24] for line in str(error.value).splitlines()]
    assert begun == [
        "4:11: slug: String shoul",
        "7:18: price_minor: Input",
        "8:13: colour: Extra inpu",
        "10:15: images.0.file: St",
    ]
    assert slugs(shop) == []

    file = tmp_path / "products.csv"
    there = "a.webp A bowl | b.webp"
    text = IN_CSV.replace("A bowl, of clay", "A bowl\nof clay").replace(there, "c.webp")
    file.write_text(f"{text}cup,Cup,A cup,9.50,EUR,,,,,,,\n")
    with pytest.raises(CatalogueError) as error:
        run(shop, file)
    begun = [line.removeprefix(f"{file}:")[:24] for line in str(error.value).splitlines()]
    assert begun == [
        f"2:10: images.0.file: {tmp_path}"[:24],
        "5:1: slug: cup is there ",
        "5:4: price_minor: Input ",
        "5:11: more cells: Extra ",
    ]
    assert slugs(shop) == []


@pytest.mark.parametrize("text", ["", "products: 3", "- slug: cup", "products: [", "\xff"])
def test_a_file_without_products_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "products.yml"
    file.write_text(text, "latin-1")
    with pytest.raises(CatalogueError, match=str(file)):
        read(file)
    with pytest.raises(CatalogueError, match="cannot be read"):
        read(tmp_path / "other.yml")


def test_a_currency_stays(shop: TestClient, tmp_path: Path) -> None:
    run(shop, write(tmp_path, CUP))

    with pytest.raises(StoppedError, match="cup has to stay in EUR"):
        run(shop, write(tmp_path, BOWL, CUP, currency="USD"))
    assert slugs(shop) == ["cup"]


def test_pictures_are_uploaded_once_and_products_after_them(
    make_client: MakeClient, cloudinary: tuple[Cloudinary, str], tmp_path: Path
) -> None:
    vendor, url = cloudinary
    shop = make_client(cloudinary_url=url)
    shop.headers.update(ADMIN)
    file = write(tmp_path, BOWL, CUP | {"images": [{"file": "b.webp", "alt": "A cup"}]})

    vendor.most = 1
    with pytest.raises(StoppedError, match=r"420: .*Rate limited.* 1 of 2 products were written"):
        importing.run(shop, file, None)
    assert slugs(shop) == ["cup"]

    vendor.most = 100
    assert importing.run(shop, file, None) == 1
    assert importing.run(shop, file, None) == 0
    assert [each["file"] for each in vendor.taken] == [b"b", b"a"]
    assert vendor.authorizations == [None, None]
    bowl = shop.get("/products/bowl").json()
    names = [bowl["image"], *(each["image"] for each in bowl["gallery"])]
    assert names == [each["public_id"].decode() for each in reversed(vendor.taken)]
    assert all(name.startswith("shop/local/") for name in names)

    # Another content is another picture, also under the same name.
    (tmp_path / "a.webp").write_bytes(b"other")
    assert importing.run(shop, file, None) == 1
    assert vendor.taken[-1]["file"] == b"other"
    assert shop.get("/products/bowl").json()["image"] != bowl["image"]


def test_a_shop_that_refuses_is_told(client: TestClient, tmp_path: Path) -> None:
    with pytest.raises(StoppedError, match=r"401: .*This needs the admin token"):
        run(client, write(tmp_path, CUP))


@pytest.mark.parametrize(
    "address",
    ["http://shop.example", "shop.example", "", "ftp://127.0.0.1", "http://127.0.0.1@a.b"],
)
def test_the_token_goes_nowhere_in_clear_text(address: str) -> None:
    with pytest.raises(StoppedError, match="https://"):
        importing.connect(address, "token")


def test_production_needs_an_address_and_a_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["products", "any.yml", "--to", "production"])
    for name in ("API_ORIGIN", "ADMIN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(SystemExit, match="set API_ORIGIN and ADMIN_TOKEN"):
        importing.main()
    monkeypatch.setenv("API_ORIGIN", "http://shop.example")
    monkeypatch.setenv("ADMIN_TOKEN", "a-hidden-token")
    with pytest.raises(SystemExit, match="has to begin with https://") as error:
        importing.main()
    assert "a-hidden-token" not in f"{error.value}{capsys.readouterr()}"


def test_the_seed_can_run_again(client: TestClient, tmp_path: Path) -> None:
    settings = client.app_state["settings"]
    samples = read(seed.SAMPLES)
    assert slugs(client) == []

    assert seed.seed(settings, tmp_path) == len(samples)
    assert slugs(client, limit=100) == [product.slug for product in samples]

    replace(client, samples[0].slug, name="Changed here", currency=samples[0].currency)
    assert seed.seed(settings, tmp_path) == 0
    assert client.get(f"/products/{samples[0].slug}").json()["name"] == "Changed here"


def test_every_sample_has_its_pictures(client: TestClient, tmp_path: Path) -> None:
    seed.seed(client.app_state["settings"], tmp_path)

    items = client.get("/products", params={"limit": 100}).json()["items"]

    pictures = [
        picture
        for item in items
        for picture in ({"image": item["image"], "alt": item["image_alt"]}, *item["gallery"])
    ]
    assert len(items) == len(read(seed.SAMPLES))
    assert all(picture["alt"] for picture in pictures)
    names = sorted(picture["image"].removeprefix("/seed/") for picture in pictures)
    for folder in (tmp_path, tmp_path / "480"):
        assert sorted(file.name for file in folder.glob("*.*")) == names
    small = (tmp_path / "480" / names[0]).stat().st_size
    assert small < (tmp_path / names[0]).stat().st_size
