"""Kubeflow Pipelines: trains a set of models, checks it, and makes it the champion where that was asked for.

    pip install kfp==2.17.3
    python kubeflow_models.py tocsin-models.yaml     # compiles it; upload the file, or hand it to kfp run create

A run with `promote` false ends at the challenger: read the report of its gate, then run it again with true. No step is taken
from the cache, since the lines that are trained on are no input that Kubeflow knows. docs/models.md has what the commands do.
"""

import sys

from kfp import compiler, dsl

IMAGE = "registry.example.com/tocsin:0.1.0"


def shell(script: str, *arguments: object) -> dsl.ContainerSpec:
    """A script of sh with its arguments as $1 and so on."""
    return dsl.ContainerSpec(image=IMAGE, command=["sh", "-ec", script, "sh"], args=list(arguments))


@dsl.container_component
def train_and_gate(configuration: str, report: dsl.Output[dsl.Markdown], candidate: dsl.Output[dsl.Model]):
    """One step, since the gate reads the windows that the training has stored."""
    return shell(
        """
cd "$(mktemp -d)"
printf '%s' "$1" > tocsin.yaml
tocsin lint --config tocsin.yaml
tocsin train --config tocsin.yaml --no-promote --json > trained.json
SET=$(node -p 'JSON.parse(require("fs").readFileSync("trained.json", "utf8")).id')
mkdir -p "$(dirname "$2")"
tocsin models gate "$SET" --config tocsin.yaml --out gate.md
cat gate.md > "$2"
tocsin models export "$SET" --out "$3" --config tocsin.yaml
""",
        configuration,
        report.path,
        candidate.path,
    )


@dsl.container_component
def register(configuration: str, candidate: dsl.Input[dsl.Model], registered: dsl.OutputPath(str)):
    return shell(
        """
cd "$(mktemp -d)"
printf '%s' "$1" > production.yaml
SET=$(tocsin models import "$2" --config production.yaml)
tocsin models alias challenger "$SET" --config production.yaml --by kubeflow
mkdir -p "$(dirname "$3")"
printf '%s' "$SET" > "$3"
""",
        configuration,
        candidate.path,
        registered,
    )


@dsl.container_component
def make_champion(configuration: str, registered: str):
    return shell(
        """
cd "$(mktemp -d)"
printf '%s' "$1" > production.yaml
tocsin models promote "$2" --config production.yaml --by kubeflow
""",
        configuration,
        registered,
    )


@dsl.pipeline(name="tocsin-models", description="Train, gate, register and promote a set of models.")
def models(training: str, production: str, promote: bool = False):
    trained = train_and_gate(configuration=training).set_caching_options(False)
    trained.set_memory_request("2G").set_memory_limit("4G").set_cpu_request("1")
    registered = register(configuration=production, candidate=trained.outputs["candidate"]).set_caching_options(False)
    with dsl.If(promote == True, name="promote"):  # noqa: E712, an expression of the pipeline
        make_champion(configuration=production, registered=registered.outputs["registered"]).set_caching_options(False)


if __name__ == "__main__":
    compiler.Compiler().compile(models, sys.argv[1])
