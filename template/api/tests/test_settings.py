import pytest
from render.api.database import asyncpg_url

from app.settings import Settings, load_settings

NAMES = [name.upper() for name in Settings.model_fields]

COMPLETE = {
    "ENVIRONMENT": "production",
    "RENDER_GIT_COMMIT": "0123abc",
    "STOREFRONT_ORIGIN": "https://shop.example",
    "REVALIDATE_SECRET": f"generated-1-{'x' * 32}",
    "ADMIN_TOKEN": f"generated-2-{'x' * 32}",
    "DATABASE_URL": "postgresql://store@db/store",
    "CACHE_URL": "redis://cache:6379",
    "CLOUDINARY_URL": "cloudinary://key:hidden@cloud",
    "MEDIA_FOLDER": "shop/production",
    "SENTRY_DSN": "https://key@sentry.example/1",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "RENDER"):
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in (COMPLETE | changes).items():
        monkeypatch.setenv(name, value)


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
        "ADMIN_TOKEN",
        "MEDIA_FOLDER",
    ]


def test_a_refused_value_is_not_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("DATABASE_URL", "mysql://store:hunter2@db/store")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")

    lines = refusal(capsys)

    assert [line.split(" is not usable: ")[0] for line in lines] == [
        "DATABASE_URL",
        "DATABASE_POOL_SIZE",
    ]
    assert "hunter2" not in "".join(lines)


def test_a_complete_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)

    settings = load_settings()

    assert settings.release == "0123abc"
    assert "generated-2" not in repr(settings)


def test_a_secret_that_is_replaced_has_two_values(monkeypatch: pytest.MonkeyPatch) -> None:
    two = f"{'x' * 32},{'y' * 32}"
    set_all(monkeypatch, ADMIN_TOKEN=two, REVALIDATE_SECRET=two, STOREFRONT_SECRET=two)

    assert load_settings().admin_token.get_secret_value() == two


def test_production_names_all_that_is_missing_or_a_placeholder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, DATABASE_POOL_SIZE="many", ADMIN_TOKEN="local-only-admin-token")
    for name in (
        "RENDER_GIT_COMMIT",
        "STOREFRONT_ORIGIN",
        "REVALIDATE_SECRET",
        "CLOUDINARY_URL",
        "SENTRY_DSN",
    ):
        monkeypatch.delenv(name)

    lines = refusal(capsys)

    assert {line.split(" is ")[0] for line in lines} == {
        "DATABASE_POOL_SIZE",
        "RENDER_GIT_COMMIT",
        "STOREFRONT_ORIGIN",
        "REVALIDATE_SECRET",
        "CLOUDINARY_URL",
        "SENTRY_DSN",
        "ADMIN_TOKEN",
    }
    assert all(line.endswith(".") for line in lines)


def test_preview_needs_neither_storefront_nor_account(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, ENVIRONMENT="preview", MEDIA_FOLDER="shop/preview")
    for name in ("STOREFRONT_ORIGIN", "REVALIDATE_SECRET", "CLOUDINARY_URL", "SENTRY_DSN"):
        monkeypatch.delenv(name)

    assert load_settings().storefront_origin is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ADMIN_TOKEN", ["x", " ", " " * 40, "x" * 31, "local-only-admin-token"]),
        ("ADMIN_TOKEN", [f"{'x' * 32},", f"{'x' * 31},{'y' * 32}", f"{'x' * 32},local-only-y"]),
        ("REVALIDATE_SECRET", ["x", f"local-only-{'x' * 32}"]),
        ("STOREFRONT_SECRET", ["x", "x" * 31, f"local-only-{'x' * 32}"]),
        (
            "STOREFRONT_ORIGIN",
            [
                "http://x",
                "https://",
                "https://shop.example/de",
                "https://shop.example?a=b",
                "https://me@shop.example",
                "https://shop.example:x",
                "https://a b",
                "shop.example",
            ],
        ),
        ("MEDIA_FOLDER", ["shop/local", "shop/preview", "shop/production/local"]),
    ],
)
def test_production_refuses_what_would_do_on_a_laptop(
    name: str,
    values: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for value in values:
        set_all(monkeypatch, **{name: value})

        [line] = refusal(capsys)

        assert line.startswith(f"{name} is "), value
        assert line.endswith(".")


def test_a_preview_refuses_what_everybody_knows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    placeholders = dict.fromkeys(("ADMIN_TOKEN", "REVALIDATE_SECRET"), f"local-only-{'x' * 32}")
    set_all(monkeypatch, ENVIRONMENT="preview", **placeholders)

    lines = refusal(capsys)

    names = {line.split(" is ")[0] for line in lines}
    assert names == {"ADMIN_TOKEN", "MEDIA_FOLDER", "REVALIDATE_SECRET"}


def test_a_secret_that_is_required_has_to_be_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, REQUIRE_STOREFRONT_SECRET="true")
    assert refusal(capsys) == [
        "REQUIRE_STOREFRONT_SECRET is not usable: it needs STOREFRONT_SECRET."
    ]

    set_all(monkeypatch, STOREFRONT_SECRET="s" * 32, REQUIRE_STOREFRONT_SECRET="true")
    assert load_settings().require_storefront_secret


def test_checkout_needs_both_keys_of_an_account_and_a_guarded_api(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = {"STRIPE_SECRET_KEY": "sk_live_hidden", "STRIPE_WEBHOOK_SECRET": "whsec_hidden"}
    set_all(monkeypatch, STRIPE_ORIGIN="http://127.0.0.1:1", **account)
    assert refusal(capsys) == [
        "STRIPE_SECRET_KEY is not usable: it needs REQUIRE_STOREFRONT_SECRET.",
        "STRIPE_ORIGIN is for laptops: Stripe itself is asked here.",
    ]
    for name in ("STRIPE_ORIGIN", "STRIPE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name)

    set_all(monkeypatch, STOREFRONT_SECRET="s" * 32, REQUIRE_STOREFRONT_SECRET="true")
    [line] = refusal(capsys)
    assert line.startswith("STRIPE_WEBHOOK_SECRET is not set: ")

    set_all(monkeypatch, STRIPE_SECRET_KEY="pk_live_hidden", STRIPE_WEBHOOK_SECRET="hidden")
    lines = refusal(capsys)
    assert [line.split(" is not usable: ")[0] for line in lines] == [
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
    ]
    assert "hidden" not in "".join(lines)

    for key in ("sk_live_hidden", "rk_live_hidden", "sk_test_hidden"):
        set_all(monkeypatch, STRIPE_SECRET_KEY=key, STRIPE_WEBHOOK_SECRET="whsec_hidden")
        assert load_settings().stripe_secret_key


def test_a_laptop_takes_placeholders_and_render_is_no_laptop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(
        monkeypatch,
        ENVIRONMENT="local",
        ADMIN_TOKEN="local-only-admin-token",
        STOREFRONT_ORIGIN="http://localhost:3000/",
        MEDIA_FOLDER="shop/local",
    )
    assert load_settings().storefront_origin == "http://localhost:3000"

    monkeypatch.setenv("RENDER", "true")
    assert refusal(capsys) == ["ENVIRONMENT is local, which is for laptops, and Render runs this."]


@pytest.mark.parametrize(
    "url", ["https://key:hidden@cloud", "cloudinary://key@cloud", "cloudinary://key:hidden@"]
)
def test_an_unusable_account_is_refused_without_its_secret(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, CLOUDINARY_URL=url)

    assert refusal(capsys) == [
        "CLOUDINARY_URL is not usable: it has to look like cloudinary://key:secret@cloud."
    ]


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
