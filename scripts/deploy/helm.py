"""`helm template` and `helm lint` by the library of Helm that a Python package brings: no compiler of Go is needed for it.

    helm.py template NAME CHART [--namespace NAME] [--kube-version VERSION] [--values FILE]...
    helm.py lint [--strict] [--kube-version VERSION] [--values FILE]... CHART

Output and exit codes are as those of the program, as far as the tests here look at them. `template` takes the version of
Kubernetes for the schema of its caller only: charts that ask for the version are not rendered by it.
"""

import argparse
import sys

import helm_python as helm
import yaml


def merged(into: dict, values: dict) -> dict:
    for key, value in values.items():
        both = isinstance(value, dict) and isinstance(into.get(key), dict)
        into[key] = merged(into[key], value) if both else value
    return into


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["template", "lint"])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--kube-version")
    parser.add_argument("--values", action="append", default=[])
    options = parser.parse_args()
    values: dict = {}
    for path in options.values:
        with open(path, encoding="utf-8") as file:
            merged(values, yaml.safe_load(file) or {})
    if options.command == "lint":
        return lint(options, values)
    name, chart = options.names
    # Nothing is asked of this address: the release is rendered only.
    with helm.Config(namespace=options.namespace, storage_driver="memory", kube_apiserver="http://127.0.0.1:1") as config:
        sys.stdout.write(config.install(chart, name, values, dry_run="client")["manifest"])
    return 0


def lint(options: argparse.Namespace, values: dict) -> int:
    report = helm.lint(options.names[0], values, strict=options.strict, kube_version=options.kube_version)
    for message in report["messages"]:
        print(f"[{['UNKNOWN', 'INFO', 'WARNING', 'ERROR'][message['severity']]}] {message['path']}: {message['error']}")
    worst = max([message["severity"] for message in report["messages"]], default=0)
    failed = bool(report["errors"]) or worst >= (2 if options.strict else 3)
    print(f"1 chart(s) linted, {1 if failed else 0} chart(s) failed")
    return 1 if failed else 0


try:
    sys.exit(main())
except helm.HelmError as error:
    print(f"Error: {error}", file=sys.stderr)
    sys.exit(1)
