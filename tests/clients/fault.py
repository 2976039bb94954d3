"""Breaks the disk under a running gateway, and repairs it: `fault.py full|free PID`. Linux.

No file may grow or be written: what a full disk does to one process alone. It must have been started with SIGXFSZ
ignored, as Python itself runs.
"""
import resource
import sys

LIMITS = {"full": 0, "free": resource.RLIM_INFINITY}


def main(action, process):
    limit = resource.RLIMIT_FSIZE
    _, hard = resource.prlimit(int(process), limit)
    resource.prlimit(int(process), limit, (LIMITS[action], hard))


main(*sys.argv[1:])
