import asyncio
from pathlib import Path
from xml.etree import ElementTree

from fastapi.testclient import TestClient

from app.seed import ARTICLES, seed
from tests.helpers import replace, slugs


def test_the_seed_can_run_again(client: TestClient, tmp_path: Path) -> None:
    settings = client.app_state["settings"]
    assert slugs(client) == []

    assert asyncio.run(seed(settings, tmp_path)) == len(ARTICLES)
    assert slugs(client, limit=100) == [article.slug for article in ARTICLES]

    replace(client, ARTICLES[0].slug, name="Changed here")
    assert asyncio.run(seed(settings, tmp_path)) == 0
    assert client.get(f"/products/{ARTICLES[0].slug}").json()["name"] == "Changed here"


def test_every_product_has_an_image(client: TestClient, tmp_path: Path) -> None:
    asyncio.run(seed(client.app_state["settings"], tmp_path))

    items = client.get("/products", params={"limit": 100}).json()["items"]

    for item in items:
        assert item["image"] == f"/seed/{item['slug']}.svg"
        drawing = (tmp_path / f"{item['slug']}.svg").read_text()
        assert ElementTree.fromstring(drawing).tag.endswith("svg")  # noqa: S314
    assert len(list(tmp_path.iterdir())) == len(ARTICLES)
