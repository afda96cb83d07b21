#!/usr/bin/env python3
"""make_scenarios.py FOLDER [COUNT]: writes COUNT (1,000) valid scenarios, no two alike: edits, a matrix, alternatives, inline
files and, every tenth, a context folder of its own."""

import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
DOCKERFILE = """FROM alpine AS base
COPY packages.txt .
RUN cp packages.txt /installed-{n}
FROM base AS app
COPY src src
RUN wc -c src/* > /sizes
"""
for n in range(count):
    family = folder / f"family_{n // 100}"
    family.mkdir(parents=True, exist_ok=True)
    dockerfile = DOCKERFILE.format(n=n)
    if n % 10 == 0:
        context = family / f"context_{n}"
        (context / "src").mkdir(parents=True, exist_ok=True)
        (context / "Dockerfile").write_text(dockerfile)
        (context / "packages.txt").write_text("left-pad 1.3.0\n")
        (context / "src" / "main.js").write_text("hello\n")
        material = f"context: context_{n}\n"
    else:
        indented = "".join(f"    {line}\n" for line in dockerfile.splitlines())
        material = f"files:\n  Dockerfile: |\n{indented}  packages.txt: |\n    left-pad 1.3.0\n  src/main.js: |\n    hello\n"
    (family / f"claim_{n}.yaml").write_text(f"""title: Editing source {n} does not install the packages again
about: One of many, made by tests/bench/make_scenarios.py.
tags: [bench, family_{n // 100}]
{material}setup:
  images: {{alpine: busybox}}
matrix:
  mode: [max, min]
build:
  target: app
  cache_to:   ["type=registry,ref=${{registry}}/app:cache,mode=${{mode}}"]
  cache_from: ["type=registry,ref=${{registry}}/app:cache"]
rounds:
  - name: first build
    expect: {{rebuilt: all, warnings: []}}
  - name: one source file edited
    edit:
      - append: {{path: src/main.js, text: "// edited {n}\\n"}}
      - write: {{path: src/other.js, text: "new\\n", mtime: 2020-01-01T00:00:00Z}}
    expect:
      rebuilt:
        - {{when: {{mode: max}}, steps: [app 1-2]}}
        - {{when: {{mode: min}}, steps: [app RUN wc*, app COPY src*]}}
      cached:
        - {{when: {{mode: max}}, value: [base 2-3]}}
        - {{when: {{mode: min}}, value: [base 2]}}
""")
