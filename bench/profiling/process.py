"""`python -m bench.profiling.process ROLE FOLDER`: one of the hub's processes under the profiler.

Writes FOLDER/ROLE-PID.json when the process ends.
"""

import os
import sys
from pathlib import Path

import orjson

from bench.profiling.sampler import Sampler
from bench.profiling.statements import Statements
from hub import processes, settings


def main(role: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sampler, statements = Sampler(), Statements()
    statements.start()
    sampler.start()
    try:
        processes.run(role, settings.load())
    finally:
        sampler.stop()
        found = {"role": role, **sampler.as_json(), "statements": statements.as_json()}
        (folder / f"{role}-{os.getpid()}.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    role, folder = sys.argv[1:]
    # The worker reads the command line, too.
    sys.argv[1:] = ["run", role]
    main(role, Path(folder))
