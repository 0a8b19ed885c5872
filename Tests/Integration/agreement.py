"""Holds the store, the event stream and the provider's ledger against each other, id by id."""

import json
from collections import defaultdict

from harness import Client


def read_views(port, ids):
    client = Client(port)
    views = {}
    for identity in ids:
        status, body = client.send("GET", f"/notifications/{identity}")
        views[identity] = json.loads(body) if status == 200 else None
    return views


def check_notifications(findings, views):
    for identity, view in views.items():
        findings.check(view is not None, f"{identity} was accepted and is not known")
        if view is None:
            continue
        for delivery in view["deliveries"]:
            findings.check(
                delivery["settlement"] in ("settled", "closed"),
                f"{delivery['id']} is {delivery['status']} and neither settled nor closed: {delivery.get('waiting')}")


def check_events(findings, views, events):
    by_notification = defaultdict(list)
    for event in events:
        by_notification[event["notificationId"]].append(event)
    for identity, view in views.items():
        if view is None:
            continue
        heard = by_notification.get(identity, [])
        highest, first = 0, {}
        for event in heard:
            # Nor may a repeat say anything else.
            known = first.setdefault(event["sequence"], event)
            findings.check(
                event == known, f"{identity}: sequence {event['sequence']} is heard as {known} and as {event}")
            # A repeat is allowed, a gap or a step to something new and lower is not.
            findings.check(
                event["sequence"] <= highest + 1, f"{identity}: sequence {event['sequence']} after {highest}")
            highest = max(highest, event["sequence"])
        findings.check(highest == view["sequence"], f"{identity}: heard {highest} of {view['sequence']} changes")
        if heard:
            last = max(heard, key=lambda event: event["sequence"])
            findings.check(
                last["notificationStatus"] == view["status"],
                f"{identity}: the events end in {last['notificationStatus']}, the store in {view['status']}")


def check_ledger(findings, views, ledger, name=lambda entry: entry["delivery"], status=lambda _, word: word):
    """Returns how many messages the provider took more than once.

    `name` tells the delivery that an entry is about; `status(channel, word)` is the channel's own for a word of its
    provider's."""
    entries = {name(entry): entry for entry in ledger}
    repeats = 0
    for view in views.values():
        for delivery in view["deliveries"] if view else []:
            entry = entries.get(delivery["id"])
            taken = entry["timesAccepted"] if entry else 0
            if taken > 1:
                repeats += 1
            findings.check(taken <= 1, f"{delivery['id']} was taken {taken} times")
            final = entry["finalStatus"] if entry else None
            if final is not None:
                findings.check(
                    delivery["status"] == status(delivery["channel"], final),
                    f"{delivery['id']} of {delivery['channel']} is {delivery['status']}, the provider says {final}")
            elif taken == 0:
                findings.check(
                    delivery["status"] in ("rejected", "uncertain", "canceled"),
                    f"{delivery['id']} is {delivery['status']}, but the provider never took it")
    return repeats


def check_cancels(findings, views, ledger, canceled, pending):
    """`canceled`: ids whose cancel was said to have taken effect; `pending`: those that the host had only noted."""
    taken = {entry["delivery"] for entry in ledger if entry["timesAccepted"]}
    for identity in canceled | pending:
        newest = views[identity]["deliveries"][-1]
        findings.check(
            newest["status"] == "canceled" if newest["id"] not in taken else identity in pending,
            f"{identity} was canceled; it is {newest['status']}, taken by the provider: {newest['id'] in taken}")
    for identity, view in views.items():
        for delivery in view["deliveries"] if view else []:
            # What was canceled and turns out sent says so, as soon as anybody reports it.
            if delivery["status"] == "canceled":
                findings.check(
                    identity in canceled | pending, f"{delivery['id']} is canceled, and nobody asked for it")


def count_uncertain(host):
    """Deliveries that were uncertain at some time."""
    return host.query("SELECT count(DISTINCT row || '.' || ordinal) FROM timeline WHERE status = 'uncertain'")[0][0]
