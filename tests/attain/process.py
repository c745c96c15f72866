"""Another process that uses the embedded server, for the tests of what processes share.

Says "open" once it has the database, answers each line of SQL with its first value, and ends with its standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path

from attain.embedded import EmbeddedServer


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    server = EmbeddedServer(Path(sys.argv[1]))
    server.join()
    with server.connect() as connection:
        say("open")
        for line in sys.stdin:
            cursor = connection.execute(line.encode())
            row = cursor.fetchone() if cursor.description else None
            connection.commit()
            say(row[0] if row else "done")
    server.leave()
