"""What fails under replicas.py: each kind, how long after one the next comes, and how many there are at least."""

import signal
import time
from dataclasses import dataclass, field
from typing import Callable

from servers import Fault

TOPICS = ["notification.requested", "webhook.received", "delivery.report", "notification.status.change"]
BROKERS = (1, 2, 3)


@dataclass
class Kind:
    """One kind of fault; `act` is given the ``World`` that it happens to."""

    act: Callable = None
    # Seconds from one's end, or from the beginning, until the next.
    pause: float = 5
    times: int = 3
    # What librdkafka is set to besides, that the fault hits what it is meant for.
    properties: dict = field(default_factory=dict)
    # Replicas are what fails: their heirs come only when the sessions of the dead are over.
    loses_senders: bool = False


class World:
    def __init__(self, kafka, postgres, redis, hosts, partitions, chosen):
        self.kafka, self.postgres, self.redis = kafka, postgres, redis
        self.hosts, self.partitions, self.chosen = hosts, partitions, chosen
        # Senders that died, or could not renew their lease.
        self.lost_senders = 0
        self.outages = 0

    def kill_one(self):
        host = self.chosen.choice(self.hosts)
        host.kill()
        self.lost_senders += 1
        host.launch()

    def freeze_one(self):
        """Long enough to lose its partitions and its lease; then it wakes as a zombie."""
        host = self.chosen.choice(self.hosts)
        host.process.send_signal(signal.SIGSTOP)
        self.lost_senders += 1
        time.sleep(65)
        host.process.send_signal(signal.SIGCONT)

    def one_broker_down(self):
        """As a cluster with replicas of its partitions does it: others lead on, before the broker goes (it was told to
        stop) and some seconds after it has gone (it died), by turns."""
        down = self.chosen.choice(BROKERS)
        heirs = [broker for broker in BROKERS if broker != down]
        self.outages += 1
        if self.outages % 2:
            self.lead(heirs)
            self.brokers_down([down], 10)
        else:
            self.kafka.tell(f"down {down}")
            time.sleep(3)
            self.lead(heirs)
            time.sleep(7)
            self.kafka.tell(f"up {down}")

    def lead(self, brokers):
        self.move_leaders(brokers)
        for group in ("projector", "correlator", "applier"):
            self.kafka.tell(f"coordinator switchboard.{group} {self.chosen.choice(brokers)}")

    def move_leaders(self, brokers=BROKERS):
        for topic in TOPICS:
            for partition in range(self.partitions):
                self.kafka.tell(f"leader {topic} {partition} {self.chosen.choice(brokers)}")

    def brokers_down(self, brokers, seconds):
        for broker in brokers:
            self.kafka.tell(f"down {broker}")
        time.sleep(seconds)
        for broker in brokers:
            self.kafka.tell(f"up {broker}")

    def slow_brokers(self):
        """Answers come when nobody waits for them any more, and what they are about is sent again."""
        for broker in BROKERS:
            self.kafka.tell(f"rtt {broker} 4000")
        time.sleep(4)
        for broker in BROKERS:
            self.kafka.tell(f"rtt {broker} 0")

    def freeze_postgres(self):
        self.postgres.freeze()
        time.sleep(30)
        self.postgres.thaw()

    def kill_redis(self):
        self.redis.kill()
        time.sleep(1)
        self.redis.start()

    def begin(self, kind):
        """The thread that lets it happen again and again; nil when nothing does."""
        return Fault(lambda: kind.act(self), kind.pause) if kind.act else None


KINDS = {
    "none": Kind(),
    "kill": Kind(World.kill_one, pause=9, loses_senders=True),
    "freeze-replica": Kind(World.freeze_one, loses_senders=True),
    "broker-down": Kind(lambda world: world.brokers_down(BROKERS, 30), pause=20),
    "one-broker-down": Kind(World.one_broker_down, pause=12, times=4),
    "leaders-move": Kind(World.move_leaders, pause=3),
    # A request is sent again, as the broker's late answer lets a true cluster's clients do: by default it would be waited
    # for until the message itself has no time left.
    "latency": Kind(World.slow_brokers, pause=12, properties={"socket.timeout.ms": 3000}),
    "postgres-restart": Kind(lambda world: world.postgres.restart_at_once(), pause=12, times=20),
    "postgres-freeze": Kind(World.freeze_postgres, pause=12),
    "redis-flush": Kind(lambda world: world.redis.tell("FLUSHALL")),
    "redis-kill": Kind(World.kill_redis),
    # From the start.
    "redis-dead": Kind(),
}
