"""Notifications over every channel and provider at once, through the real host and a sandbox that fails in every way it
knows: all of them settle or close, no webhook is refused, and store, events and ledger agree id by id."""

import argparse
import json
import pathlib
import random
import tempfile
import time
from collections import Counter

import providers
from agreement import check_events, check_ledger, check_notifications, read_views
from harness import Client, EventStream, Findings, Host, Sandbox, free_port, wait_until, wait_until_applied

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=10_000)
parser.add_argument("--seed", type=int, default=7)
parser.add_argument("--patience", type=int, default=0, help="seconds to wait; default by the count")
parser.add_argument("--keep", type=pathlib.Path, help="a file for what the host and the ledger say, to look at")
arguments = parser.parse_args()
patience = arguments.patience or max(240, arguments.count // 20)

LIMITS = """\
    concurrency: 24
    timeout: 10s
    retry: { attempts: 12, base: 100ms, max: 1s }
    breaker: { failure_ratio: 0.9 }
    uncertain: await_callback
    settle_after: 8s
"""
TEXTS = [
    "Your order {} is on its way.", "Zamówienie nr {} jest już w drodze.", "Bestellung {} \u20ac 12,30 \U0001f69a",
    "Order {}: " + "a text that needs several segments. " * 8,
    "Заказ {}: " + "текст из нескольких частей. " * 6,
]


def recipient(chosen, channel, number):
    """About one in five is somebody with a meaning."""
    if channel in providers.MAIL:
        name = chosen.choice(providers.MAILBOXES) if chosen.random() < 0.2 else f"ada{number}"
        return f"{name}+{number}@example.com"
    if chosen.random() >= 0.2:
        return f"+1555{number:07d}"
    return chosen.choice(list((
        providers.NUMBERS | (providers.WINDOW_CLOSED if channel in providers.WHATSAPP else {})).values()))


def notification(chosen, number):
    channel = list(providers.CHANNELS)[number % len(providers.CHANNELS)]
    wanted = {
        "channel": channel, "to": recipient(chosen, channel, number), "externalId": f"mixed-{arguments.seed}-{number}",
        "body": chosen.choice(TEXTS).format(number), "class": chosen.choice(["urgent", "normal", "bulk"]),
    }
    if channel in providers.MAIL:
        wanted["subject"] = chosen.choice(["Your order {}", "Zamówienie {} \U0001f69a"]).format(number)
        if chosen.random() < 0.5:
            wanted["options"] = {"html": f"<p>Order <b>{number}</b> – ready</p>"}
    return wanted


def accept(client, findings, chosen, wanted):
    """The new ids."""
    headers = {"Content-Type": "application/json"}
    if len(wanted) == 1:
        status, body = client.send("POST", "/notifications", json.dumps(wanted[0]), headers)
        findings.check(status == 202, f"single: {status} {body[:300]}")
        new = [json.loads(body)["id"]] if status == 202 else []
    else:
        status, body = client.send("POST", "/notifications/batch", json.dumps(wanted), headers)
        findings.check(status == 202, f"batch: {status} {body[:300]}")
        new = [result["id"] for result in json.loads(body)["results"]] if status == 202 else []
    # What was accepted is known at once.
    if new:
        status, _ = client.send("GET", f"/notifications/{chosen.choice(new)}")
        findings.check(status == 200, f"a GET right after the 2xx says {status}")
    return new


def delivery_name(entry):
    """Vonage is given the number of segments behind the id, where there are several."""
    name = entry["delivery"] or ""
    return name.split("_")[0] if entry["provider"] == "vonage" else name


def check_webhooks(findings, ledger):
    """No genuine webhook is refused. Returns the answers that were not 2xx, by provider."""
    answers = Counter()
    for entry in ledger:
        for report in entry["reports"]:
            answer = report["answer"]
            if answer is None or not 200 <= answer < 300:
                answers[entry["provider"], answer] += 1
            findings.check(
                answer is None or answer < 400 or answer >= 500,
                f"{entry['provider']}: the webhook '{report['status']}' of {entry['delivery']} was answered {answer}")
        findings.check(entry["reportsGivenUp"] == 0, f"{entry['provider']}: a webhook was given up: {entry}")
    return answers


def check_mix(findings, views, ledger):
    """Each provider took something, and said of something that it was delivered. No entry is of nobody's delivery."""
    known = {delivery["id"] for view in views.values() if view for delivery in view["deliveries"]}
    for entry in ledger:
        findings.check(delivery_name(entry) in known, f"{entry['provider']} has {entry['delivery']}, which is not ours")
    taken = Counter(entry["provider"] for entry in ledger if entry["timesAccepted"])
    findings.check(len(taken) == len(providers.CHANNELS), f"only these took something: {dict(taken)}")
    states = Counter(
        (delivery["channel"], delivery["status"]) for view in views.values() if view for delivery in view["deliveries"])
    for channel in providers.CHANNELS:
        goal = "read" if channel in providers.WHATSAPP else "delivered"
        findings.check(states[channel, goal] > 0, f"{channel}: nothing is {goal}")
    return states


def check_refusals(findings, views):
    """Mails refused for good by the mail server, wherever in its transaction, are rejected; and complaints by mail heard."""
    deliveries = [
        one for view in views.values() if view for one in view["deliveries"] if one["channel"] == "smtp"]
    words = {"the sender is refused", "no mail is taken from you", "the mail looks like spam"}
    said = {word for one in deliveries for word in words if word in one.get("message", "").lower()}
    if len(deliveries) > 300:
        findings.check(said == words, f"smtp: these refusals are missing: {words - said}")
    for one in deliveries:
        refused = [word for word in words if word in one.get("message", "").lower()]
        findings.check(not refused or one["status"] == "rejected", f"{one['id']} is {one['status']}: {refused}")
    if len(deliveries) > 300:
        findings.check(any(one["status"] == "complained" for one in deliveries), "smtp: nobody complained")


def check_uncertain(findings, views, ledger):
    """Uncertain is only what got no answer, or a 500 where that may mean anything. Returns how many were at some time."""
    def names(*ways):
        return {delivery_name(entry) for entry in ledger if any(entry["attempts"][way] for way in ways)}

    unanswered, refused = names("answerLost", "hung", "closed"), names("refused")
    uncertain = set()
    for delivery in (one for view in views.values() if view for one in view["deliveries"]):
        for step in delivery["timeline"]:
            if step.get("reported") != "uncertain":
                continue
            uncertain.add(delivery["id"])
            says_nothing = step["code"] == providers.UNCERTAIN_AFTER_500.get(delivery["channel"])
            findings.check(
                delivery["id"] in (refused if says_nothing else unanswered),
                f"{delivery['id']} of {delivery['channel']} became uncertain: {step}")
    return len(uncertain)


def dead_letters(host):
    tables = host.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%dead%'")
    return sum(host.query(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in tables)


def main():
    print(f"seed {arguments.seed}, {arguments.count} notifications over {len(providers.CHANNELS)} channels")
    findings = Findings()
    # The sandbox is told its own address, too: what SNS says leads there.
    port, own = free_port(), free_port()
    sandbox = Sandbox(
        "--listen", f"127.0.0.1:{own}", "--sns-base-url", f"http://127.0.0.1:{own}",
        "--seed", arguments.seed, "--duplicate", 0.2, "--shuffle", 0.3, "--fail-before", 0.05, "--fail-after", 0.02,
        "--close-before", 0.01, "--throttle", 0.05, "--hang", 0.005, "--drop", 0.02, "--latency", "5ms..200ms",
        "--batch-window", "100ms",
        "--smtp-refuse-sender", 0.03, "--smtp-refuse-data", 0.03, "--smtp-refuse-content", 0.03, *providers.sandbox_options(f"http://127.0.0.1:{port}/webhooks", arguments.seed))
    files = tempfile.TemporaryDirectory(prefix="switchboard-mixed-")
    host = Host(sandbox, channels=providers.channels(sandbox, LIMITS, pathlib.Path(files.name)), port=port)
    host.start()
    providers.shake_hands(findings, sandbox, wait_until)
    events = EventStream(host.port)
    events.start()

    chosen = random.Random(arguments.seed)
    client = Client(host.port)
    wanted = [notification(chosen, number) for number in range(arguments.count)]
    ids = []
    start = time.monotonic()
    while len(ids) < arguments.count:
        size = chosen.choice([1, 1, 1, 50, 400])
        new = accept(client, findings, chosen, wanted[len(ids):len(ids) + size])
        if not new:
            break
        ids += new
    accepted_in = time.monotonic() - start

    wait_until(
        "every delivery to settle or close",
        lambda: host.query("SELECT count(*) FROM deliveries WHERE settlement = 0")[0][0] == 0
        and host.query("SELECT count(*) FROM notifications")[0][0] == len(ids), patience)
    settled_in = time.monotonic() - start
    wait_until("the sandbox's reports", lambda: sandbox.summary()["reportsPending"] == 0, patience)
    wait_until_applied(host)
    total = host.query("SELECT sum(highest) FROM (SELECT max(sequence) AS highest FROM deliveries GROUP BY row)")[0][0]
    wait_until("the events", lambda: len(events.events) >= total, 60)

    views = read_views(host.port, ids)
    summary, ledger = sandbox.summary(), sandbox.ledger()
    if arguments.keep:
        arguments.keep.write_text(json.dumps([views, ledger]))
    check_notifications(findings, views)
    check_events(findings, views, events.events)
    check_ledger(findings, views, ledger, delivery_name, providers.status)
    answers = check_webhooks(findings, ledger)
    states = check_mix(findings, views, ledger)
    check_refusals(findings, views)
    dead = dead_letters(host)
    findings.check(dead == 0, f"{dead} dead letters")
    uncertain = check_uncertain(findings, views, ledger)

    print("accepted in %.1f s, all settled or closed in %.1f s" % (accepted_in, settled_in))
    for channel in providers.CHANNELS:
        print(f"{channel:16}", {status: count for (one, status), count in sorted(states.items()) if one == channel})
    print(f"uncertain {uncertain}, unanswered {summary['unanswered']}; webhooks not answered 2xx: {dict(answers)}")
    print(f"providers: {', '.join(sorted({entry['provider'] for entry in ledger}))}")
    print("the sandbox:", json.dumps(summary))
    events.ended = True
    host.stop()
    sandbox.stop()
    host.clean()
    findings.finish("mixed")


main()
