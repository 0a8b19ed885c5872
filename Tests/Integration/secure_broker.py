"""A door with TLS and SASL/PLAIN before the cluster in memory, which has neither: each broker gets a port of its own that
speaks Kafka's handshakes, then passes everything on. The brokers' addresses in the answers become those of the doors."""

import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE = 18, 17, 36
HOST = b"127.0.0.1"


def certificates(folder):
    """A private authority, and a certificate by it for 127.0.0.1."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=Switchboard test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj",
            "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


class SecureBroker:
    def __init__(self, cluster, user, password):
        self.credentials = b"\0" + user.encode() + b"\0" + password.encode()
        self.folder = tempfile.TemporaryDirectory(prefix="switchboard-tls-")
        folder = pathlib.Path(self.folder.name)
        certificates(folder)
        self.authority = folder / "ca.pem"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.lock = threading.Lock()
        self.counts = {"handshakes refused": 0, "authenticated": 0, "refused": 0}
        self.doors = {}
        for address in cluster.servers.split(","):
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.doors[int(address.rsplit(":", 1)[1])] = listener.getsockname()[1]
            threading.Thread(target=self.listen, args=(listener, int(address.rsplit(":", 1)[1])), daemon=True).start()
        self.servers = ",".join(f"127.0.0.1:{door}" for door in self.doors.values())

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def listen(self, listener, broker):
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=self.serve, args=(plain, broker), daemon=True).start()

    def serve(self, plain, broker):
        try:
            client = self.context.wrap_socket(plain, server_side=True)
        except (ssl.SSLError, OSError):
            return self.count("handshakes refused")
        with client, socket.create_connection(("127.0.0.1", broker)) as cluster:
            try:
                if not self.greet(client, cluster):
                    return
                threading.Thread(target=pump, args=(client, cluster), daemon=True).start()
                pump(cluster, client, self.with_doors)
            except OSError:
                pass

    def greet(self, client, cluster):
        """Everything until the client has shown who it is. True: it may go on."""
        while frame := read_frame(client):
            key, version, correlation = struct.unpack_from(">hhi", frame)
            if key == API_VERSIONS:
                write_frame(cluster, frame)
                write_frame(client, with_sasl(read_frame(cluster), version))
            elif key == SASL_HANDSHAKE:
                write_frame(client, struct.pack(">ihih", correlation, 0, 1, 5) + b"PLAIN")
            elif key == SASL_AUTHENTICATE and self.credentials in frame:
                self.count("authenticated")
                # No error, no message, no bytes, and (version 1) no end of the session.
                write_frame(client, struct.pack(">ihhi", correlation, 0, -1, 0) + (b"\0" * 8 if version else b""))
                return True
            else:
                self.count("refused")
                # 58: SASL_AUTHENTICATION_FAILED
                write_frame(client, struct.pack(">ihhi", correlation, 58, -1, 0) + (b"\0" * 8 if version else b""))
                return False
        return False

    def with_doors(self, frame):
        for broker, door in self.doors.items():
            frame = frame.replace(HOST + struct.pack(">i", broker), HOST + struct.pack(">i", door))
        return frame


def with_sasl(answer, version):
    """An answer to ApiVersions that also offers what comes before: the cluster itself has none of it."""
    ours = [(SASL_HANDSHAKE, 0, 1), (SASL_AUTHENTICATE, 0, 1)]
    if version >= 3:
        # The count is a variable-length number, one more than the items; each item ends with its (no) tags.
        entries = b"".join(struct.pack(">hhhB", *one, 0) for one in ours)
        return answer[:6] + bytes([answer[6] + len(ours)]) + entries + answer[7:]
    count = struct.unpack_from(">i", answer, 6)[0] + len(ours)
    return answer[:6] + struct.pack(">i", count) + b"".join(struct.pack(">hhh", *one) for one in ours) + answer[10:]


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def read_frame(connection):
    size = read_exactly(connection, 4)
    return read_exactly(connection, struct.unpack(">i", size)[0]) if size else None


def write_frame(connection, frame):
    connection.sendall(struct.pack(">i", len(frame)) + frame)


def pump(source, target, change=lambda frame: frame):
    """Passes frames on until one side ends."""
    try:
        while frame := read_frame(source):
            write_frame(target, change(frame))
    except OSError:
        pass
    finally:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
