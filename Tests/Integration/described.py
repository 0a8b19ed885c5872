"""The description of the running host, and what it says of an answer or an event: strictly, with no member that it does
not name."""

import json
import re

from jsonschema import Draft202012Validator, FormatChecker

from harness import request


def closed(schema):
    """The schema with every object closed that has members of its own: a member that is not described is an error."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: value if name in ("examples", "example", "enum", "const") else closed(value)
              for name, value in schema.items()}
    # Parts that make a whole together are closed as that whole.
    if "allOf" in schema:
        parts = [part for part in schema["allOf"]]
        schema["allOf"] = [{name: value for name, value in part.items() if name != "additionalProperties"}
                           for part in parts]
        schema["unevaluatedProperties"] = False
    elif "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


# What an answer may have of HTTP's own, whatever the API is.
OF_HTTP = {
    "allow", "cache-control", "connection", "content-length", "content-security-policy", "content-type", "date",
    "referrer-policy", "server", "transfer-encoding", "x-content-type-options", "x-robots-tag"}


class Description:
    def __init__(self, port):
        self.document = json.loads(request(port, "GET", "/openapi.json")[1])
        self.events = json.loads(request(port, "GET", "/asyncapi.json")[1])
        schemas = self.document["components"]["schemas"]
        for schema in schemas.values():
            Draft202012Validator.check_schema(schema)
        self.schemas = {name: closed(schema) for name, schema in schemas.items()}
        # A schema that is part of a whole (`allOf`) stays open itself: the whole is closed.
        parts = set(re.findall(r'"allOf": \[\{"\$ref": "#/components/schemas/(\w+)"', json.dumps(schemas)))
        self.open = {name: {key: value for key, value in self.schemas[name].items() if key != "additionalProperties"}
                     for name in parts}
        self.paths = [
            (re.compile("^" + re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(path)) + r"(\?|$)"), path)
            for path in sorted(self.document["paths"], key=lambda path: path.count("{"))]

    def operation(self, method, path):
        for pattern, name in self.paths:
            if pattern.match(path):
                return self.document["paths"][name].get(method.lower())
        return None

    def problems(self, value, schema, parts=()):
        """What is wrong with a value by a schema that may name the document's own."""
        schemas = self.schemas | ({name: self.open[name] for name in self.open} if "allOf" in json.dumps(schema) else {})
        whole = closed(schema) | {"components": {"schemas": schemas}}
        validator = Draft202012Validator(whole, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]

    def wrong(self, method, path, status, headers, body):
        """Everything about an answer that is not as described."""
        operation = self.operation("GET" if method == "HEAD" else method, path)
        if operation is None:
            return [] if status in (404, 405) else [f"{method} {path} is not described"]
        answer = operation["responses"].get(str(status))
        if answer is None:
            return [f"{status} is not described"]
        described = answer.get("headers", {})
        missing = [f"the header {name} lacks" for name, header in described.items()
                   if header.get("required") and name not in headers]
        known = {name.lower() for name in described} | OF_HTTP
        # Of every answer: the description says so at its beginning.
        missing += [f"the header {name} is not described" for name in headers
                    if name.lower() not in known and not name.lower().startswith("ratelimit-")]
        content = answer.get("content", {}) if method != "HEAD" else {}
        if not content:
            return missing + ([f"there is a body: {body[:80]!r}"] if body else [])
        media = (headers.get("Content-Type") or "").split(";")[0]
        described = content.get(media) or content.get("*/*")
        if described is None:
            return missing + [f"its content type is {media}"]
        if not media.endswith("json"):
            return missing
        schema = described.get("schema", {})
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return missing + self.problems(json.loads(body), schema)

    def wrong_event(self, topic, headers, value):
        message = self.events["components"]["messages"].get(topic)
        if message is None:
            return [f"there is no message {topic}"]
        problems = self.problems(headers, message["headers"])
        if "payload" in message:
            problems += self.problems(json.loads(value), self.events["components"]["schemas"][topic])
        return problems
