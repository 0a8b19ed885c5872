"""Every provider that the sandbox speaks, as a channel of the host's, and what the host makes of its words."""

import json

# The channels' settings. The credentials are the sandbox's own, which are no secrets.
CHANNELS = {
    "sms": """
    module: sms
    provider: twilio
    settings:
      account_sid: AC00000000000000000000000000005a4d
      auth_token: ${TOKEN:-sandbox-auth-token}
      from: "+15005550006"
""",
    "plivo": """
    module: sms
    provider: plivo
    settings:
      auth_id: MASANDBOX00000000000
      auth_token: ${TOKEN:-sandbox-auth-token}
      from: "+15551230000"
      segment_reports: true
""",
    "vonage": """
    module: sms
    provider: vonage
    settings:
      api_key: 5a4db0c5
      api_secret: ${TOKEN:-sandbox-api-secret}
      from: "+15551230000"
      signature_secret: ${TOKEN:-sandbox-signature-secret}
""",
    "vonage_messages": """
    module: sms
    provider: vonage_messages
    settings:
      api_key: 5a4db0c5
      api_secret: ${TOKEN:-sandbox-api-secret}
      from: "+15551230000"
      signature_secret: ${TOKEN:-sandbox-signature-secret}
""",
    "kannel": """
    module: sms
    provider: kannel
    settings:
      username: sandbox
      password: ${TOKEN:-sandbox-password}
      from: "+15551230000"
      webhook_secret: ${TOKEN:-0123456789-abc.~}
""",
    "whatsapp": """
    module: whatsapp
    provider: meta
    settings:
      phone_number_id: "106540352242922"
      access_token: ${TOKEN:-sandbox-access-token}
      app_secret: ${TOKEN:-sandbox-app-secret}
      verify_token: ${TOKEN:-sandbox-verify-token}
      fallback_template: notice
      template_language: en_US
""",
    "whatsapp_twilio": """
    module: whatsapp
    provider: twilio
    settings:
      account_sid: AC00000000000000000000000000005a4d
      auth_token: ${TOKEN:-sandbox-auth-token}
      from: "+14155238886"
""",
    "sendgrid": """
    module: email
    provider: sendgrid
    settings:
      api_key: ${TOKEN:-SG.sandbox-api-key}
      from: Acme <hello@acme.example>
      webhook_public_key: SENDGRID_KEY
      inbound_secret: ${TOKEN:-0123456789-abc.~}
      unsubscribe: host
""",
    "postmark": """
    module: email
    provider: postmark
    settings:
      server_token: ${TOKEN:-sandbox-server-token}
      from: hello@acme.example
      webhook_username: postmark
      webhook_password: ${TOKEN:-sandbox-webhook-password}
""",
    "mailgun": """
    module: email
    provider: mailgun
    settings:
      api_key: ${TOKEN:-sandbox-api-key}
      domain: mg.sandbox.example
      from: hello@acme.example
      webhook_signing_key: ${TOKEN:-sandbox-signing-key}
""",
    "resend": """
    module: email
    provider: resend
    settings:
      api_key: ${TOKEN:-re_sandbox_api_key}
      from: Acme <hello@acme.example>
      webhook_secret: ${TOKEN:-whsec_cHJvdmlkZXItc2FuZGJveDogUmVzZW5kJ3M=}
""",
    # The sandbox is SNS, too: without sns_base_url its certificate would not be taken from there.
    "ses": """
    module: email
    provider: ses
    settings:
      region: us-east-1
      access_key_id: AKIASANDBOX000000000
      secret_access_key: ${TOKEN:-sandbox-secret-access-key}
      from: hello@acme.example
      configuration_set: sandbox-events
      topic_arn: arn:aws:sns:us-east-1:123456789012:ses-events
      sns_base_url: SANDBOX_URL
""",
    # STARTTLS with a certificate of the sandbox's own, and a password. Some of the mails come back.
    "smtp": """
    module: email
    provider: smtp
    settings:
      host: 127.0.0.1
      port: SMTP_PORT
      tls: starttls
      ca_file: SMTP_CERTIFICATE
      username: sandbox
      password: ${TOKEN:-sandbox-password}
      from: Acme <hello@acme.example>
      bounce_domain: bounces.acme.example
      webhook_token: ${TOKEN:-sandbox-webhook-token}
""",
}

MAIL = {"sendgrid", "postmark", "mailgun", "resend", "ses", "smtp"}
WHATSAPP = {"whatsapp", "whatsapp_twilio"}

# Providers that are not told with each message where to report, and the sandbox's option for that.
WEBHOOK_OPTIONS = {
    "whatsapp": "--meta-webhook", "sendgrid": "--sendgrid-webhook", "postmark": "--postmark-webhook",
    "mailgun": "--mailgun-webhook", "resend": "--resend-webhook", "ses": "--ses-webhook", "smtp": "--smtp-webhook",
}

TWILIO = {"accepted": "queued", "queued": "queued", "sent": "sent", "failed": "failed", "delivered": "delivered"}

# The provider's words in the ledger, and the channel's statuses that they are evidence of.
STATUSES = {
    "sms": TWILIO | {"undelivered": "undelivered"},
    "plivo": {
        "queued": "queued", "sent": "sent", "rejected": "failed", "failed": "failed", "undelivered": "undelivered",
        "delivered": "delivered",
    },
    "vonage": {
        "submitted": "queued", "accepted": "sent", "buffered": "sent", "expired": "undelivered", "rejected": "failed",
        "failed": "undelivered", "delivered": "delivered",
    },
    "vonage_messages": {
        "accepted": "queued", "submitted": "queued", "rejected": "failed", "undeliverable": "failed",
        "delivered": "delivered",
    },
    "kannel": {
        "accepted": "queued", "buffered": "queued", "smsc-accepted": "sent", "rejected": "failed",
        "failed": "undelivered", "delivered": "delivered",
    },
    "whatsapp": {"accepted": "queued", "sent": "sent", "failed": "failed", "delivered": "delivered", "read": "read"},
    "whatsapp_twilio": TWILIO | {"undelivered": "failed", "read": "read"},
    "sendgrid": {
        "accepted": "queued", "processed": "sent", "deferred": "deferred", "dropped": "dropped",
        "delivered": "delivered", "bounce": "bounced", "spamreport": "complained",
    },
    "postmark": {
        "accepted": "queued", "Transient": "deferred", "ManuallyDeactivated": "bounced", "Delivery": "delivered",
        "HardBounce": "bounced", "SpamComplaint": "complained",
    },
    "mailgun": {
        "accepted": "queued", "failed temporary": "deferred", "failed suppress-bounce": "dropped",
        "delivered": "delivered", "failed permanent": "bounced", "complained": "complained",
    },
    "resend": {
        "accepted": "queued", "sent": "sent", "delivery_delayed": "deferred", "suppressed": "dropped",
        "delivered": "delivered", "bounced": "bounced", "complained": "complained",
    },
    "ses": {
        "accepted": "queued", "Send": "sent", "DeliveryDelay": "deferred", "Reject": "dropped",
        "Delivery": "delivered", "Bounce": "bounced", "Complaint": "complained",
    },
    "smtp": {
        "accepted": "queued", "relayed": "sent", "delayed": "deferred", "expired": "bounced", "delivered": "delivered",
        "failed": "bounced", "complained": "complained",
    },
}

# Nobody says whether these took what they answer with 500, so it is not sent a second time; and their code for it.
UNCERTAIN_AFTER_500 = {"plivo": "http_500", "vonage_messages": "internal-error"}

# What is asked of each channel besides ordinary recipients: the sandbox's numbers and addresses with a meaning.
NUMBERS = {
    "unreachable": "+15005560001", "filtered": "+15005560002", "not mobile": "+15005560003",
    "never final": "+15005560005", "reversed": "+15005560006", "twice": "+15005560007",
}
WINDOW_CLOSED = {"window closed": "+15005560010", "window closed later": "+15005560011"}
MAILBOXES = (
    "bounced", "bounced-late", "complained", "deferred", "dropped", "refused", "never-final", "reversed", "twice")


def sandbox_options(webhooks, seed):
    """Where to report to, `webhooks` being the host's address, and how: Vonage's receipts have three forms."""
    addresses = [part for channel, option in WEBHOOK_OPTIONS.items() for part in (option, f"{webhooks}/{channel}")]
    return [
        *addresses, "--plivo-segment-reports", "--vonage-receipts", ("post", "get", "json")[seed % 3],
        "--sns-signature-version", 1 + seed % 2, "--smtp-listen", "127.0.0.1:0",
        "--smtp-webhook-token", "sandbox-webhook-token", "--smtp-script", "relayed,delivered",
    ]


def channel_settings(sandbox, folder):
    """The channels' texts with what the sandbox says of itself; `folder` is for files."""
    certificate = folder / "smtp-certificate.pem"
    certificate.write_bytes(sandbox.get("/smtp-certificate.pem"))
    values = {
        "SENDGRID_KEY": f'"{sandbox.sendgrid_key()}"', "SANDBOX_URL": sandbox.url, "SMTP_PORT": str(sandbox.smtp_port()),
        "SMTP_CERTIFICATE": str(certificate),
    }
    texts = {}
    for name, text in CHANNELS.items():
        for word, value in values.items():
            text = text.replace(word, value)
        texts[name] = text + ("" if name == "smtp" else f"      base_url: {sandbox.url}\n")
    return texts


def channels(sandbox, limits, folder):
    """The part of channels.yaml below `channels:`; `limits` are lines that every channel has."""
    return "".join(f"  {name}:{text}{limits}" for name, text in channel_settings(sandbox, folder).items())


def shake_hands(findings, sandbox, wait_until):
    """What Meta and SNS do before they report anything: the one has the address prove itself, the other has it confirm
    its subscription."""
    status, body = sandbox.tell("/sandbox/verify/meta")
    findings.check(status == 200, f"meta: the webhook's address does not verify: {status} {body}")
    status, body = sandbox.tell("/sandbox/subscribe/ses")
    findings.check(status == 202, f"ses: the subscription is not asked for: {status} {body}")
    wait_until(
        "the subscription to the topic to be confirmed",
        lambda: json.loads(sandbox.get("/sandbox/subscribe/ses"))["confirmed"], 30)


def status(channel, word):
    """The channel's status for a word of its provider's; the word itself, marked, where there is none."""
    return STATUSES[channel].get(word, f"unknown {word}")
