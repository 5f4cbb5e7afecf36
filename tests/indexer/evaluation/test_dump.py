from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from facies.core.errors import ConfigurationError, StorageError
from facies.indexer.evaluation.dump import RankingKept
from facies.indexer.evaluation.protocol import Evaluation, evaluate
from facies.indexer.evaluation.ranking import Block
from facies.models.rerank import Diffusion

from .conftest import clusters


def dump(target: Path, *, rerank: Diffusion | None = None, groups: list[str] | None = None) -> Evaluation:
    vectors, labels = clusters(5, 14, spread=0.9)
    kept = RankingKept()
    evaluation = evaluate(vectors, labels, rerank=rerank, groups=groups, on_block=kept)
    kept.write(target, evaluation)
    return evaluation


@pytest.mark.parametrize("rerank", [None, Diffusion(candidates=30)])
def test_the_figures_follow_from_the_file(tmp_path: Path, rerank: Diffusion | None) -> None:
    evaluation = dump(tmp_path / "d.npz", rerank=rerank)
    with np.load(tmp_path / "d.npz") as read:
        labels, ranked, index, named = (read[n] for n in ("labels", "ranked", "test_index", "test_prediction"))
    assert labels.tolist() == clusters(5, 14, spread=0.9)[1]
    assert all(sorted([*row, i]) == list(range(70)) for i, row in enumerate(ranked))
    p_at_nk = np.mean([(labels[row[:13]] == labels[i]).mean() for i, row in enumerate(ranked)])
    assert p_at_nk == pytest.approx(evaluation.measures.retrieval.mean_p_at_nk)
    f1 = [f1_score(labels[test], names, average="macro") for test, names in zip(index, named, strict=True)]
    assert f1 == pytest.approx(evaluation.measures.knn[1].macro_f1.tolist())
    assert index.shape == named.shape == (10, 14)


def test_groups_and_uneven_splits(tmp_path: Path) -> None:
    groups = [f"g{i % 11 % 6}" for i in range(70)]
    evaluation = dump(tmp_path / "d.npz", groups=groups)
    with np.load(tmp_path / "d.npz") as read:
        codes, ranked, candidates, index, named = (
            read[n] for n in ("groups", "ranked", "candidates", "test_index", "test_prediction")
        )
    for i in (0, 30, 69):
        assert codes[i] not in codes[ranked[i, : candidates[i]]]
        assert (codes[ranked[i, candidates[i] :]] == codes[i]).all()
    sizes = [len(split.test) for split in evaluation.splits]
    assert ((index >= 0).sum(axis=1) == sizes).all()
    assert ((named != "").sum(axis=1) == sizes).all()


def test_too_many_images_are_refused_at_the_first_block() -> None:
    with pytest.raises(ConfigurationError, match="20,001"):
        RankingKept()(Block(0, np.zeros((1, 20_000), np.int64), np.array([20_000])))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        dump(tmp_path / "no" / "d.npz")
