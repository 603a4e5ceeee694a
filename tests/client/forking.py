"""A process that has imported the client, and forks for each script: importing it anew would take longer than most scripts do.

Started by conftest.py with the path of a socket. Whoever connects sends one line of JSON (script, environment, folder, where output and
errors go) and reads one line back: the exit code. The script runs as `python -c` would run it, with nothing but the imports done before.
"""

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import types


def wait_for_script(address: str) -> dict[str, str]:
    """Serve until the starter is gone; gives, in the forked process, what is to be run there."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    watched = selectors.DefaultSelector()
    for source in (listener, woken, sys.stdin):
        watched.register(source, selectors.EVENT_READ)
    running: dict[int, socket.socket] = {}
    print("ready", flush=True)
    while True:
        for key, _ in watched.select():
            if key.fileobj is sys.stdin:
                sys.exit()
            if key.fileobj is woken:
                woken.recv(64)
                answer(running)
                continue
            connection, _ = listener.accept()
            job = json.loads(connection.makefile().readline())
            number = os.fork()
            if number:
                running[number] = connection
                continue
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for held in (listener, woken, waker, connection, *running.values()):
                held.close()
            return job


def answer(running: dict[int, socket.socket]) -> None:
    """Tell those who wait for scripts that have ended."""
    while running:
        number, status = os.waitpid(-1, os.WNOHANG)
        if not number:
            return
        connection = running.pop(number)
        with contextlib.suppress(BrokenPipeError):  # whoever waited gave up; the others still need this process
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        connection.close()


def become(job: dict[str, str]) -> None:
    """Take on the environment, the folder and the outputs of a script."""
    os.environ.clear()
    os.environ.update(json.loads(job["environment"]))
    os.chdir(job["folder"])
    for number, name in ((0, os.devnull), (1, job["output"]), (2, job["errors"])):
        held = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(held, number)
        os.close(held)
    # A script that hangs says where, before the one who waits for it gives up.
    faulthandler.dump_traceback_later(float(job["seconds"]) - 5, file=os.fdopen(os.dup(2), "w"))
    # The client makes this folder when it is imported and removes it when it ends: each script needs its own.
    sys.modules["wandb.sdk.data_types._private"].MEDIA_TMP.__init__("wandb-media")
    sys.argv = ["-c"]
    sys.modules["__main__"] = types.ModuleType("__main__")


for name in ("wandb", "wandb.apis.public", "wandb.automations", "wandb.sdk.artifacts.artifact", "wandb.sdk.wandb_run"):
    importlib.import_module(name)
gc.freeze()
job = wait_for_script(sys.argv[1])
become(job)
exec(compile(job["script"], "<string>", "exec"), sys.modules["__main__"].__dict__)
