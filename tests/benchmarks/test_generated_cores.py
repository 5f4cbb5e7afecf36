from benchmarks.generated_cores import CARD, score_colours, score_hypercolumns
from facies.core.settings import Settings
from facies.indexer.segmentation.generated_cores import generate_core
from facies.models.segmentation.hypercolumns import open_hypercolumns


def test_colour_alone_fails_where_hypercolumns_do_not() -> None:
    core = generate_core(11, height=560, width=160, classes=7)
    maps = open_hypercolumns(CARD, weights_dir=Settings().weights_dir, offline=True)
    colour, deep = score_colours(core, 1), score_hypercolumns(core, maps, 1)
    assert deep[0] > 0.55
    assert deep[0] > colour[0] + 0.15
    assert deep[1] > colour[1] + 0.15
