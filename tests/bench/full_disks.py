"""Disks that are full: a small tmpfs, a limit of the kernel, and writes refused from the N-th on or
once."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

PAGE = 4_096
SIZE = 16 * 2**20
MARGIN = 16
"""Pages, or writes, past the last that the undisturbed command needed."""


class Disk(Protocol):
    """A way to make the disk of a home full, for commands started in `full`.

    `calm` is entered around each undisturbed command; `draw` picks a position out of what was
    seen then, for the command of that number.
    """

    name: str

    def made(self, place: Path) -> AbstractContextManager[None]: ...
    def calm(self, number: int) -> AbstractContextManager[dict[str, str]]: ...
    def draw(self, source: random.Random, number: int) -> int: ...
    def full(self, position: int) -> AbstractContextManager[dict[str, str]]: ...


class Tmpfs:
    """A real file system of its own, on which so many pages are left."""

    name = "tmpfs"

    def __init__(self) -> None:
        self._needed: dict[int, int] = {}
        self._place = Path()

    @contextmanager
    def made(self, place: Path) -> Iterator[None]:
        """Mount it over a place."""
        _mount(place)
        self._place = place
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)

    @contextmanager
    def calm(self, number: int) -> Iterator[dict[str, str]]:
        before = self._used()
        yield {}
        # what is kept, twice: files are replaced whole, and a log grows beside its file
        self._needed[number] = 2 * (self._used() - before) // PAGE + MARGIN

    def draw(self, source: random.Random, number: int) -> int:
        return source.randrange(self._needed[number])

    @contextmanager
    def full(self, position: int) -> Iterator[dict[str, str]]:
        ballast = self._place / "ballast"
        left = os.statvfs(self._place).f_bavail - position
        with ballast.open("wb") as file:
            file.write(bytes(max(0, left) * PAGE))
        try:
            yield {}
        finally:
            ballast.unlink()

    def _used(self) -> int:
        facts = os.statvfs(self._place)
        return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


def _mount(place: Path) -> None:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(place)],
        check=True,
        capture_output=True,
    )


def can_mount() -> bool:
    """Whether this user may mount a tmpfs here."""
    with tempfile.TemporaryDirectory() as place:
        try:
            _mount(Path(place))
        except (OSError, subprocess.CalledProcessError):
            return False
        subprocess.run(["umount", place], check=True)
    return True


class Limit:
    """No file may grow beyond so many bytes; the kernel refuses what is more."""

    name = "RLIMIT_FSIZE"

    def __init__(self) -> None:
        self._largest: dict[int, int] = {}
        self._place = Path()

    @contextmanager
    def made(self, place: Path) -> Iterator[None]:
        """Nothing has to be made."""
        self._place = place
        yield

    @contextmanager
    def calm(self, number: int) -> Iterator[dict[str, str]]:
        yield {}
        sizes = [file.stat().st_size for file in self._place.rglob("*") if file.is_file()]
        self._largest[number] = max(sizes)

    def draw(self, source: random.Random, number: int) -> int:
        # small files are many: the logarithm is drawn
        return int(self._largest[number] ** source.random())

    @contextmanager
    def full(self, position: int) -> Iterator[dict[str, str]]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        # a process that is started meanwhile inherits it
        resource.setrlimit(resource.RLIMIT_FSIZE, (position, before[1]))
        try:
            yield {}
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
static long seen;
static int is_here(const char *path) {
  const char *home = getenv("DISK_HOME");
  return home && path && !strncmp(path, home, strlen(home));
}
static int is_fd_here(int fd) {
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(name, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return is_here(path);
}
static int is_refused(int here) {
  if (!here) return 0;
  long at = getenv("DISK_AT") ? atol(getenv("DISK_AT")) : 0;
  if (++seen < at || !at || (getenv("DISK_ONCE") && seen > at)) return 0;
  errno = ENOSPC;
  return 1;
}
#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
ssize_t write(int f, const void *b, size_t n) { REAL(write); return is_refused(is_fd_here(f)) ? -1 : real(f, b, n); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); return is_refused(is_fd_here(f)) ? -1 : real(f, b, n, o); }
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); return is_refused(is_fd_here(f)) ? -1 : real(f, b, n, o); }
int fsync(int f) { REAL(fsync); return is_refused(is_fd_here(f)) ? -1 : real(f); }
int fdatasync(int f) { REAL(fdatasync); return is_refused(is_fd_here(f)) ? -1 : real(f); }
int rename(const char *a, const char *b) { REAL(rename); return is_refused(is_here(b)) ? -1 : real(a, b); }
int renameat(int c, const char *a, int d, const char *b) { REAL(renameat); return is_refused(is_here(b)) ? -1 : real(c, a, d, b); }
int link(const char *a, const char *b) { REAL(link); return is_refused(is_here(b)) ? -1 : real(a, b); }
int linkat(int c, const char *a, int d, const char *b, int g) { REAL(linkat); return is_refused(is_here(b)) ? -1 : real(c, a, d, b, g); }
int mkdir(const char *p, mode_t m) { REAL(mkdir); return is_refused(is_here(p) && access(p, F_OK)) ? -1 : real(p, m); }
static int makes(const char *p, int flags) { return (flags & O_CREAT) && is_here(p) && access(p, F_OK); }
#define MODE mode_t m = 0; if (flags & O_CREAT) { va_list a; va_start(a, flags); m = va_arg(a, mode_t); va_end(a); }
int open(const char *p, int flags, ...) { MODE REAL(open); return is_refused(makes(p, flags)) ? -1 : real(p, flags, m); }
int open64(const char *p, int flags, ...) { MODE REAL(open64); return is_refused(makes(p, flags)) ? -1 : real(p, flags, m); }
int openat(int d, const char *p, int flags, ...) { MODE REAL(openat); return is_refused(makes(p, flags)) ? -1 : real(d, p, flags, m); }
int openat64(int d, const char *p, int flags, ...) { MODE REAL(openat64); return is_refused(makes(p, flags)) ? -1 : real(d, p, flags, m); }
__attribute__((destructor)) static void tally(void) {
  const char *file = getenv("DISK_TALLY");
  FILE *out = file && seen ? fopen(file, "a") : NULL;
  if (out) { fprintf(out, "%ld\n", seen); fclose(out); }
}
"""  # noqa: E501


class Shim:
    """From the N-th write in a home on, every write, sync, rename or new file is refused."""

    name = "N-th write"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="actui-disk-"))
        self._library = self._folder / "disk.so"
        self._tally = self._folder / "tally"
        self._writes: dict[int, int] = {}
        self._place = Path()
        source = self._folder / "disk.c"
        source.write_text(_SHIM)
        words = ["cc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(source), "-ldl"]
        subprocess.run(words, check=True, capture_output=True)

    @contextmanager
    def made(self, place: Path) -> Iterator[None]:
        """Nothing has to be made."""
        self._place = place
        yield

    @contextmanager
    def calm(self, number: int) -> Iterator[dict[str, str]]:
        self._tally.unlink(missing_ok=True)
        yield {**self._environ, "DISK_TALLY": str(self._tally)}
        counts = self._tally.read_text().split() if self._tally.exists() else []
        self._writes[number] = max(map(int, counts), default=0)

    @property
    def _environ(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "DISK_HOME": str(self._place)}

    def draw(self, source: random.Random, number: int) -> int:
        return source.randrange(1, self._writes[number] + 2)

    @contextmanager
    def full(self, position: int) -> Iterator[dict[str, str]]:
        yield {**self._environ, "DISK_AT": str(position)}


class OneWrite:
    """The N-th write in a home alone is refused: there is room again for whatever follows it.

    So a command can keep what it should have forgotten with that write.
    """

    name = "N-th write alone"

    def __init__(self) -> None:
        self._shim = Shim()

    def made(self, place: Path) -> AbstractContextManager[None]:
        """Nothing has to be made."""
        return self._shim.made(place)

    def calm(self, number: int) -> AbstractContextManager[dict[str, str]]:
        return self._shim.calm(number)

    def draw(self, source: random.Random, number: int) -> int:
        return self._shim.draw(source, number)

    @contextmanager
    def full(self, position: int) -> Iterator[dict[str, str]]:
        with self._shim.full(position) as environ:
            yield {**environ, "DISK_ONCE": "1"}


def disks() -> tuple[list[type[Disk]], dict[str, str]]:
    """The ways that this machine allows, and why it does not allow the others."""
    found: list[type[Disk]] = [Limit]
    missing: dict[str, str] = {}
    if can_mount():
        found.append(Tmpfs)
    else:
        missing[Tmpfs.name] = "this user may not mount a file system"
    if shutil.which("cc"):
        found += [Shim, OneWrite]
    else:
        missing |= dict.fromkeys((Shim.name, OneWrite.name), "no C compiler")
    return found, missing
