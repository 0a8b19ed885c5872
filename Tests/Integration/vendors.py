"""The vendors' own clients send to the sandbox, and their own validators accept what it signs and refuse an altered
byte. Run it by scripts/vendors, which installs them."""

import hashlib
import http.server
import json
import threading
import urllib.parse
import urllib.request

import jwt
import plivo
import plivo.utils
import sendgrid
import vonage
import vonage_jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from plivo.exceptions import PlivoRestError
from requests.adapters import HTTPAdapter
from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid.helpers.inbound.parse import Parse
from sendgrid.helpers.mail import CustomArg, Mail
from svix.webhooks import Webhook, WebhookVerificationError
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client as TwilioClient
from vonage_http_client.auth import Auth
from vonage_messages.models import Sms
from vonage_sms import SmsMessage
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from harness import Findings, Sandbox, wait_until

# The sandbox's own credentials, which are no secrets.
TWILIO = ("AC00000000000000000000000000005a4d", "sandbox-auth-token")
PLIVO = ("MASANDBOX00000000000", "sandbox-auth-token")
VONAGE = {"api_key": "5a4db0c5", "api_secret": "sandbox-api-secret"}
SIGNATURE_SECRET = "a-signature-secret-of-32-bytes-or-more"
RESEND = ("re_sandbox_api_key", "whsec_cHJvdmlkZXItc2FuZGJveDogUmVzZW5kJ3M=")
TEXT = "Zażółć gęślą jaźń & 1+1=2 \U0001f69a"

findings = Findings()
received = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.append((self.path, self.headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
ADDRESS = f"http://127.0.0.1:{server.server_port}"


class ToSandbox(HTTPAdapter):
    """Takes what a client sends to its vendor to the sandbox instead; the rest of the request stays as it is."""

    def __init__(self, port):
        super().__init__()
        self.port = port

    def send(self, request, **options):
        parts = urllib.parse.urlsplit(request.url)
        request.url = parts._replace(scheme="http", netloc=f"127.0.0.1:{self.port}").geturl()
        return super().send(request, **options)


def webhooks(path, count):
    """The webhooks that came to a path of ours, once there are as many."""
    wait_until(f"{count} webhooks to {path}", lambda: len([one for one in received if one[0] == path]) >= count, 30)
    return [(ADDRESS + path, headers, body) for to, headers, body in received if to == path]


def altered(body):
    """The body with one letter or digit in its middle changed."""
    place = next(at for at in range(len(body) // 2, len(body)) if chr(body[at]).isalnum())
    return body[:place] + (b"7" if body[place:place + 1] != b"7" else b"8") + body[place + 1:]


def check_webhooks(vendor, path, count, accepts):
    """`accepts(url, headers, body)` is the vendor's own word."""
    for url, headers, body in webhooks(path, count):
        findings.check(accepts(url, headers, body), f"{vendor}: refused by the vendor's validator: {body!r}")
        findings.check(not accepts(url, headers, altered(body)), f"{vendor}: an altered byte is accepted: {body!r}")


def form(body):
    return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))


def check_twilio(sandbox):
    client = TwilioClient(*TWILIO)
    client.http_client.session.mount("https://", ToSandbox(sandbox.port))
    path = "/twilio?delivery=twilio-1"
    message = client.messages.create(
        to="+15551230001", from_="+15005550006", body=TEXT, status_callback=ADDRESS + path)
    findings.check(message.status == "queued" and message.sid.startswith("SM"), f"twilio: {message.status}")
    fetched = client.messages(message.sid).fetch()
    findings.check(fetched.body == TEXT, f"twilio: the text came as {fetched.body!r}")
    validator = RequestValidator(TWILIO[1])
    check_webhooks(
        "twilio", path, 2,
        lambda url, headers, body: validator.validate(url, form(body), headers["X-Twilio-Signature"]))
    url, headers, body = webhooks(path, 2)[0]
    findings.check(
        not validator.validate(url + "x", form(body), headers["X-Twilio-Signature"]),
        "twilio: another address is accepted")
    path = "/twilio-whatsapp?delivery=twilio-2"
    client.messages.create(
        to="whatsapp:+15551230002", from_="whatsapp:+14155238886", body=TEXT, status_callback=ADDRESS + path)
    check_webhooks(
        "twilio on whatsapp", path, 3,
        lambda url, headers, body: validator.validate(url, form(body), headers["X-Twilio-Signature"]))
    try:
        client.messages.create(to="+15005560003", from_="+15005550006", body=TEXT)
        findings.check(False, "twilio: a number that is not mobile is taken")
    except TwilioRestException as error:
        findings.check(error.code == 21614 and error.status == 400, f"twilio: {error!r}")


def check_plivo(sandbox):
    client = plivo.RestClient(*PLIVO)
    client.session.mount("https://", ToSandbox(sandbox.port))
    path = "/plivo?delivery=plivo-1&b=2"
    answer = client.messages.create(src="15551230000", dst="15551230001", text=TEXT, url=ADDRESS + path)
    findings.check(len(answer.message_uuid) == 1, f"plivo: {answer}")
    version3 = "X-Plivo-Signature-V3"
    check_webhooks(
        "plivo, version 3", path, 2,
        lambda url, headers, body: plivo.utils.validate_v3_signature(
            "POST", url, headers[version3 + "-Nonce"], PLIVO[1], headers[version3], form(body)))
    version2 = "X-Plivo-Signature-V2"
    for url, headers, _ in webhooks(path, 2):
        for address, genuine in ((url, True), (url.replace("/plivo", "/plivO"), False)):
            findings.check(
                genuine == plivo.utils.validate_signature(
                    address, headers[version2 + "-Nonce"], headers[version2], PLIVO[1]),
                f"plivo, version 2: {address} should be {genuine}")
    try:
        client.messages.create(src="15551230000", dst="15005560003", text=TEXT)
        findings.check(False, "plivo: a number that is not mobile is taken")
    except PlivoRestError:
        findings.check(True, "")


def vonage_client(sandbox, **credentials):
    client = vonage.Vonage(Auth(**credentials))
    client.http_client._session.mount("https://", ToSandbox(sandbox.port))
    return client


def check_vonage_sms(sandbox, method):
    client = vonage_client(sandbox, **VONAGE)
    path = f"/vonage-{method}"
    answer = client.sms.send(
        SmsMessage(
            to="15551230001", from_="15551230000", text=TEXT, type="unicode", client_ref=f"vonage-{method}",
            callback=ADDRESS + path))
    findings.check(
        answer.messages[0].status == "0" and answer.messages[0].client_ref == f"vonage-{method}", f"vonage: {answer}")
    checker = Auth(**VONAGE, signature_secret=SIGNATURE_SECRET, signature_method=method)
    check_webhooks(
        f"vonage by {method}", path, 2, lambda url, headers, body: checker.check_signature(form(body)))


def check_vonage_messages(sandbox):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    application = {"application_id": "00000000-0000-4000-8000-00000000005a", "private_key": key}
    for name, credentials in (("basic", VONAGE), ("token", application)):
        client = vonage_client(sandbox, **credentials)
        path = f"/vonage-messages-{name}"
        answer = client.messages.send(
            Sms(
                to="15551230001", from_="15551230000", text=TEXT, client_ref=f"messages-{name}",
                webhook_url=ADDRESS + path))
        findings.check(len(answer.message_uuid) == 36, f"vonage messages: {answer}")
        check_webhooks("vonage messages", path, 2, accepts_vonage_token)


def accepts_vonage_token(_, headers, body):
    """The package verifies the token; its documentation has the receiver compare the hash of the body."""
    token = headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    return (
        vonage_jwt.verify_signature(token, SIGNATURE_SECRET)
        and not vonage_jwt.verify_signature(token, SIGNATURE_SECRET + "x")
        and claims["payload_hash"] == hashlib.sha256(body).hexdigest())


def check_sendgrid(sandbox, key):
    client = sendgrid.SendGridAPIClient("SG.sandbox-api-key", host=f"http://127.0.0.1:{sandbox.port}")
    mail = Mail(
        from_email="hello@acme.example", to_emails="ada@example.com", subject=TEXT, plain_text_content=TEXT,
        html_content=f"<p>{TEXT}</p>")
    mail.add_custom_arg(CustomArg("delivery", "sendgrid-1"))
    answer = client.send(mail)
    findings.check(
        answer.status_code == 202 and bool(answer.headers["X-Message-Id"]), f"sendgrid: {answer.status_code}")
    header = "X-Twilio-Email-Event-Webhook-"
    check_webhooks(
        "sendgrid", "/sendgrid", 2,
        lambda url, headers, body: EventWebhook(key).verify_signature(
            body.decode(), headers[header + "Signature"], headers[header + "Timestamp"]))
    events = [event for _, _, body in webhooks("/sendgrid", 2) for event in json.loads(body)]
    findings.check(
        {event["delivery"] for event in events} == {"sendgrid-1"}, f"sendgrid: the argument is missing: {events}")


def check_resend(sandbox):
    """Resend has Svix send its webhooks."""
    mail = {"from": "hello@acme.example", "to": ["ada@example.com"], "subject": TEXT, "text": TEXT}
    sent = urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{sandbox.port}/emails", json.dumps(mail).encode(),
            {"Authorization": f"Bearer {RESEND[0]}", "Content-Type": "application/json"}))
    findings.check(sent.status == 200, f"resend: {sent.status}")
    validator = Webhook(RESEND[1])

    def accepts(_, headers, body):
        try:
            validator.verify(body, dict(headers))
            return True
        except WebhookVerificationError:
            return False

    check_webhooks("svix", "/resend", 2, accepts)


def check_inbound(sandbox):
    """What somebody writes to us, as the vendors' own validators and readers take it."""
    validators = {
        "": lambda url, headers, body: RequestValidator(TWILIO[1]).validate(
            url, form(body), headers["X-Twilio-Signature"]),
        "/plivo": lambda url, headers, body: plivo.utils.validate_v3_signature(
            "POST", url, headers["X-Plivo-Signature-V3-Nonce"], PLIVO[1], headers["X-Plivo-Signature-V3"], form(body)),
        "/vonage": lambda url, headers, body: Auth(
            **VONAGE, signature_secret=SIGNATURE_SECRET, signature_method="sha256").check_signature(form(body)),
        "/vonage-messages": accepts_vonage_token,
    }
    for provider, accepts in validators.items():
        path = f"/inbound{provider}"
        order(sandbox, provider, {"from": "+15551230001", "to": "+15551230000", "body": TEXT, "webhook": ADDRESS + path})
        check_webhooks(f"{provider or '/twilio'}, inbound", path, 1, accepts)
    mail = {"from": "Ada <ada@example.com>", "to": "help@acme.example", "subject": TEXT, "body": TEXT}
    order(sandbox, "/sendgrid", mail | {"webhook": ADDRESS + "/inbound-parse?secret=x"})
    ((_, headers, body),) = webhooks("/inbound-parse?secret=x", 1)
    posted = Request(EnvironBuilder(
        method="POST", data=body, content_type=headers["Content-Type"]).get_environ())
    read = Parse(ParseKeys, posted).key_values()
    for key, value in {"from": mail["from"], "to": mail["to"], "subject": TEXT, "text": TEXT}.items():
        findings.check(read.get(key) == value, f"sendgrid, inbound: {key} is {read.get(key)!r}")
    order(sandbox, "/resend", mail | {"webhook": ADDRESS + "/inbound-resend"})
    ((_, headers, body),) = webhooks("/inbound-resend", 1)
    Webhook(RESEND[1]).verify(body, dict(headers))
    findings.check(json.loads(body)["data"]["subject"] == TEXT, f"resend, inbound: {body}")


class ParseKeys:
    keys = ["from", "to", "subject", "text"]


def order(sandbox, provider, message):
    sent = urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{sandbox.port}/sandbox/inbound{provider}", json.dumps(message).encode(),
            {"Content-Type": "application/json"}))
    findings.check(sent.status == 202, f"{provider}, inbound: {sent.status}")


def main():
    for method in ("sha256", "md5", "sha1", "sha512"):
        sandbox = Sandbox(
            "--seed", 7, "--sendgrid-webhook", ADDRESS + "/sendgrid", "--resend-webhook", ADDRESS + "/resend",
            "--batch", 1, "--vonage-signature-method", method, "--vonage-signature-secret", SIGNATURE_SECRET)
        check_vonage_sms(sandbox, method)
        if method == "sha256":
            check_twilio(sandbox)
            check_plivo(sandbox)
            check_vonage_messages(sandbox)
            check_sendgrid(sandbox, sandbox.sendgrid_key())
            check_resend(sandbox)
            check_inbound(sandbox)
        findings.check(sandbox.summary()["reportsGivenUp"] == 0, "webhooks were given up")
        sandbox.stop()
    server.shutdown()
    findings.finish("vendors")


main()
