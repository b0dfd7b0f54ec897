from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from icmgraph.audit.process import PROC, Process

needs_proc = pytest.mark.skipif(not PROC.joinpath("self/stat").exists(), reason="no /proc here")


@needs_proc
def test_this_process_lives_and_its_namesakes_do_not() -> None:
    me = Process.current()
    assert me.pid == os.getpid()
    assert me.start.isdigit()
    assert me.boot
    assert me.alive()
    assert not replace(me, start="1").alive()
    assert not replace(me, boot="another boot").alive()


@needs_proc
def test_a_zombie_and_a_reaped_process_are_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stat = PROC / str(child.pid) / "stat"
    start = stat.read_text().rpartition(")")[2].split()[19]
    process = replace(Process.current(), pid=child.pid, start=start)
    assert process.alive()
    child.send_signal(signal.SIGKILL)
    while stat.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    assert not process.alive()
    child.communicate()
    assert not process.alive()


def test_a_name_with_parentheses_and_blanks(tmp_path: Path) -> None:
    folder = tmp_path / str(os.getpid())
    folder.mkdir()
    fields = " ".join(str(n) for n in range(4, 53))
    (folder / "stat").write_text(f"{os.getpid()} (a) Z (b c) S {fields}")
    assert Process.current(tmp_path).start == "22"


def test_without_proc_the_pid_alone_decides(tmp_path: Path) -> None:
    me = Process.current(tmp_path)
    assert (me.start, me.boot) == ("", "")
    assert me.alive(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not replace(me, pid=child.pid).alive(tmp_path)
