"""The API's description: its operations, its examples, and whether a document is what a schema says."""
import json
import pathlib
import re

import yaml
from jsonschema import Draft202012Validator, FormatChecker, RefResolver

ROOT = pathlib.Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "patch")

_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_time(value):
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value) is not None


class Operation:
    def __init__(self, description, path, method, item, body):
        self.description = description
        self.path = path
        self.method = method.upper()
        self.id = body["operationId"]
        self.body = body
        self.parameters = [description.resolve(p) for p in [*item.get("parameters", []), *body.get("parameters", [])]]

    def responses(self):
        """Status to response."""
        return {int(status): self.description.resolve(response) for status, response in self.body["responses"].items()}

    def request_examples(self):
        """Name to body."""
        content = self.body.get("requestBody", {}).get("content", {}).get("application/json", {})
        return {name: self.description.resolve(e)["value"] for name, e in content.get("examples", {}).items()}

    def response_examples(self):
        """(status, media type, name, value, schema) of each."""
        for status, response in self.responses().items():
            for kind, content in response.get("content", {}).items():
                if "example" in content:
                    yield status, kind, "example", content["example"], content["schema"]
                for name, example in content.get("examples", {}).items():
                    yield status, kind, name, self.description.resolve(example)["value"], content["schema"]

    def check_answer(self, answer, *statuses):
        """The answer has one of the statuses, and is what the description says of it."""
        assert not statuses or answer.status in statuses, answer
        responses = self.responses()
        assert answer.status in responses, f"{self.id}: {answer.status} is not documented: {answer}"
        response = responses[answer.status]
        for name, header in response.get("headers", {}).items():
            assert not self.description.resolve(header).get("required") or name.lower() in answer.headers, f"{name} is not among {answer.headers}"
        content = response.get("content")
        if not content:
            assert answer.body == "", answer
            return
        assert answer.type in content, f"{answer.type} is not documented for {answer.status}: {answer}"
        self.description.check(answer.body, content[answer.type]["schema"])


class Description:
    def __init__(self, document):
        self.document = document
        self.resolver = RefResolver("", document)
        self.operations = {}
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = Operation(self, path, method, item, item[method])
                    assert operation.id not in self.operations, operation.id
                    self.operations[operation.id] = operation

    def resolve(self, value):
        while "$ref" in value:
            value = self.resolver.resolve(value["$ref"])[1]
        return value

    def check(self, value, schema):
        """Fails with every place where `value` is not what `schema` says."""
        validator = Draft202012Validator(schema, resolver=self.resolver, format_checker=_formats)
        faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(value)]
        assert not faults, f"{faults[:5]} in {json.dumps(value)[:1500]}"


def described():
    """As api/openapi.yaml has it."""
    return Description(yaml.safe_load((ROOT / "api/openapi.yaml").read_text(encoding="utf-8")))


def events(text):
    """The events of a text/event-stream: (type, data) of each."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found
