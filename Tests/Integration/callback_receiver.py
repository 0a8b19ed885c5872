"""An application that is called back: verifies every call with the package standardwebhooks, which svix brings along, fails
now and then, and keeps what it got in a file, so that it can be killed. callback_receiver.py PORT FILE SEED FAULTS; the
secret is in CALLBACK_SECRET."""

import json
import os
import random
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

port, path, seed, faults = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
verifier = Webhook(os.environ["CALLBACK_SECRET"])
chosen, lock = random.Random(seed), threading.Lock()
file = open(path, "a", buffering=1)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = verifier.verify(body, dict(self.headers.items()))
        except WebhookVerificationError as error:
            with lock:
                file.write(json.dumps({"forged": str(error)}) + "\n")
            return self.answer(400)
        with lock:
            fault = chosen.choice(["500", "503", "404", "lost", "slow"]) if chosen.random() < faults else None
            # An application that took it, and of whose answer nothing arrives, has it all the same.
            if fault in (None, "lost", "slow"):
                file.write(json.dumps({"id": self.headers["webhook-id"], "event": event}) + "\n")
        if fault == "lost":
            self.close_connection = True
            return self.connection.close()
        if fault == "slow":
            return self.answer(200, body=b"x" * 100_000)
        if fault == "503":
            return self.answer(503, {"Retry-After": "1"})
        return self.answer(int(fault) if fault else 204)

    def answer(self, status, headers={}, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


Server(("127.0.0.1", port), Receiver).serve_forever()
