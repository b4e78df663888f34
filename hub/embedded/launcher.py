"""What a child process of the hub runs first, as a script: `launcher.py SIGNAL PARENT UID:GID ARGV ...`.

It asks the kernel for SIGNAL should the hub die, lowers its rights, and becomes ARGV under the same process
id. A script of its own rather than code between fork and exec, which can deadlock in a process with threads.
It imports nothing of ours, so that it starts in a few milliseconds.

Linux alone has such a death signal. Elsewhere a child outlives a hub that is killed, until the next start
finds it by its pid file."""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
CANNOT_RUN = 127


def main(death_signal: int, parent: int, owner: str, argv: list[str]) -> None:
    if owner != "-":
        uid, gid = (int(part) for part in owner.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # the hub died before the kernel knew
            sys.exit(CANNOT_RUN)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        print(f"cannot run {argv[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
