"""Optuna's TPE, as it comes, on the functions of functions.mjs: a space and points in, best values out, by JSON lines."""

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def suggest(trial, name, d):
    if d["kind"] == "real":
        return trial.suggest_float(name, d["low"], d["high"], log=d.get("log", False))
    if d["kind"] == "whole":
        return trial.suggest_int(name, d["low"], d["high"])
    return d["choices"].index(trial.suggest_categorical(name, d["choices"]))


def ask(request):
    sys.stdout.write(json.dumps(request) + "\n")
    sys.stdout.flush()
    return json.loads(sys.stdin.readline())


sys.stdout.write(json.dumps({"version": optuna.__version__}) + "\n")
sys.stdout.flush()
for line in sys.stdin:
    job = json.loads(line)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=job["seed"]))

    def objective(trial):
        return ask({"point": {name: suggest(trial, name, d) for name, d in job["space"].items()}})

    study.optimize(objective, n_trials=job["trials"])
    sys.stdout.write(json.dumps({"best": study.best_value}) + "\n")
    sys.stdout.flush()
