import hashlib
import json
import time
from typing import Any

import pytest
from cloudinary.utils import api_sign_request
from fastapi.testclient import TestClient

from app.uploads import endpoints
from tests.conftest import MakeClient
from tests.helpers import ADMIN

SECRET = "account-secret"
URL = f"cloudinary://account-key:{SECRET}@MyCloud"
BODY = json.dumps({"notification_type": "upload", "public_id": "shop/local/\u00e4"}).encode()


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client(cloudinary_url=URL)


def test_an_upload_is_signed_for_its_folder_and_preset(client: TestClient) -> None:
    before = int(time.time())
    signed = client.post("/admin/uploads", headers=ADMIN).json()
    parameters = signed["parameters"]

    assert signed["url"] == "https://api.cloudinary.com/v1_1/MyCloud/image/upload"
    assert signed["api_key"] == "account-key"
    assert set(parameters) == {"asset_folder", "public_id", "tags", "timestamp", "upload_preset"}
    assert parameters["asset_folder"] == "shop/local"
    assert parameters["public_id"].startswith("shop/local/")
    assert parameters["upload_preset"] == "shop-product"
    assert signed["expires_at"] - before in range(600, 605)
    # Cloudinary takes it for an hour after its timestamp.
    assert parameters["timestamp"] + 3600 == signed["expires_at"]
    text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    wanted = hashlib.new("sha1", f"{text}{SECRET}".encode()).hexdigest()
    assert signed["signature"] == wanted
    assert SECRET not in json.dumps(signed)


def test_what_the_client_asks_for_is_not_signed(client: TestClient) -> None:
    given: dict[str, str | bool] = {
        "public_id": "shop/production/logo",
        "eager": "w_9999",
        "overwrite": True,
    }
    signed = client.post("/admin/uploads", json=given, params=given, headers=ADMIN).json()

    assert signed["parameters"]["public_id"] != given["public_id"]
    assert not {"eager", "overwrite"} & signed["parameters"].keys()


def test_a_picture_has_one_name_by_its_content(client: TestClient) -> None:
    first, again, other = (
        client.post("/admin/uploads", json={"sha256": digest * 64}, headers=ADMIN).json()
        for digest in "aab"
    )
    refused = client.post("/admin/uploads", json={"sha256": "../logo"}, headers=ADMIN)

    names = [each["parameters"]["public_id"] for each in (first, again, other)]
    assert names == [f"shop/local/{digest * 32}" for digest in "aab"]
    assert refused.status_code == 422


def test_the_signature_is_cloudinarys() -> None:
    # The example of Cloudinary's documentation.
    parameters = {
        "eager": "w_400,h_300,c_pad|w_260,h_200,c_crop",
        "public_id": "sample_image",
        "timestamp": 1315060510,
    }

    assert api_sign_request(parameters, "abcd") == "bfd09f95f331f558cbd1320e67aa8d488770583e"


def test_every_parameter_is_signed() -> None:
    original = endpoints.UploadParameters(
        asset_folder="a", public_id="b", tags="c", timestamp=1, upload_preset="d"
    )
    changes: list[dict[str, Any]] = [
        {"asset_folder": "x"},
        {"public_id": "x"},
        {"public_id": "b&tags=x"},
        {"tags": "x"},
        {"timestamp": 2},
        {"upload_preset": "x"},
    ]
    signatures = {endpoints.sign(original.model_copy(update=change), SECRET) for change in changes}

    assert len(signatures | {endpoints.sign(original, SECRET)}) == len(changes) + 1


def test_without_an_account_uploads_are_off(make_client: MakeClient) -> None:
    client = make_client()

    response = client.post("/admin/uploads", headers=ADMIN)

    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert client.post("/webhooks/cloudinary", headers=headers_for(BODY)).status_code == 404


def headers_for(body: bytes, *, age: int = 0, algorithm: str = "sha1") -> dict[str, str]:
    timestamp = str(int(time.time()) - age)
    digest = hashlib.new(algorithm, body + timestamp.encode() + SECRET.encode())
    return {"X-Cld-Timestamp": timestamp, "X-Cld-Signature": digest.hexdigest()}


def notify(client: TestClient, body: bytes, headers: dict[str, Any]) -> int:
    return client.post("/webhooks/cloudinary", content=body, headers=headers).status_code


def test_a_notification_of_cloudinarys_is_taken(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The example of the tests of Cloudinary's SDKs.
    client = make_client(cloudinary_url="cloudinary://key:X7qLTrsES31MzxxkxPPA-pAGGfU@cloud")
    video = "res.cloudinary.com/demo/video/upload/sp_full_hd/v1533125278/dog.mp4"
    body = (
        '{"notification_type":"eager","eager":[{"transformation":"sp_full_hd/mp4","bytes":1055,'
        f'"url":"http://{video}","secure_url":"https://{video}"}}],"public_id":"dog",'
        '"batch_id":"9b11fa058c61fa577f4ec516bf6ee756ac2aefef095af99aef1302142cc1694a"}'
    ).encode()
    headers = {
        "X-Cld-Timestamp": "1549533514",
        "X-Cld-Signature": "dfe82de1d9083fe0b7ea68070649f9a15b8874da",
    }
    monkeypatch.setattr(time, "time", lambda: 1549533574)

    assert notify(client, body, headers) == 204


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_notification_is_taken_once(client: TestClient, algorithm: str) -> None:
    headers = headers_for(BODY, algorithm=algorithm)

    assert notify(client, BODY, headers) == 204
    assert notify(client, BODY, headers) == 409


@pytest.mark.parametrize("age", [7260, -7260])
def test_a_notification_of_another_time_is_refused(client: TestClient, age: int) -> None:
    assert notify(client, BODY, headers_for(BODY, age=age)) == 401


def test_a_tampered_notification_is_refused(client: TestClient) -> None:
    headers = headers_for(BODY)
    later = headers | {"X-Cld-Timestamp": str(int(headers["X-Cld-Timestamp"]) + 1)}

    assert notify(client, BODY.replace(b"local", b"other"), headers) == 401
    assert notify(client, BODY, later) == 401


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 100_000])
def test_a_signed_body_that_is_no_object_is_refused(client: TestClient, body: bytes) -> None:
    assert notify(client, body, headers_for(body)) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Cld-Signature": None},
        {"X-Cld-Timestamp": None},
        {"X-Cld-Signature": ""},
        {"X-Cld-Signature": "zz"},
        {"X-Cld-Signature": b"\xff"},
        {"X-Cld-Timestamp": ""},
        {"X-Cld-Timestamp": "now"},
        {"X-Cld-Timestamp": "9" * 400},
        {"X-Cld-Timestamp": b"\xff"},
    ],
)
def test_missing_and_malformed_headers_are_refused(
    client: TestClient, changes: dict[str, Any]
) -> None:
    headers = {k: v for k, v in (headers_for(BODY) | changes).items() if v is not None}

    assert notify(client, BODY, headers) in {401, 422}


def test_a_huge_notification_is_refused(client: TestClient) -> None:
    body = b" " * (256 * 1024 + 1)

    assert notify(client, body, headers_for(body)) == 413
