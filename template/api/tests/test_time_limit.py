import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import time_limit


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(time_limit, "SECONDS", 0.2)
    app = FastAPI()
    app.add_middleware(time_limit.TimeLimit)

    @app.get("/waits")
    async def waits(seconds: float) -> dict[str, Any]:
        await asyncio.sleep(seconds)
        return {"waited": seconds}

    return TestClient(app)


def test_who_takes_too_long_is_answered_anyway(client: TestClient) -> None:
    answer = client.get("/waits", params={"seconds": 30})

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"


def test_who_is_in_time_is_left_alone(client: TestClient) -> None:
    assert client.get("/waits", params={"seconds": 0}).json() == {"waited": 0}
