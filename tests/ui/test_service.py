from __future__ import annotations

from typing import Any

from facies.ui import service


def test_the_browser_may_reach_the_service_by_another_address(api: Any) -> None:
    assert service.open_service("http://api:8000", None).link("/v1/x") == "http://api:8000/v1/x"
    assert (
        service.open_service("http://api:8000", "https://facies.example/").link("/v1/x")
        == "https://facies.example/v1/x"
    )


def test_under_one_origin_links_are_paths_which_hold_under_any_name(api: Any) -> None:
    assert service.open_service("http://127.0.0.1:8000", "/").link("/v1/x") == "/v1/x"
    assert service.open_service("http://127.0.0.1:8000", "/rocks/").link("/v1/x") == "/rocks/v1/x"


def test_one_client_serves_the_process(api: Any) -> None:
    assert service.open_service("http://api:8000", None) is service.open_service("http://api:8000", None)


def test_counts_are_read_again_after_a_change(api: Any) -> None:
    opened = service.open_service("http://api:8000", None)
    service.load_collections(opened)
    service.load_collections(opened)
    assert len(api.asked) == 1
    service.forget_counts()
    api.collections.insert(0, api.collection_out("zoo"))
    assert [c.name for c in service.load_collections(opened)] == ["fossils", "zoo"]


def test_a_collection_made_elsewhere_a_moment_ago_is_found(api: Any) -> None:
    opened = service.open_service("http://api:8000", None)
    service.load_collections(opened)
    api.collections.append(api.collection_out("made-by-the-command-line"))
    assert "made-by-the-command-line" not in [c.name for c in service.load_collections(opened, "fossils")]
    found = service.load_collections(opened, "made-by-the-command-line")
    assert "made-by-the-command-line" in [c.name for c in found]


def test_a_collection_that_grew_has_another_signature(api: Any) -> None:
    small, large = api.collection_out(images=5), api.collection_out(images=6, revision="3-6")
    assert service.signature(small) != service.signature(large)
    assert service.signature(small) == service.signature(api.collection_out(images=5))


def test_a_collection_in_which_two_labels_were_swapped_has_another_signature(api: Any) -> None:
    assert service.signature(api.collection_out()) != service.signature(api.collection_out(revision="4-5"))
