"""One embedded server for all processes: started by the first, stopped by the last, whole after any kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from attain.database import Database, DatabaseUnusable, open_database, stop_embedded
from attain.embedded import EmbeddedServer
from attain.settings import Settings, load_settings
from spm import schema

ROOT = Path(__file__).resolve().parents[2]


def settings_for(data_dir: Path) -> Settings:
    settings = load_settings(None, {"ATTAIN__DATA_DIR": str(data_dir)}, {}).settings
    assert settings is not None
    return settings


def temporary_folder() -> TemporaryDirectory[str]:
    """Not below pytest's: for root, every run of pytest closes that one to the account the server runs as."""
    return TemporaryDirectory(prefix="attain-test-", ignore_cleanup_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with temporary_folder() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder with a whole database, its server stopped; tests work on copies."""
    with temporary_folder() as name:
        with open_database(settings_for(Path(name))):
            pass
        yield Path(name)


@pytest.fixture(scope="module")
def running(made: Path) -> Iterator[Database]:
    """For tests that only look."""
    with temporary_folder() as name:
        copied(made, Path(name))
        with open_database(settings_for(Path(name))) as database:
            yield database


@pytest.fixture
def settings(made: Path, folder: Path) -> Iterator[Settings]:
    yield settings_for(copied(made, folder))
    if (folder / "postgres/PG_VERSION").exists():
        stop_embedded(settings_for(folder))


def copied(made: Path, place: Path) -> Path:
    place.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{made}/.", str(place)], check=True)  # with owners, which shutil leaves behind
    return place


class Process:
    """An `attain` process of its own."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, str(ROOT / "tests/attain/process.py"), str(data_dir)]
        self.popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def opened(self) -> Process:
        while (line := self._line()) != "open":
            assert "folder_made_passable" in line
        return self

    def execute(self, statement: str) -> str:
        assert self.popen.stdin
        self.popen.stdin.write(f"{statement}\n")
        self.popen.stdin.flush()
        return self._line()

    def leave(self) -> None:
        assert self.popen.stdin
        self.popen.stdin.close()
        assert self.popen.wait(30) == 0

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(30)

    def close(self) -> None:
        self.kill()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe and not pipe.closed:
                pipe.close()

    def _line(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline().strip()


@pytest.fixture
def process(settings: Settings) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def _start() -> Process:
        started.append(Process(settings.data_dir))
        return started[-1]

    yield _start
    for one in started:
        one.close()


def server_pid(settings: Settings) -> int | None:
    file = settings.data_dir / "postgres/postmaster.pid"
    return int(file.read_text().splitlines()[0]) if file.exists() else None


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# one process


def test_several_first_uses_at_once_upgrade_once(settings: Settings) -> None:
    with ThreadPoolExecutor(3) as pool:
        heads = list(pool.map(lambda _: _revision(settings), range(3)))
    assert heads == [schema.head()] * 3
    assert server_pid(settings) is None


def _revision(settings: Settings) -> str | None:
    with open_database(settings) as database, database.engine.connect() as conn:
        return schema.current(conn)


def test_first_use_makes_the_tables_of_this_version(settings: Settings) -> None:
    with open_database(settings) as database, database.engine.connect() as conn:
        assert database.embedded
        assert schema.current(conn) == schema.head()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TimeZone", "UTC"),
        ("application_name", "attain"),
        ("statement_timeout", "10min"),
        ("lock_timeout", "1min"),
        ("unix_socket_permissions", "0700"),
        ("listen_addresses", ""),
    ],
)
def test_every_session_is_set_up(running: Database, setting: str, value: str) -> None:
    with running.engine.connect() as conn:
        assert conn.scalar(text("SELECT current_setting(:name)"), {"name": setting}) == value


def test_setup_of_a_session_outlives_a_rollback(running: Database) -> None:
    with running.engine.connect() as conn:
        conn.execute(text("SELECT 1"))
        conn.rollback()
        assert conn.scalar(text("SELECT current_setting('TimeZone')")) == "UTC"


def test_server_stops_with_the_only_process(settings: Settings) -> None:
    with open_database(settings):
        assert server_pid(settings)
    assert server_pid(settings) is None


def test_what_was_committed_is_there_next_time(settings: Settings) -> None:
    with open_database(settings) as database, database.engine.begin() as conn:
        conn.execute(text("CREATE TABLE kept AS SELECT 42 AS answer"))
    with open_database(settings) as database, database.engine.connect() as conn:
        assert conn.scalar(text("SELECT answer FROM kept")) == 42


@pytest.mark.parametrize("name", ["a b'c", "a;b&c", "long-" * 30, "Größe"])
def test_data_folder_may_be_called_anything(made: Path, folder: Path, name: str) -> None:
    place = copied(made, folder / name)
    with open_database(settings_for(place)) as database, database.engine.connect() as conn:
        assert conn.scalar(text("SELECT 1")) == 1


def test_socket_outside_the_data_folder_lies_in_a_private_one_while_it_is_needed(made: Path, folder: Path) -> None:
    place = copied(made, folder / ("long-" * 30))
    with open_database(settings_for(place)):
        sockets = socket_folder(place)
        assert sockets != place / "postgres"
        assert sockets.stat().st_mode & 0o077 == 0
    assert not sockets.exists()


def test_socket_folder_that_others_could_enter_is_refused(made: Path, folder: Path) -> None:
    place = copied(made, folder / ("long-" * 30))
    with open_database(settings_for(place)):
        sockets = socket_folder(place)
    sockets.mkdir()
    sockets.chmod(0o755)
    with pytest.raises(DatabaseUnusable, match="no private folder"), open_database(settings_for(place)):
        pass
    sockets.rmdir()


def socket_folder(place: Path) -> Path:
    return Path((place / "postgres/postmaster.pid").read_text().splitlines()[4])


def test_session_may_be_opened_twice_in_one_process(settings: Settings) -> None:
    with open_database(settings) as outer:
        with open_database(settings):
            pass
        with outer.engine.connect() as conn:
            assert conn.scalar(text("SELECT 1")) == 1
    assert server_pid(settings) is None


# several processes


def test_processes_that_start_at_once_on_nothing_share_one_server(folder: Path) -> None:
    (folder / "nothing").mkdir()
    processes = [Process(folder / "nothing") for _ in range(3)]
    try:
        answers = {one.opened().execute("SELECT pg_postmaster_start_time()") for one in processes}
        assert len(answers) == 1
        for one in processes:
            one.leave()
        assert not (folder / "nothing/postgres/postmaster.pid").exists()
    finally:
        for one in processes:
            one.close()


def test_killed_process_leaves_the_others_working(settings: Settings, process: Callable[[], Process]) -> None:
    killed, other = process().opened(), process().opened()
    killed.kill()
    assert other.execute("SELECT 1") == "1"
    third = process().opened()
    other.leave()
    assert third.execute("SELECT 2") == "2"  # the second one's leaving did not stop the server under the third
    third.leave()
    assert server_pid(settings) is None


def test_server_left_by_a_killed_process_is_used_and_then_stopped(
    settings: Settings, process: Callable[[], Process]
) -> None:
    process().opened().kill()
    left = server_pid(settings)
    assert left
    with open_database(settings):
        assert server_pid(settings) == left
    assert server_pid(settings) is None


def test_starting_while_another_leaves_never_meets_a_stopping_server(
    settings: Settings, process: Callable[[], Process]
) -> None:
    current = process().opened()
    for _ in range(3):
        following = process()
        current.leave()
        assert following.opened().execute("SELECT 1") == "1"
        current = following


def test_others_that_are_connected_keep_the_server_up(settings: Settings) -> None:
    import psycopg

    with open_database(settings):
        reader = psycopg.connect(host=str(settings.data_dir / "postgres"), port=5432, user="postgres", dbname="attain")
    assert reader.execute("SELECT 1").fetchone() == (1,)
    reader.close()


def test_stopping_by_hand_says_whether_it_ran(settings: Settings, process: Callable[[], Process]) -> None:
    process().opened().kill()
    assert stop_embedded(settings)
    assert not stop_embedded(settings)
    assert server_pid(settings) is None


def test_stopping_where_there_is_nothing_makes_nothing(folder: Path) -> None:
    assert not stop_embedded(settings_for(folder / "none"))
    assert not (folder / "none").exists()


# killed servers


def test_server_that_was_killed_is_started_again_by_the_process_that_uses_it(settings: Settings) -> None:
    with open_database(settings) as database:
        with database.engine.begin() as conn:
            conn.execute(text("CREATE TABLE kept AS SELECT 42 AS answer"))
        pid = server_pid(settings)
        assert pid
        all_of_it = [pid, *(child.pid for child in psutil.Process(pid).children())]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: all(map(is_gone, all_of_it)))  # its sessions end a moment later than itself
        with database.engine.connect() as conn:
            assert conn.scalar(text("SELECT answer FROM kept")) == 42
    assert server_pid(settings) is None


def test_killed_server_recovers_at_the_next_start(settings: Settings, process: Callable[[], Process]) -> None:
    writer = process().opened()
    writer.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server_pid(settings)
    assert pid
    os.kill(pid, signal.SIGKILL)
    writer.kill()
    with open_database(settings) as database, database.engine.connect() as conn:
        assert conn.scalar(text("SELECT answer FROM kept")) == 42


@pytest.mark.parametrize(
    "left",
    [
        "{own}\n/elsewhere\n1\n5432\n/elsewhere\n\n 1 1\nready\n",  # the number is another program's now
        "999999999\n/elsewhere\n1\n5432\n/elsewhere\n\n 1 1\nready\n",  # nobody's
        "",  # cut off when the machine went down
    ],
)
def test_stale_pid_file_is_no_obstacle(settings: Settings, left: str) -> None:
    (settings.data_dir / "postgres/postmaster.pid").write_text(left.format(own=os.getpid()))
    with open_database(settings) as database, database.engine.connect() as conn:
        assert conn.scalar(text("SELECT 1")) == 1


def test_half_made_cluster_of_a_killed_start_is_made_anew(folder: Path) -> None:
    (folder / "postgres.new-abc").mkdir()
    (folder / "postgres.new-abc/PG_VERSION").write_text("18\n")
    (folder / "postgres").mkdir()
    with open_database(settings_for(folder)):
        assert [path.name for path in folder.glob("postgres*") if path.is_dir()] == ["postgres"]


# where there is none to be had


def unusable(settings: Settings) -> DatabaseUnusable:
    with pytest.raises(DatabaseUnusable) as caught, open_database(settings):
        pass
    assert caught.value.hint
    return caught.value


def test_data_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "file").touch()
    error = unusable(settings_for(folder / "file/data"))
    assert str(folder / "file/data") in str(error)
    assert "data_dir" in error.hint


def test_full_disk_while_the_database_is_made_leaves_nothing_behind(folder: Path) -> None:
    import resource

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    code = (
        "import sys; from tests.attain.test_embedded_database import *\n"
        "try:\n    open_database(settings_for(Path(sys.argv[1]))).__enter__()\n"
        "except DatabaseUnusable as error: print(error, '|', error.hint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot be made" in done.stdout
    assert "Free some space" in done.stdout
    assert "Traceback" not in done.stderr
    assert [path.name for path in folder.iterdir()] == ["postgres.lock"]


@pytest.mark.parametrize("character", ['"', "$", "`", "\\"])
def test_character_that_a_shell_would_take_up_is_refused(folder: Path, character: str) -> None:
    error = unusable(settings_for(folder / f"a{character}b"))
    assert "character" in str(error)


def test_data_of_another_postgresql_is_refused(settings: Settings) -> None:
    (settings.data_dir / "postgres/PG_VERSION").write_text("16\n")
    error = unusable(settings)
    assert "holds a PostgreSQL 16" in str(error)
    assert "pg_upgrade" in error.hint


def test_server_that_does_not_start_says_why(settings: Settings) -> None:
    with (settings.data_dir / "postgres/postgresql.conf").open("a") as file:
        file.write("shared_buffers = 'many'\n")
    error = unusable(settings)
    assert "cannot start" in str(error)
    assert "configuration file" in str(error)
    assert "server.log" in error.hint


def test_failure_of_the_file_system_is_no_traceback(settings: Settings) -> None:
    configuration = settings.data_dir / "postgres/attain.conf"
    configuration.unlink()
    configuration.mkdir()
    assert "Is a directory" in str(unusable(settings))


def test_disk_that_fills_up_while_tables_are_made_is_said(folder: Path) -> None:
    settings = settings_for(folder)
    with open_database(settings, any_version=True) as database, database.engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$"
        )
        conn.exec_driver_sql("CREATE EVENT TRIGGER full_disk ON ddl_command_start EXECUTE FUNCTION full_disk()")
    error = unusable(settings)
    assert "no space left" in str(error)
    assert "nothing is half done" in error.hint


def test_tables_of_a_newer_version_are_left_alone(settings: Settings) -> None:
    with open_database(settings) as database, database.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    error = unusable(settings)
    assert "newer version" in str(error)
    with open_database(settings, any_version=True) as database, database.engine.connect() as conn:
        assert schema.current(conn) == "from_the_future"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folders_above_the_data_are_made_passable_but_not_readable(made: Path, folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    place = copied(made, closed / "data")
    with open_database(settings_for(place)):
        assert closed.stat().st_mode & 0o777 == 0o701


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_data_of_another_user_is_named_with_its_owner(settings: Settings) -> None:
    settings.data_dir.chmod(0o777)
    (settings.data_dir / "postgres.lock").chmod(0o666)
    code = (
        "import os, sys; from tests.attain.test_embedded_database import *\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n    EmbeddedServer(Path(sys.argv[1])).join()\n"
        "except DatabaseUnusable as error: print(error, '|', error.hint)"
    )
    command = [sys.executable, "-c", code, str(settings.data_dir)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "belongs to attain-postgres" in done.stdout
    assert "Run Attain as that user" in done.stdout


def test_start_waits_for_whoever_is_starting_or_stopping(settings: Settings) -> None:
    import fcntl

    from attain import embedded

    with (settings.data_dir / "postgres.lock").open("w") as file, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(file, fcntl.LOCK_EX)
        patch.setattr(embedded, "_LOCK_SECONDS", 0.1)
        with pytest.raises(DatabaseUnusable, match="Another process"):
            EmbeddedServer(settings.data_dir).join()


def test_what_a_failed_statement_was_about_is_not_in_the_server_s_log(settings: Settings) -> None:
    with open_database(settings) as database, database.engine.connect() as conn, pytest.raises(IntegrityError):
        conn.execute(text("INSERT INTO participant (email) VALUES ('Canary-4711@EXAMPLE.com')"))
    logs = [path.read_text(errors="replace") for path in settings.data_dir.rglob("server.log")]
    assert logs
    assert all("violates check constraint" in told and "anary-4711" not in told for told in logs)
