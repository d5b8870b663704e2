"""Runs a command in a terminal of its own, types at it when a mark appears, and prints what it shows and how it ended.

Arguments: a JSON list of [keys, mark], and the command.
"""
import json
import os
import pty
import select
import sys
import time

keys = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    try:
        if select.select([terminal], [], [], 0.05)[0]:
            part = os.read(terminal, 65536)
            if not part:
                break
            shown += part
    except OSError:
        break
    if keys and keys[0][1].encode() in shown:
        typed, _ = keys.pop(0)
        os.write(terminal, typed.encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
ending = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
sys.stdout.write(json.dumps({"shown": shown.decode(errors="replace").replace("\r", ""), "ended": ending}))
