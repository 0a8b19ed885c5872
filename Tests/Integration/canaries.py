"""Values that must be seen nowhere, and the search for them in all their forms."""

import base64
import collections
import http.server
import json
import random
import re
import threading
import urllib.parse


def forms(value):
    """The value as it could be seen: as it is, in base64 wherever it begins in what was encoded, in hexadecimal, and
    percent-encoded."""
    raw = value.encode()
    yield "as it is", raw
    yield "percent-encoded", urllib.parse.quote(value, safe="").encode()
    yield "all percent-encoded", "".join(f"%{byte:02X}" for byte in raw).encode()
    yield "in hexadecimal", raw.hex().encode()
    yield "in JSON", json.dumps(value)[1:-1].encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        # The characters at the edges depend on the neighbours.
        inner = encoded[(0, 2, 3)[offset]:len(encoded) - (1 if (offset + len(raw)) % 3 else 0)]
        yield "in base64", inner.encode()
        yield "in base64url", inner.replace("+", "-").replace("/", "_").encode()


class Canaries:
    """Makes them, and looks for them. The same seed makes the same values."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.values = {}
        # What must be found, to show that the search finds: by the kind of place.
        self.planted = {}

    def word(self, length=24):
        return "".join(self.random.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(length))

    def make(self, name, value=None):
        """A new one; `value` where a plain word is not what the setting takes."""
        if name in self.values:
            raise SystemExit(f"two canaries are called {name}")
        self.values[name] = value or "cnry" + self.word()
        return self.values[name]

    def look(self, text, values):
        """Which of `values` are in `text`, and in which form. Letters of hexadecimal and of escapes may be large or
        small."""
        folded = text.lower()
        for name, value in values.items():
            for form, sought in set(forms(value)):
                plain = form in ("in hexadecimal", "all percent-encoded")
                place = folded.find(sought.lower()) if plain else text.find(sought)
                if place >= 0:
                    yield name, form, place

    def excerpt(self, text, place):
        return re.sub(rb"\s+", b" ", text[max(0, place - 100):place + 100]).decode("utf-8", "replace")


class EchoingProvider:
    """Answers everything with a refusal that repeats what it was sent: path, headers and body, the credentials decoded
    as well. In the shapes that the providers' answers have, one after the other, with one status after the other, for each
    address."""

    STATUSES = (400, 401, 403, 404, 422, 429, 500, 200)

    def __init__(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                provider.answer(self)

            def do_GET(self):
                provider.answer(self)

            def log_message(self, *_):
                pass

        self.counts = collections.Counter()
        # Tokens of the host's unsubscribe addresses, out of the mails.
        self.unsubscribing = []
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self.lock:
            self.unsubscribing += re.findall(rb"/unsubscribe\\?/([\w-]+)", body)
            self.counts[request.path.partition("?")[0]] += 1
            turn = self.counts[request.path.partition("?")[0]]
        credentials = request.headers.get("Authorization", "")
        decoded = ""
        if credentials.startswith("Basic "):
            decoded = base64.b64decode(credentials[6:]).decode("utf-8", "replace")
        # What is longest last, so that a text that is cut keeps the secrets.
        echo = f"refused {decoded} {credentials} {request.headers} {request.path} {body.decode('utf-8', 'replace')}"
        shapes = [
            {"code": 20003, "message": echo, "ErrorCode": 10, "Message": echo, "error": echo, "detail": echo,
             "title": "no", "type": "no", "name": "no", "errors": [{"message": echo}]},
            {"error": {"message": echo, "code": 190, "type": echo, "error_data": {"details": echo}}},
            {"message-count": "1", "messages": [{"status": "4", "error-text": echo, "message-id": "x"}]},
            echo,
        ]
        shape = shapes[turn % len(shapes)]
        data = (shape if isinstance(shape, str) else json.dumps(shape)).encode()
        request.send_response(self.STATUSES[turn // len(shapes) % len(self.STATUSES)])
        kind = "text/plain" if isinstance(shape, str) else "application/json"
        for name, value in [("Content-Type", kind), ("Content-Length", len(data)), ("x-amzn-errortype", "Refused")]:
            request.send_header(name, str(value))
        request.end_headers()
        request.wfile.write(data)
