"""A policy for agents that run as whoever runs the tests: by default no host lets a replica run as root."""

import atexit
import os
import pathlib
import pwd
import shutil
import tempfile

OUT = pathlib.Path(tempfile.mkdtemp(prefix="muster-policy-"))
atexit.register(shutil.rmtree, OUT, True)
USER = pwd.getpwuid(os.geteuid()).pw_name
PATH = OUT / "policy.conf"
PATH.write_text(f"users = {USER}\n", encoding="ascii")
PATH.chmod(0o644)
# Every agent that is started from here has it, unless it is told of another.
os.environ["MUSTER_AGENT_POLICY"] = str(PATH)
