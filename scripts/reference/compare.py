"""Compares tocsin's detectors with scikit-learn's and PyOD's on the same rows: `python compare.py` prints a table.

Three data sets: windows like those of a log service with anomalies put in, and two that scikit-learn ships. Each half of
the usual rows is for training, the other half and the anomalies are scored. Spearman's rank correlation says whether the
two implementations order rows alike, the area under the ROC curve how well each finds the anomalies.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.ecod import ECOD
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

HERE = Path(__file__).parent


def windows():
    """24 features that share a factor, with bursts in a few features and rows whose features disagree."""
    chance = np.random.default_rng(1)
    factor = chance.normal(size=(9000, 3)) @ chance.normal(size=(3, 24))
    rows = factor + 0.6 * chance.standard_t(5, size=factor.shape)
    anomalous = np.zeros(len(rows), dtype=bool)
    anomalous[8400:] = True
    for row in rows[8400:8700]:
        row[chance.choice(24, 4, replace=False)] += chance.uniform(3, 8) * chance.choice([-1, 1])
    for column in range(24):
        rows[8700:, column] = chance.permutation(rows[8700:, column])
    return rows, anomalous


def datasets():
    yield "made-up windows", *windows()
    cancer = load_breast_cancer()
    yield "breast cancer, malignant", cancer.data, cancer.target == 0
    digits = load_digits()
    # Nines among zeros to eights are hard, and constant columns are as in real features.
    yield "digits, nines", digits.data, digits.target == 9


def residuals(rows, train):
    """As tocsin's features: distance from the median in robust standard deviations, on the grid of 1/4096."""
    centre = np.median(rows[train], axis=0)
    spread = 1.4826 * np.median(np.abs(rows[train] - centre), axis=0)
    spread = np.where(spread > 0, spread, np.maximum(rows[train].std(axis=0), 1e-9))
    return np.round(np.clip((rows - centre) / spread, -32, 32) * 4096) / 4096


def references(train, test):
    pca = PCA(n_components=0.9).fit(train)
    yield "pca-reconstruction", "scikit-learn", np.linalg.norm(test - pca.inverse_transform(pca.transform(test)), axis=1)
    forest = IsolationForest(n_estimators=64, max_samples=min(256, len(train)), random_state=1).fit(train)
    yield "isolation-forest", "scikit-learn", -forest.score_samples(test)
    # Row by row: PyOD counts the rows that it scores among those that it knows.
    tails = ECOD().fit(train)
    yield "ecod", "PyOD", np.concatenate([tails.decision_function(row[None]) for row in test])
    columns = train.shape[1]
    torch.manual_seed(1)
    wide, narrow = max(4, -(-columns // 2)), max(2, -(-columns // 5))
    encoder = AutoEncoder(
        hidden_neuron_list=[wide, narrow], epoch_num=60, batch_size=64, lr=0.002, preprocessing=False,
        batch_norm=False, dropout_rate=0, verbose=0, random_state=1,
    )  # fmt: skip
    yield "autoencoder", "PyOD", encoder.fit(np.clip(train, -6, 6)).decision_function(test)
    means = KMeans(16, n_init=1, random_state=1).fit(np.clip(train, -6, 6))
    yield "prototypes", "scikit-learn", means.transform(test).min(axis=1)


def second_forest(train, test):
    """How alike two forests are that differ in the seed alone."""
    scores = [
        IsolationForest(n_estimators=64, max_samples=min(256, len(train)), random_state=seed).fit(train).score_samples(test)
        for seed in (1, 2)
    ]
    return spearmanr(*scores).statistic


print("| Data | Detector | Reference | Rank correlation | AUC, tocsin | AUC, reference |\n|---|---|---|---|---|---|")
for name, rows, anomalous in datasets():
    usual = np.flatnonzero(~anomalous)
    np.random.default_rng(2).shuffle(usual)
    train = usual[: len(usual) // 2]
    test = np.concatenate([usual[len(usual) // 2 :], np.flatnonzero(anomalous)])
    truth = anomalous[test]
    values = residuals(rows, train)
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder) / "train.csv", values[train], delimiter=",", fmt="%.17g")
        np.savetxt(Path(folder) / "test.csv", values[test], delimiter=",", fmt="%.17g")
        subprocess.run(["node", HERE / "score.mjs", folder], check=True)
        ours = np.genfromtxt(Path(folder) / "tocsin.csv", delimiter=",", names=True, deletechars="")
    for kind, library, scores in references(values[train], values[test]):
        own = ours[kind]
        print(
            f"| {name} | `{kind}` | {library} | {spearmanr(own, scores).statistic:.3f} "
            f"| {roc_auc_score(truth, own):.3f} | {roc_auc_score(truth, scores):.3f} |"
        )
    print(f"| {name} | two forests of scikit-learn | | {second_forest(values[train], values[test]):.3f} | | |")
