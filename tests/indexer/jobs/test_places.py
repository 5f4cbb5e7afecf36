"""Names of processes."""

from pathlib import Path

from facies.core.settings import Settings
from facies.indexer.jobs.places import house_of, place_of


def test_every_name_is_new_and_begins_like_its_house(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "a")
    one, two = place_of(settings), place_of(settings)
    assert one != two
    assert one.startswith(house_of(settings))
    assert two.startswith(house_of(settings))
    assert len(one) <= 290, "with a thread's number it must fit into the catalogue"


def test_a_house_is_the_folder_itself_however_it_is_spelt(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    house = house_of(Settings(data_dir=tmp_path / "a"))
    assert house == house_of(Settings(data_dir=tmp_path / "link"))
    assert house != house_of(Settings(data_dir=tmp_path / "b"))
