"""Migrations give exactly the models, once, whoever runs them."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from spm.schema import current, head, upgrade
from spm.tables import Base

_OPTIONS = {"compare_type": True, "compare_server_default": True}


def test_migrations_give_exactly_the_models(database: Engine) -> None:
    with database.connect() as conn:
        context = MigrationContext.configure(conn, opts=_OPTIONS)
        assert compare_metadata(context, Base.metadata) == []


def test_an_empty_database_has_no_revision(empty_database: Engine) -> None:
    with empty_database.connect() as conn:
        assert current(conn) is None


def test_an_upgraded_database_is_at_the_head(empty_database: Engine) -> None:
    upgrade(empty_database)
    with empty_database.connect() as conn:
        assert current(conn) == head() is not None


def test_upgrading_again_changes_nothing(database: Engine) -> None:
    with database.begin() as conn:
        conn.execute(text("INSERT INTO connection (name, kind) VALUES ('acme', 'salesforce')"))
    upgrade(database)
    with database.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM connection")) == 1


def test_threads_that_upgrade_at_once_wait_for_each_other(empty_database: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [empty_database] * 4))
    assert "deal" in inspect(empty_database).get_table_names()


def test_processes_that_upgrade_at_once_wait_for_each_other(empty_database: Engine) -> None:
    imports = "import sys; from sqlalchemy import create_engine; from spm.schema import upgrade"
    code = f"{imports}; upgrade(create_engine(sys.argv[1]))"
    url = empty_database.url.render_as_string(hide_password=False)
    processes = [subprocess.Popen([sys.executable, "-c", code, url], env={**os.environ}) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    with empty_database.connect() as conn:
        assert current(conn) == head()


def test_a_failed_migration_leaves_nothing_behind(empty_database: Engine) -> None:
    with empty_database.begin() as conn:
        conn.execute(text("CREATE TABLE statement (id int)"))  # in the way of ours
    with pytest.raises(ProgrammingError, match='"statement" already exists'):
        upgrade(empty_database)
    assert inspect(empty_database).get_table_names() == ["statement"]
