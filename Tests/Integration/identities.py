"""A host with accounts, and credentials of every kind for it."""

import json
import os
import subprocess

from harness import BIN, Host, request

SECRET = "signs-the-tokens-of-the-contract-0123456789"
PASSWORD = "correct horse battery staple"
JSON = {"Content-Type": "application/json"}


class AccountsHost(Host):
    """An admin, two senders, a viewer, one's token and the other's API key. Nobody is limited: what is tried is the API."""

    def __init__(self, sandbox, check):
        super().__init__(sandbox)
        self.check = check
        os.environ["JWT_SECRET"] = SECRET
        self.configuration.write_text(
            self.configuration.read_text() + "\nroutes: { default: [ { channels: [sms] } ] }\n"
            "auth: { secret: '${JWT_SECRET}', registration: open }\napi_limits: { anonymous: none, users: none }\n")
        self.start()
        for role, name in [("admin", "root"), ("sender", "anna"), ("sender", "ben"), ("viewer", "vera")]:
            self.command("users", "create", f"--{role}", "--email", f"{name}@example.com")
        self.other = self.token("ben")
        # By identity; None: nobody.
        self.credentials = {
            "admin": self.token("root"), "sender": self.token("anna"), "key": self.key("ben", "notifications:send", "notifications:read", "events:read"), "viewer": self.token("vera"),
            "events key": self.key("anna", "events:read"), "nobody": None, "forged": self.token("anna") + "x"}

    def command(self, *words):
        result = subprocess.run(
            [BIN / "switchboard", *words[:2], self.configuration, *words[2:]], capture_output=True, text=True,
            env=os.environ | {"SWITCHBOARD_PASSWORD": PASSWORD})
        if result.returncode:
            raise SystemExit(f"{words}: {result.stdout}{result.stderr}")
        return result.stdout

    def token(self, name):
        status, said = request(
            self.port, "POST", "/auth/login", json.dumps({"email": f"{name}@example.com", "password": PASSWORD}), JSON)
        if status != 200:
            raise SystemExit(f"login of {name}: {status} {said}")
        return json.loads(said)["access_token"]

    def key(self, name, *scopes):
        options = [word for scope in scopes for word in ("--scope", scope)]
        return self.command("keys", "create", "--email", f"{name}@example.com", "--name", "shop", *options).strip()

    def ask(self, method, path, credential):
        status, said = request(self.port, method, path, headers={"Authorization": f"Bearer {credential}"})
        return status, json.loads(said) if said else {}

    def check_tenancy(self):
        """What one sender's run left behind is nobody's but theirs and the admin's; nothing of the credentials is logged."""
        anna, root = self.credentials["sender"], self.credentials["admin"]
        own = self.ask("GET", "/notifications?limit=100", anna)[1]["notifications"]
        self.check(len(own) >= 1, "the sender's run left no notification")
        for item in own:
            path = f"/notifications/{item['id']}"
            for method, credential, wanted in [
                ("GET", anna, 200), ("GET", root, 200), ("GET", self.other, 404), ("DELETE", self.other, 404),
                ("GET", self.credentials["viewer"], 404), ("GET", self.credentials["events key"], 403),
            ]:
                status, _ = self.ask(method, path, credential)
                self.check(status == wanted, f"{method} of another's notification: {status} instead of {wanted}")
        theirs = {item["id"] for item in self.ask("GET", "/notifications?limit=500", self.other)[1]["notifications"]}
        self.check(theirs.isdisjoint(item["id"] for item in own), "a list shows another's notifications")
        logged = (self.data / "host.log").read_text()
        secrets = [SECRET, PASSWORD, *filter(None, self.credentials.values())]
        self.check(not any(secret in logged for secret in secrets), "a credential is in the log")

    def stop(self):
        super().stop()
        self.clean()
