"""Reads pages as a browser would, and refuses what it would have to mend."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """A page whose elements are all closed in order.

    Attributes:
        text: what a person reads.
        elements: names with their attributes, in the order of the page.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.text += data

    def of(self, tag: str, kind: str | None = None) -> list[dict[str, str | None]]:
        """The attributes of all elements of a name, and of a class where one is given."""
        return [a for t, a in self.elements if t == tag and (kind is None or kind in (a.get("class") or "").split())]
