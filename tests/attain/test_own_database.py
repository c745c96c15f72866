"""A PostgreSQL of the customer's own: never changed unasked, and every failure names the next step."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from attain.database import DatabaseUnusable, open_database
from attain.settings import Settings, load_settings
from spm import schema


def settings_for(url: str) -> Settings:
    loaded = load_settings(None, {"ATTAIN__DATABASE_URL": url}, {})
    assert loaded.settings is not None, loaded.problems
    return loaded.settings


def url_of(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def unusable(url: str) -> DatabaseUnusable:
    with pytest.raises(DatabaseUnusable) as caught, open_database(settings_for(url)):
        pass
    return caught.value


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_upgraded_database_is_used(database: Engine) -> None:
    with open_database(settings_for(url_of(database))) as opened, opened.engine.connect() as conn:
        assert not opened.embedded
        assert conn.scalar(text("SELECT current_setting('TimeZone')")) == "UTC"
        assert conn.scalar(text("SELECT current_setting('application_name')")) == "attain"


def test_other_common_spelling_of_the_scheme_works(database: Engine) -> None:
    with open_database(settings_for(url_of(database).replace("postgresql://", "postgres://"))):
        pass


def test_database_without_tables_is_not_changed_and_says_how_to_upgrade(empty_database: Engine) -> None:
    error = unusable(url_of(empty_database))
    assert "no tables" in str(error)
    assert "attain db upgrade" in error.hint
    with empty_database.connect() as conn:
        assert schema.current(conn) is None


def test_database_of_another_version_says_which(database: Engine) -> None:
    with database.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    error = unusable(url_of(database))
    assert "revision other" in str(error)
    assert str(schema.head()) in str(error)


def test_any_version_can_be_opened_to_be_upgraded(empty_database: Engine) -> None:
    with open_database(settings_for(url_of(empty_database)), any_version=True) as opened:
        schema.upgrade(opened.engine)
    with open_database(settings_for(url_of(empty_database))):
        pass


def test_option_in_the_url_that_is_none_is_told(closed_port: int) -> None:
    error = unusable(f"postgresql://127.0.0.1:{closed_port}/attain?colour=canary")
    assert 'invalid connection option "colour"' in str(error)
    assert "after the ?" in error.hint


def test_unreachable_server_is_named_without_the_password(closed_port: int) -> None:
    error = unusable(f"postgresql://rep:canary-pass@127.0.0.1:{closed_port}/attain")
    assert f"127.0.0.1:{closed_port}/attain" in str(error)
    assert "canary" not in f"{error!r} {error} {error.hint} {error.__cause__!r}"
    assert "run the command again" in error.hint


def test_missing_database_says_to_create_it(database: Engine) -> None:
    error = unusable(url_of(database).replace(str(database.url.database), "no_such_database"))
    assert "does not exist" in str(error)
    assert "Create it" in error.hint


def test_url_that_cannot_be_read_is_not_repeated() -> None:
    error = unusable("postgresql://rep:canary-pass@host:port:5432/attain")
    assert "is no URL" in str(error)
    assert "canary" not in f"{error!r} {error} {error.hint} {error.__cause__!r}"


def test_data_folder_is_not_touched(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_database(settings_for(url_of(database))):
        assert list(tmp_path.iterdir()) == []
