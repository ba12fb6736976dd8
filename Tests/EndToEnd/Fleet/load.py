"""Clients of a host's model: real predictions, each on a new connection, each answer looked at."""

import http.client
import json
import threading
import time

from bed import PORT


class Load(threading.Thread):
    """Asks one host without a pause until it is closed."""

    # Between two requests, in seconds.
    PACE = 0.02

    def __init__(self, address, body, model="wine", port=PORT):
        super().__init__(daemon=True)
        self.address = address
        self.port = port
        self.body = body
        self.path = f"/v2/models/{model}/infer"
        self.asked = 0
        self.failures = []
        self.versions = set()
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(self.PACE):
            self.asked += 1
            why = self.ask_once()
            if why:
                self.failures.append((time.time(), why))

    def ask_once(self):
        """One prediction; why it failed, or None."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=10)
        try:
            connection.request("POST", self.path, self.body, {"content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                return f"status {answer.status}: {text[:200]!r}"
            said = json.loads(text)
            version = said["model_version"]
            # Triton's are whole numbers.
            self.versions.add(f"{version}.0.0" if version.isdigit() else version)
            return None if said["outputs"][0]["data"] else "no prediction"
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    def close(self):
        """Ends it; how many were asked, and what failed."""
        self.over.set()
        self.join(timeout=20)
        return self.asked, self.failures
