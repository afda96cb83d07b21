"""validate.py SCHEMA DOCUMENTS: what the stock validator says of each line (JSON) of DOCUMENTS, a line each: `ok` or the
first error. Exit 77 where there is no jsonschema."""

import json
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError as error:
    print(error)
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        error = next(validator.iter_errors(json.loads(line)), None)
        print("ok" if error is None else f"{error.json_path}: {error.message}".replace("\n", " ")[:300])
