"""The database of the installation: the embedded PostgreSQL, or the one that `database_url` names.

Embedded, it is started on first use, brought to the tables this version needs, and stopped when the last process
that uses it leaves (attain/embedded.py says how that stays safe). An own server is never changed unasked: where its
tables are older than this version needs, the next step is `attain db upgrade`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from attain.secrets import scrubbed
from attain.settings import Settings
from attain.unusable import DatabaseUnusable
from spm import schema

__all__ = ["Database", "DatabaseUnusable", "open_database", "stop_embedded"]

_DRIVER = "postgresql+psycopg"
_SESSION = """
SELECT set_config('TimeZone', 'UTC', false),
       set_config('application_name', 'attain', false),
       set_config('statement_timeout', '10min', false),
       set_config('lock_timeout', '1min', false),
       set_config('idle_in_transaction_session_timeout', '30min', false),
       set_config('client_connection_check_interval', '2s', false),
       set_config('plan_cache_mode', 'force_custom_plan', false)
"""
# client_connection_check_interval: a statement of a killed process ends soon, and with it the locks it holds.
# plan_cache_mode: in a first load tables grow from nothing; a plan made for the empty table would be kept for the full.
_POOL: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 10, "hide_parameters": True}
"""Parameters hold pay and names: an error of the database does not repeat them."""
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Database:
    """A database that answers. Every connection is in UTC, and has limits on how long it may work or wait."""

    engine: Engine
    embedded: bool


@contextmanager
def open_database(settings: Settings, *, any_version: bool = False) -> Iterator[Database]:
    """The database, to be used inside the `with`. `any_version` leaves its tables as they are (`attain db`).

    Raises DatabaseUnusable where there is none to work with.
    """
    if settings.database_url.get_secret_value():
        with _own(settings) as database:
            if not any_version:
                _require_current(database.engine)
            yield database
    else:
        with _embedded(settings) as database:
            if not any_version:
                _upgrade(database.engine)
            yield database


def stop_embedded(settings: Settings) -> bool:
    """Stop the embedded server whoever uses it; whether it ran. The next process that needs it starts it again."""
    from attain.embedded import EmbeddedServer

    return EmbeddedServer(settings.data_dir).stop()


@contextmanager
def _embedded(settings: Settings) -> Iterator[Database]:
    if sys.platform == "win32":
        hint = "Set database_url to a PostgreSQL 18 of your own."
        raise DatabaseUnusable("The embedded PostgreSQL is for Linux and macOS.", hint=hint)
    from attain.embedded import EmbeddedServer  # not there on Windows

    server = EmbeddedServer(settings.data_dir)
    server.join()
    engine = _with_session(create_engine(f"{_DRIVER}://", creator=server.connect, **_POOL))
    try:
        yield Database(engine, embedded=True)
    finally:
        engine.dispose()
        server.leave()


@contextmanager
def _own(settings: Settings) -> Iterator[Database]:
    url = _url(settings)
    engine = _with_session(create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS}, **_POOL))
    try:
        _require_answer(engine, url, settings)
        yield Database(engine, embedded=False)
    finally:
        engine.dispose()


def _url(settings: Settings) -> URL:
    try:
        return make_url(settings.database_url.get_secret_value()).set(drivername=_DRIVER)
    except (ArgumentError, ValueError):
        hint = "Write it as postgresql://user:password@host:5432/attain."
        raise DatabaseUnusable("database_url is no URL.", hint=hint) from None  # the cause would repeat it


def _with_session(engine: Engine) -> Engine:
    """Set up every new connection by statements: start-up options do not pass through every pooler."""

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(_SESSION)
        connection.autocommit = False

    return engine


def _require_answer(engine: Engine, url: URL, settings: Settings) -> None:
    try:
        engine.connect().close()
    except DBAPIError as error:  # of other kinds too: an option in the URL that is none is a ProgrammingError
        said = scrubbed(str(error.orig), settings.secrets)
        place = f"{url.host or 'this machine'}:{url.port or 5432}/{url.database or ''}"
        raise DatabaseUnusable(f"The database at {place} cannot be used: {_line(said)}", hint=_hint(said)) from None


def _line(text: str) -> str:
    return " ".join(text.split())


def _hint(said: str) -> str:
    if "authentication failed" in said or "no password supplied" in said:
        return "Correct user and password in database_url."
    if "connection option" in said:
        return "Correct what stands after the ? in database_url."
    if "does not exist" in said:
        return "Create it, or correct the name in database_url."
    return "See that the server runs and that this machine may reach it, then run the command again."


def _upgrade(engine: Engine) -> None:
    try:
        schema.upgrade(engine)
    except CommandError as error:
        raise _newer() from error
    except OperationalError as error:  # no room, say
        said = _line(str(error.orig))
        hint = "Correct that, and run the command again; nothing is half done."
        raise DatabaseUnusable(f"The tables of the database cannot be brought up to date: {said}", hint=hint) from error


def _require_current(engine: Engine) -> None:
    with engine.connect() as conn:
        revision, needed = schema.current(conn), schema.head()
    if revision == needed:
        return
    found = f"is at revision {revision}" if revision else "has no tables of Attain yet"
    hint = "Run `attain db upgrade`. If a newer Attain made them, update this one instead."
    raise DatabaseUnusable(f"The database {found}; this version needs revision {needed}.", hint=hint)


def _newer() -> DatabaseUnusable:
    hint = "Update Attain to the version that was used last, or set another data_dir."
    return DatabaseUnusable("The tables of the database were made by another, newer version of Attain.", hint=hint)
