"""Notifications for replicas.py, and how fast they are accepted and settle."""

import itertools
import json
import random
import threading
import time

from harness import Client

SHARES = 8


class Load(threading.Thread):
    """Posts its share, until it is told to stop, to whichever host answers, and asks another one for what was accepted
    just now."""

    def __init__(self, hosts, share, rate, seed, stopping):
        super().__init__(daemon=True)
        self.share, self.seed, self.stopping = share, seed, stopping
        self.pause = SHARES / rate
        # A host says 503 within ten seconds: from one that says nothing, the next one is asked.
        self.clients = [Client(host.port, timeout=12) for host in hosts]
        self.random = random.Random(seed * 1000 + share)
        self.ids, self.refused, self.unknown, self.unsure, self.strange = {}, 0, [], 0, []
        self.slowest = 0
        self.accepted_at = []

    def run(self):
        for number in itertools.count(self.share, SHARES):
            if self.stopping.is_set():
                return
            began = time.monotonic()
            self.post(number)
            took = time.monotonic() - began
            self.slowest = max(self.slowest, took)
            time.sleep(max(0, self.pause - took))

    def post(self, number):
        """Until it is accepted: what was refused may be in the log all the same."""
        body = json.dumps({
            "channel": "sms", "to": f"+1555{number:07d}", "body": f"message {number}",
            "externalId": f"order-{self.seed}-{number}",
        })
        while True:
            place = self.random.randrange(len(self.clients))
            try:
                status, answer = self.clients[place].send(
                    "POST", "/notifications", body, {"Content-Type": "application/json"})
            except Exception:
                time.sleep(0.05)
                continue
            if status == 202:
                identity = json.loads(answer)["id"]
                self.ids[number] = identity
                self.accepted_at.append(time.monotonic())
                return self.look_up(identity, place)
            if status != 503:
                self.strange.append(f"POST says {status}: {answer[:200]}")
                return
            self.refused += 1
            time.sleep(0.1)

    def look_up(self, identity, place):
        if self.random.random() > 0.2:
            return
        others = [other for other in range(len(self.clients)) if other != place] or [place]
        try:
            status, _ = self.clients[self.random.choice(others)].send("GET", f"/notifications/{identity}")
        except Exception:
            return
        if status == 404:
            self.unknown.append(identity)
        elif status == 503:
            self.unsure += 1


class Rates:
    """How many were accepted and settled in two seconds, against what it was before anything failed."""

    WINDOW = 2
    # Of what it was before.
    ENOUGH = 0.8

    def __init__(self, loads, events):
        self.loads, self.events = loads, events
        self.baseline = None

    def between(self, begin, end):
        accepted = sum(begin <= moment < end for load in self.loads for moment in list(load.accepted_at))
        settled = sum(begin <= moment < end for moment in list(self.events.settled.values()))
        return accepted, settled

    def measure(self, seconds=6):
        """What is usual. To be called while nothing fails, and nothing waits any more."""
        begin = time.monotonic()
        time.sleep(seconds)
        accepted, settled = self.between(begin, begin + seconds)
        self.baseline = (accepted * self.WINDOW / seconds, min(accepted, settled) * self.WINDOW / seconds)

    def back_after(self, end, before):
        """Seconds from a fault's end until two seconds in which as many are accepted, and settle, as before it, nearly.
        None: never in the time until `before`."""
        marks = sorted(
            [(moment, 0) for load in self.loads for moment in load.accepted_at if end <= moment < before + self.WINDOW]
            + [(moment, 1) for moment in self.events.settled.values() if end <= moment < before + self.WINDOW])
        at = end
        while at < before:
            counts = [0, 0]
            for moment, kind in marks:
                if at <= moment < at + self.WINDOW:
                    counts[kind] += 1
            if all(count >= self.ENOUGH * usual for count, usual in zip(counts, self.baseline)):
                return round(at - end, 1)
            at += 0.1
        return None
