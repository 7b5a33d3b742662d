"""Applies a folder of definitions, and answers from the online and the offline store: one JSON object on standard output.

Standard input: {"entities": [...], "points": [{"entity", "at"}], "features": [...]}; times in ms.
"""

import json
import struct
import subprocess
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
folder = sys.argv[1]
feast = str(Path(sys.executable).parent / "feast")
applied = subprocess.run([feast, "apply"], cwd=folder, capture_output=True, text=True)
if applied.returncode != 0:
    sys.exit(applied.stdout[-1500:] + applied.stderr[-3000:])

import pandas as pd
from feast import FeatureStore

asked = json.load(sys.stdin)
store = FeatureStore(repo_path=folder)
names = asked["features"]
response = store.get_online_features(
    features=names, entity_rows=[{"entity": entity} for entity in asked["entities"]]
).to_dict()


def shown(value):
    """Floats by their bits, in hexadecimal."""
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    return value


online = {name: [shown(value) for value in values] for name, values in response.items()}

points = pd.DataFrame(
    {
        "entity": [point["entity"] for point in asked["points"]],
        "event_timestamp": pd.to_datetime([point["at"] for point in asked["points"]], unit="ms", utc=True),
        "i": range(len(asked["points"])),
    }
)
found = store.get_historical_features(entity_df=points, features=asked["history"]).to_df().sort_values("i")
history = {
    name.split(":")[1]: [None if pd.isna(value) else shown(float(value)) for value in found[name.split(":")[1]]]
    for name in asked["history"]
}
print(json.dumps({"online": online, "history": history, "order": [int(i) for i in found["i"]]}))
