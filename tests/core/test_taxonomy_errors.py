"""What the errors of taxonomies say."""

from facies.core import errors


def test_an_unknown_taxon_names_its_near_ones_and_the_way_to_bring_it_in() -> None:
    message = errors.UnknownTaxonError("Areoligra", "dinocysts", ["Areoligera"]).message
    assert "Did you mean 'Areoligera'?" in message
    assert "`facies taxonomy show dinocysts`" in message
    assert "No name in it is spelt like this" in errors.UnknownTaxonError("x", "dinocysts").message


def test_a_missing_taxonomy_names_those_that_exist() -> None:
    assert "There are: a, b." in errors.TaxonomyNotFoundError("c", ["b", "a"]).message
