"""A real mail server (aiosmtpd) for tests: STARTTLS on one port, TLS from the first byte on another, a password on both.

usage: mail_server.py FOLDER, where certificate.pem and key.pem are. Writes FOLDER/ports when it listens, and each mail
that it takes as a line of JSON to FOLDER/mails before it says so. What a recipient is called is what becomes of it:
450@… and 550@… are refused at RCPT, 552@… after the message.
"""

import asyncio
import base64
import hmac
import json
import os
import pathlib
import secrets
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder = pathlib.Path(sys.argv[1])
USER, PASSWORD = "switchboard", os.environ["SMTP_PASSWORD"]
sessions = {}


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        refusals = {"450": "450 4.2.0 Greylisted, come back", "550": "550 5.1.1 No such user"}
        if refusal := refusals.get(address.partition("@")[0]):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("552@"):
            return "552 5.3.4 Too big for us"
        mail = {
            "connection": sessions.setdefault(id(session), (len(sessions), session))[0],
            "client": session.host_name,
            "tls": session.ssl is not None or isinstance(server.transport.get_extra_info("sslcontext"), ssl.SSLContext),
            "mechanism": session.auth_data and session.auth_data.decode(),
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "message": base64.b64encode(envelope.original_content).decode(),
        }
        with open(folder / "mails", "a") as mails:
            mails.write(json.dumps(mail) + "\n")
        return f"250 2.0.0 Ok: queued as {secrets.token_hex(5).upper()}"

    async def auth_CRAM__MD5(self, server, args):
        challenge = f"<{secrets.token_hex(8)}@mx.example>".encode()
        answer = await server.challenge_auth(base64.b64encode(challenge), encode_to_b64=False)
        user, _, digest = (answer or b"").decode("utf-8", "replace").partition(" ")
        proof = hmac.new(PASSWORD.encode(), challenge, "md5").hexdigest()
        if user == USER and hmac.compare_digest(digest, proof):
            return AuthResult(success=True, auth_data=b"CRAM-MD5")
        return AuthResult(success=False, handled=False)


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False, auth_data=mechanism.encode())


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    loop = asyncio.get_running_loop()

    def speak(**more):
        return lambda: SMTP(
            Handler(), hostname="mx.example", authenticator=authenticate, auth_required=True, loop=loop, **more)

    # An address that resolves to more than 127.0.0.1 would need a port that is free on each.
    ports = []
    for factory, tls in [
        (speak(tls_context=context, require_starttls=True), None), (speak(auth_require_tls=False), context),
        (speak(auth_require_tls=False), None),
    ]:
        server = await loop.create_server(factory, "127.0.0.1", 0, ssl=tls)
        ports.append(server.sockets[0].getsockname()[1])
    (folder / "ports.new").write_text(" ".join(map(str, ports)))
    (folder / "ports.new").rename(folder / "ports")
    await asyncio.Event().wait()


asyncio.run(main())
