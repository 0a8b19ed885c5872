"""Accounts from end to end: the commands beside a running host and without one, and what the host then lets whom do."""

import http.client
import json
import os
import re
import subprocess
import threading

from harness import BIN, Host, Sandbox, at_a_terminal, request, wait_until
from servers import MockBroker, Postgres, Redis

SECRET = "signs-the-tokens-of-this-run-0123456789"
OTHER_SECRET = "signs-the-tokens-of-the-next-one-0123456789"
PASSWORD = "correct horse battery staple"
ENVIRONMENT = {"JWT_SECRET": SECRET, "SWITCHBOARD_PASSWORD": PASSWORD}


def check_all(findings, run):
    Accounts(findings.check, run).check_embedded()
    Accounts(findings.check, run).check_shared()


class Accounts:
    def __init__(self, check, run):
        self.check = check
        self.run = run
        os.environ["JWT_SECRET"] = SECRET

    # Helpers

    def make(self, sandbox, registration="closed", backends=None):
        host = Host(sandbox, backends=backends)
        host.configuration.write_text(
            host.configuration.read_text()
            + "\nauth: { secret: '${JWT_SECRET}', previous_secret: '${JWT_PREVIOUS_SECRET:-}', "
            f"registration: {registration} }}\napi_limits: {{ anonymous: none, users: none }}\n")
        return host

    def command(self, host, *words, environment=ENVIRONMENT):
        """A command on the host's file, which must succeed; what it printed."""
        code, out, err = self.run(*words[:2], host.configuration, *words[2:], environment=environment)
        self.check(code == 0, f"{words}: {code} {out}{err}")
        self.check(PASSWORD not in out + err and SECRET not in out + err, f"{words} shows a secret")
        return out

    def ask(self, host, method, path, body=None, credential=None):
        headers = {"Content-Type": "application/json"}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        status, said = request(host.port, method, path, body and json.dumps(body), headers)
        return status, json.loads(said) if said else {}

    def login(self, host, email, password=PASSWORD):
        status, said = self.ask(host, "POST", "/auth/login", {"email": email, "password": password})
        self.check(status == 200, f"login of {email}: {status} {said}")
        return said.get("access_token")

    def source(self, host, credential):
        """Whether GET /users was answered from the store or from the cache."""
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
        connection.request("GET", "/users", headers={"Authorization": f"Bearer {credential}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.getheader("X-Source")

    # The embedded host

    def check_embedded(self):
        sandbox = Sandbox()
        host = self.make(sandbox)
        # Nobody runs yet: the file is made by the command.
        said = self.command(host, "users", "create", "--admin", "--email", "root@example.com", "--name", "Root")
        self.check("admin root@example.com is made" in said, f"the first admin: {said}")
        self.check_passwords(host)
        host.start()
        self.check_a_closed_door(host)
        # From here on beside the running host.
        self.command(host, "users", "create", "--sender", "--email", "anna@example.com")
        self.command(host, "users", "create", "--viewer", "--email", "vera@example.com")
        code, _, err = self.run(
            "users", "create", host.configuration, "--viewer", "--email", "VERA@example.com", environment=ENVIRONMENT)
        self.check(code == 1 and "somebody has this email address" in err, f"twice: {code} {err}")
        listed = self.command(host, "users", "list")
        self.check(re.search(r"usr_\w{26}  anna@example.com +sender  active ", listed), f"the list: {listed}")
        self.check_keys(host)
        self.check_changes(host)
        self.check_the_directory(host)
        self.check_rotation(host)
        self.check_seed(host)
        host.stop()
        logged = host.output()
        self.check(PASSWORD not in logged and "sb_" not in logged, f"the log: {logged}")
        host.clean()
        open_host = self.make(sandbox, registration="open")
        open_host.start()
        self.check_registration(open_host)
        open_host.stop()
        open_host.clean()
        sandbox.stop()

    def check_passwords(self, host):
        words = ("users", "create", str(host.configuration), "--viewer", "--email", "p@example.com")
        without = {"SWITCHBOARD_PASSWORD": ""}
        code, _, err = self.run(*words, environment=without | {"SWITCHBOARD_PASSWORD": "short"})
        self.check(code == 1 and "password must be at least 12 characters" in err, f"a short one: {code} {err}")
        code, shown = at_a_terminal(words, ["correct horse", "another horse"], without=["SWITCHBOARD_PASSWORD"])
        self.check(code == 1 and "different" in shown and "horse" not in shown, f"two different: {code} {shown!r}")
        code, shown = at_a_terminal(
            words, ["correct horse battery\x7f\x7fy\x7fry"] * 2, without=["SWITCHBOARD_PASSWORD"])
        self.check(code == 0 and "horse" not in shown and "is made" in shown, f"at a terminal: {code} {shown!r}")
        code, shown = at_a_terminal(words, ["\x03"], without=["SWITCHBOARD_PASSWORD"])
        self.check(code == 1, f"control-C: {code} {shown!r}")
        by_input = subprocess.run(
            [BIN / "switchboard", "users", "create", host.configuration, "--viewer", "--email", "q@example.com",
             "--password-stdin"], input=PASSWORD + "\n", capture_output=True, text=True, timeout=30,
            env=os.environ | without)
        self.check(by_input.returncode == 0, f"by standard input: {by_input.stderr}")
        neither = subprocess.run(
            [BIN / "switchboard", "users", "create", host.configuration, "--viewer", "--email", "r@example.com"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=os.environ | without,
            start_new_session=True)
        self.check(
            neither.returncode == 1 and "SWITCHBOARD_PASSWORD" in neither.stderr, f"neither: {neither.stderr}")

    def check_a_closed_door(self, host):
        body = {"email": "x@example.com", "password": PASSWORD, "name": "X"}
        status, said = self.ask(host, "POST", "/auth/register", body)
        self.check(status == 403 and said["title"] == "Registration is closed", f"register: {status} {said}")
        for method, path in [("POST", "/notifications"), ("GET", "/events"), ("GET", "/users"), ("GET", "/opt-outs")]:
            status, said = self.ask(host, method, path, {} if method == "POST" else None)
            self.check(status == 401, f"{path} without credentials: {status} {said}")
        for path in ["/health", "/health/liveness", "/health/readiness"]:
            self.check(self.ask(host, "GET", path)[0] == 200, f"{path} wants credentials")
        status, wrong = self.ask(host, "POST", "/auth/login", {"email": "root@example.com", "password": "x" * 12})
        _, unknown = self.ask(host, "POST", "/auth/login", {"email": "none@example.com", "password": "x" * 12})
        self.check(status == 401 and wrong == unknown, f"a wrong password: {status} {wrong} {unknown}")
        code, out, err = self.run("send", *self.server(host), "--channel", "sms", "--to", "+15551230001", "Hello")
        self.check(code == 1 and "SWITCHBOARD_API_KEY" in err, f"send without a key: {code} {out}{err}")

    def server(self, host):
        return ("--server", f"http://127.0.0.1:{host.port}")

    def check_keys(self, host):
        words = ("keys", "create", "--email", "anna@example.com", "--name", "shop")
        code, _, err = self.run(
            *words[:2], host.configuration, *words[2:], "--scope", "users:read", environment=ENVIRONMENT)
        self.check(code == 1 and "has what the role sender has not: users:read" in err, f"too much: {code} {err}")
        code, _, err = self.run(*words[:2], host.configuration, *words[2:], "--scope", "fly", environment=ENVIRONMENT)
        self.check(code != 0 and "there are: " in err, f"no scope: {code} {err}")
        key = self.command(
            host, *words, "--scope", "notifications:send", "--scope", "notifications:read", "--expires", "90d").strip()
        self.check(re.fullmatch(r"sb_\w{10}_\w{52}", key), f"the key: {key}")
        with_key = {"SWITCHBOARD_API_KEY": key}
        code, out, err = self.run(
            "send", *self.server(host), "--channel", "sms", "--to", "+15551230001", "--external-id", "a-1", "Hello",
            environment=with_key)
        self.check(code == 0, f"send with a key: {code} {out}{err}")
        identifier = json.loads(out)["id"]
        status = self.run("status", *self.server(host), identifier, environment=with_key)
        self.check(status[0] == 0 and json.loads(status[1])["id"] == identifier, f"status: {status}")
        code, out, _ = self.run("opt-outs", "list", *self.server(host), environment=with_key)
        self.check(code == 1 and "opt-outs:read" in out, f"opt-outs with a sender's key: {code} {out}")
        self.check_tail(host, key, identifier)
        # Another account knows nothing of it.
        vera = self.login(host, "vera@example.com")
        self.check(self.ask(host, "GET", f"/notifications/{identifier}", None, vera)[0] == 404, "another's is shown")
        root = self.login(host, "root@example.com")
        self.check(self.ask(host, "GET", f"/notifications/{identifier}", None, root)[0] == 200, "an admin sees it not")
        listed = self.command(host, "keys", "list")
        self.check(
            key[:13] in listed and key not in listed and "good" in listed and "shop" in listed, f"the list: {listed}")
        revoked = self.command(host, "keys", "revoke", "--prefix", key[:13])
        self.check("is revoked since" in revoked, f"revoke: {revoked}")
        # The host remembers what it knows of a key for five seconds.
        wait_until(
            "the key to be refused",
            lambda: self.ask(host, "GET", f"/notifications/{identifier}", None, key)[0] == 401, 15)
        self.check("revoked" in self.command(host, "keys", "list", "--email", "anna@example.com"), "the list")
        code, _, err = self.run(
            "keys", "revoke", host.configuration, "--prefix", "sb_0000000000", environment=ENVIRONMENT)
        self.check(code == 1 and "there is no such key" in err, f"no key: {code} {err}")

    def check_tail(self, host, key, identifier):
        """A reader's key shows the account's events; another account's token does not, and a stream ends with its key."""
        reader = self.command(
            host, "keys", "create", "--email", "anna@example.com", "--name", "tail", "--scope", "events:read").strip()
        tail = subprocess.Popen(
            [BIN / "switchboard", "tail", *self.server(host), "--after", "0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env=os.environ | {"SWITCHBOARD_API_KEY": reader})
        lines = []
        thread = threading.Thread(target=lambda: lines.extend(tail.stdout), daemon=True)
        thread.start()
        wait_until("the own events", lambda: any(identifier in line for line in lines), 30)
        self.command(host, "keys", "revoke", "--prefix", reader[:13])
        wait_until("the stream to end", lambda: tail.poll() is not None, 30)
        thread.join(10)

    def check_changes(self, host):
        anna = self.login(host, "anna@example.com")
        self.check(self.ask(host, "GET", "/auth/me", None, anna)[1]["role"] == "sender", "me")
        said = self.command(host, "users", "change", "--email", "anna@example.com", "--viewer")
        self.check("an active viewer" in said, f"change: {said}")
        sends = {"channel": "sms", "to": "+15551230001", "body": "x"}
        wait_until("the role to count", lambda: self.ask(host, "POST", "/notifications", sends, anna)[0] == 403, 15)
        self.command(
            host, "users", "change", "--email", "anna@example.com", "--sender", "--password",
            environment=ENVIRONMENT | {"SWITCHBOARD_PASSWORD": PASSWORD[::-1]})
        wait_until("the old token to be refused", lambda: self.ask(host, "GET", "/auth/me", None, anna)[0] == 401, 15)
        anna = self.login(host, "anna@example.com", PASSWORD[::-1])
        self.command(host, "users", "change", "--email", "anna@example.com", "--deactivate")
        wait_until("the user to be refused", lambda: self.ask(host, "GET", "/auth/me", None, anna)[0] == 401, 15)
        self.command(host, "users", "change", "--email", "anna@example.com", "--activate")

    def check_the_directory(self, host):
        root = self.login(host, "root@example.com")
        self.check([self.source(host, root), self.source(host, root)] in (["store", "cache"], ["cache", "cache"]),
                   "the second look is not from the cache")
        # A command's change counts at once, though it can't reach the host's cache.
        for words, shown in [(("--deactivate",), False), (("--activate",), True)]:
            self.command(host, "users", "change", "--email", "anna@example.com", *words)
            self.check(self.source(host, root) == "store", f"after {words} the list is still from the cache")
            users = {user["email"]: user for user in self.ask(host, "GET", "/users", None, root)[1]["users"]}
            self.check(users["anna@example.com"]["active"] is shown, f"after {words}: {users['anna@example.com']}")
            self.check(self.source(host, root) == "cache", "the third look is not from the cache")
        vera = self.login(host, "vera@example.com")
        self.check(self.ask(host, "GET", "/users", None, vera)[0] == 403, "a viewer sees the users")

    def check_rotation(self, host):
        """Tokens of the secret before this one stay good, those of the one before that do not."""
        old = self.login(host, "root@example.com")
        for secret, previous, status in [(OTHER_SECRET, SECRET, 200), (OTHER_SECRET, "", 401)]:
            host.stop()
            os.environ |= {"JWT_SECRET": secret, "JWT_PREVIOUS_SECRET": previous}
            host.start()
            self.check(self.ask(host, "GET", "/auth/me", None, old)[0] == status, f"a token of an old secret: {status}")
        os.environ["JWT_SECRET"] = SECRET
        os.environ.pop("JWT_PREVIOUS_SECRET")
        host.stop()
        host.start()

    def check_seed(self, host):
        code, first, err = self.run("seed", host.configuration, environment={"SWITCHBOARD_PASSWORD": ""})
        self.check(code == 0, f"seed: {code} {first}{err}")
        password = re.search(r"password +(\S+)  shown only now", first).group(1)
        key = re.search(r"key +(sb_\S+)  shown only now", first).group(1)
        identifier = re.search(r"notification +(\S+)  accepted, by sms", first).group(1)
        viewer = self.login(host, "viewer@example.com", password)
        for credential in [viewer, key]:
            status, view = self.ask(host, "GET", f"/notifications/{identifier}", None, credential)
            self.check(status == 200 and view["externalId"] == "demo-sms", f"the demo: {status} {view}")
        code, again, err = self.run("seed", host.configuration, environment={"SWITCHBOARD_PASSWORD": ""})
        self.check(
            code == 0 and identifier in again and again.count("there already") == 4 and "shown" not in again,
            f"seed again: {code} {again}{err}")

    def check_registration(self, host):
        body = {"email": "new@example.com", "password": PASSWORD, "name": "New"}
        first = self.ask(host, "POST", "/auth/register", body)
        self.check(first[0] == 202 and first == self.ask(host, "POST", "/auth/register", body), f"register: {first}")
        token = self.login(host, "new@example.com")
        status, me = self.ask(host, "GET", "/auth/me", None, token)
        self.check(status == 200 and me["role"] == "sender" and me["account"] == me["id"], f"me: {status} {me}")
        status, said = self.ask(
            host, "POST", "/notifications", {"channel": "sms", "to": "+15551230001", "body": "x"}, token)
        self.check(status == 202, f"send with a token: {status} {said}")

    # Replicas on shared servers

    def check_shared(self):
        sandbox, broker, postgres, redis = Sandbox(), MockBroker(), Postgres(), Redis()
        backends = (
            f"kafka: {{ brokers: '{broker.servers}', partitions: 4 }}\n"
            f"postgres: {{ url: '${{DATABASE_URL:-{postgres.url}}}' }}\n"
            f"redis: {{ host: 127.0.0.1, port: {redis.port} }}")
        host = self.make(sandbox, backends=backends)
        self.command(host, "users", "create", "--admin", "--email", "root@example.com")
        host.start()
        root = self.login(host, "root@example.com")
        self.check([self.source(host, root) for _ in range(2)] == ["store", "cache"], "store, then cache")
        # The cache is shared, so the command makes the host look again.
        self.command(host, "users", "create", "--sender", "--email", "anna@example.com")
        self.check(self.source(host, root) == "store", "a change did not reach the shared cache")
        _, users = self.ask(host, "GET", "/users", None, root)
        self.check([user["email"] for user in users["users"]] == ["root@example.com", "anna@example.com"], f"{users}")
        key = self.command(
            host, "keys", "create", "--email", "anna@example.com", "--name", "k", "--scope", "notifications:send",
            "--scope", "notifications:read").strip()
        status, said = self.ask(
            host, "POST", "/notifications", {"channel": "sms", "to": "+15551230001", "body": "x"}, key)
        self.check(status == 202, f"send over shared servers: {status} {said}")
        # A host that has just started has partitions to be given before it projects: until then it says 503.
        answers = []
        wait_until("the notification to be projected", lambda: answers.append(self.ask(
            host, "GET", f"/notifications/{said['id']}", None, key)) or answers[-1][0] != 503, 60)
        status, view = answers[-1]
        self.check(status == 200, f"read over shared servers: {status} {view}")
        code, out, err = self.run("seed", host.configuration, environment={"SWITCHBOARD_PASSWORD": PASSWORD})
        self.check(code == 0 and "accepted, by sms" in out, f"seed over shared servers: {code} {out}{err}")
        host.stop()
        host.clean()
        broker.stop()
        sandbox.stop()
