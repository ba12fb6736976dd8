"""What a caller with sense does: see test_schemathesis.py."""

import re
import uuid

import schemathesis

SOUND_KEY = re.compile(r"[!-~]{1,255}\Z")
# Of test_schemathesis.py.
TESTERS = {"admin", "schemathesis"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request has a key of its own, and nobody revokes the token that he asks with."""
    del context, kwargs
    headers = case.headers or {}
    for name in list(headers):
        if name.lower() == "idempotency-key" and SOUND_KEY.match(str(headers[name])):
            headers[name] = uuid.uuid4().hex
    names = case.path_parameters or {}
    if case.operation.label.startswith("DELETE /v1/operators/") and names.get("name") in TESTERS:
        names["name"] = "nobody"
