"""What the decoding process may not do: grow, run on, write much, open another file, speak to anybody, start anything.

Memory, time and sizes by resource limits (everywhere). On Linux a filter of system calls refuses, once everything that
is needed is loaded, to open files, to make sockets and to start programs. So a decoder that is taken over by the bytes
it reads holds one open file for reading and one for writing.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys

MEGABYTE = 1 << 20
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22
_SECCOMP_MODE_FILTER = 2
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
#: By machine: the number that the kernel calls it, and the calls that are refused.
_MACHINES = {
    "x86_64": (
        0xC000003E,
        # open openat openat2 creat socket socketpair connect bind execve execveat fork vfork ptrace
        # rename unlink unlinkat mkdir symlink link chmod chown mount unshare setns bpf io_uring_setup process_vm_writev
        (2, 257, 437, 85, 41, 53, 42, 49, 59, 322, 57, 58, 101)
        + (82, 87, 263, 83, 88, 86, 90, 92, 165, 272, 308, 321, 425, 311),
    ),
    "aarch64": (
        0xC00000B7,
        (56, 437, 198, 199, 203, 200, 221, 281, 117)
        + (38, 35, 34, 36, 37, 53, 54, 40, 97, 268, 280, 425, 271),
    ),
}


def limit(*, memory: int, seconds: int, output: int) -> None:
    """``memory`` and ``output`` in bytes, ``seconds`` of processor time. It ends with whoever started it."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(10)


def close_the_door() -> bool:
    """No more files, sockets or programs from here on; False where the system has no such filter."""
    known = _MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return False
    machine, calls = known
    steps = [
        (_LOAD, 0, 0, 4),  # the machine of the call
        (_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # its number
    ]
    for at, call in enumerate(calls):
        steps.append((_EQUAL, len(calls) - at, 0, call))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | 13)]  # EACCES
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))

    control = ctypes.CDLL(None).prctl
    control.argtypes = [ctypes.c_int, *[ctypes.c_void_p] * 4]
    whole = Filter(len(steps), ctypes.addressof(program))
    return (
        control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(whole), 0, 0) == 0
    )
