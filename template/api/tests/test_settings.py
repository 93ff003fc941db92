import pytest

from app.db import asyncpg_url
from app.settings import Settings, load_settings

NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def refusal(capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as exit_info:
        load_settings()
    assert exit_info.value.code == 3
    return capsys.readouterr().err.splitlines()


def test_every_missing_variable_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")

    lines = refusal(capsys)

    assert [line.split(" is not set: ")[0] for line in lines] == [
        "ENVIRONMENT",
        "DATABASE_URL",
        "CACHE_URL",
    ]


def test_a_refused_value_is_not_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", "mysql://store:hunter2@db/store")
    monkeypatch.setenv("CACHE_URL", "redis://cache:6379")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")

    lines = refusal(capsys)

    assert [line.split(" is not usable: ")[0] for line in lines] == [
        "DATABASE_URL",
        "DATABASE_POOL_SIZE",
    ]
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("postgresql://u:p%40ss@db:5432/store", "postgresql+asyncpg://u:p%40ss@db:5432/store"),
        (
            "postgresql://u:p@db/store?sslmode=require",
            "postgresql+asyncpg://u:p@db/store?ssl=require",
        ),
    ],
)
def test_the_database_url_is_put_in_asyncpgs_form(given: str, wanted: str) -> None:
    assert asyncpg_url(given).render_as_string(hide_password=False) == wanted
