"""Judges documents by the published schemas, with a validator that shares no code with ours.

validate.py SCHEMAS DOCUMENTS: one JSON document a line in; a line each out: `takes`, or what is wrong. The schemas themselves
are judged first. A document is judged by the schema of its kind and by the one for every kind; the two must agree.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

directory, documents = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
schemas = {file.name: json.loads(file.read_text()) for file in directory.glob("*.schema.json")}
for schema in schemas.values():
    Draft202012Validator.check_schema(schema)
registry = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
)
validators = {name: Draft202012Validator(schema, registry=registry) for name, schema in schemas.items()}


def judge(document):
    kind = document.get("kind") if isinstance(document, dict) else None
    own = validators.get(f"{kind.lower()}.schema.json") if isinstance(kind, str) else None
    if own is not None and own.schema["title"] != kind:
        own = None
    in_general = next(validators["manifest.schema.json"].iter_errors(document), None)
    if own is None:
        assert in_general is not None, f"no kind, and taken: {document}"
        return "no kind"
    error = next(own.iter_errors(document), None)
    assert (error is None) == (in_general is None), f"the schemas disagree: {document}"
    return "takes" if error is None else " ".join(error.message.split())[:200]


for line in documents.read_text().splitlines():
    print(judge(json.loads(line)))
