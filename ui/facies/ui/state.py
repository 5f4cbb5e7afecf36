"""What one visitor's session remembers, and its mirror in the page's address.

The address holds the collection, the examples that are images of it, the filter and the order of the answer, so that
a search can be sent as a link and the browser's back button works: ``?collection=NAME&id=ID&not=ID&only=FIELD=VALUE``
and the names of `facies.ui.arrangement`. Uploads cannot be in an address; ``uploads=2`` says that there were two, so
that a page that is opened anew, or whose session was lost, tells which part is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar, cast

import streamlit as st
from pydantic import ValidationError

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, ImageOut
from facies.core.wire_jobs import JobOut
from facies.ui import address
from facies.ui.arrangement import PARAMS, Arrangement, read_params
from facies.ui.problems import refused
from facies.ui.query import Query, QueryExample, example_of_id
from facies.ui.service import Service, signature

Texts: TypeAlias = tuple[str, ...]
Told: TypeAlias = tuple[str | None, Texts, Texts, Texts, Texts, Arrangement]
"""What an address says: collection, ids for, ids against, filter, how many uploads, order of the answer."""

T = TypeVar("T")

_MEMORY_SIZE = 64
_IMAGES = 1024
_NOT_ASKED = object()
_LISTS = ("id", "not", "only", "uploads")
_NOTHING_TOLD: Told = (None, (), (), (), (), Arrangement())


def current_query() -> Query:
    """The examples put together so far."""
    return cast(Query, st.session_state.get("query", Query()))


def set_query(query: Query) -> None:
    """Take over another query; its results start from the first page."""
    if query != current_query():
        st.session_state["query"] = query
        st.session_state["result_pages"] = 1


def search_for(image_id: str) -> None:
    """Search with an image of the collection alone, on whichever page that is asked for."""
    search_with(example_of_id(image_id))


def search_with(example: QueryExample) -> None:
    """Search with one example alone; the page of searches comes next."""
    set_query(Query().add([example]))
    st.session_state["to_search"] = True


def is_to_search() -> bool:
    """Whether a search was asked for; tells it once."""
    return cast(bool, st.session_state.pop("to_search", False))


def current_collection() -> str | None:
    """The name of the collection that is looked at."""
    return cast(str | None, st.session_state.get("collection"))


def set_collection(name: str | None) -> None:
    """Look at another collection. Its images have other ids, so examples that are images of the old one go."""
    if name == current_collection():
        return
    st.session_state["collection"] = name
    st.session_state["browse_pages"] = 1
    set_filter(())
    set_arrangement(replace(current_arrangement(), vectors=(), beside=False, group=None, per_group=1))
    query = current_query()
    for example in query.examples:
        if example.image_id is not None:
            query = query.remove(example.key)
    set_query(query)


def current_filter() -> tuple[str, ...]:
    """The filter, as `facies.ui.where.to_texts` writes it."""
    return cast(tuple[str, ...], st.session_state.get("only", ()))


def set_filter(texts: Sequence[str]) -> None:
    """Take over another filter."""
    st.session_state["only"] = tuple(texts)


def current_arrangement() -> Arrangement:
    """How answers are put together."""
    return cast(Arrangement, st.session_state.get("arrangement", Arrangement()))


def set_arrangement(arrangement: Arrangement) -> None:
    """Take over another order of answers."""
    st.session_state["arrangement"] = arrangement


def pages_shown(kind: str) -> int:
    """How many pages of ``result`` or ``browse`` are open."""
    return cast(int, st.session_state.get(f"{kind}_pages", 1))


def show_more(kind: str) -> None:
    """Open one page more."""
    st.session_state[f"{kind}_pages"] = pages_shown(kind) + 1


def reset_pages(kind: str, because: Hashable) -> None:
    """Go back to one page when what is listed changes."""
    if st.session_state.get(f"{kind}_because") != because:
        st.session_state[f"{kind}_because"] = because
        st.session_state[f"{kind}_pages"] = 1


def read_address() -> None:
    """Follow the address where it says something new: a link was opened, or the back button pressed."""
    params = st.query_params
    arranged = read_params({name: params.get_all(name) for name in PARAMS})
    wanted, unwanted, only, uploads = (tuple(params.get_all(name)) for name in _LISTS)
    told: Told = (params.get("collection"), wanted, unwanted, only, uploads, arranged)
    if told == _NOTHING_TOLD or not address.says_new(told, st.session_state.get("told")):
        return
    st.session_state["told"] = told
    name = told[0]
    if name is not None:
        set_collection(name)
    set_filter(only)
    set_arrangement(arranged)
    _forget_widgets("filter-", "arrange-")
    kept = _uploads() if uploads or not (wanted or unwanted) else Query()
    set_query(kept.add([example_of_id(i) for i in wanted]).add([example_of_id(i, positive=False) for i in unwanted]))
    st.session_state["lost_uploads"] = (current_query(), max(0, _number(uploads) - len(kept.examples)))


def lost_uploads() -> int:
    """How many uploads the address speaks of that this session does not have; 0 once the query is another one."""
    query, lost = cast(tuple[Query, int], st.session_state.get("lost_uploads", (Query(), 0)))
    return lost if query == current_query() else 0


def write_address() -> None:
    """Let the address say what the page shows."""
    told = _to_tell()
    if told == st.session_state.get("told") and st.query_params:
        return
    st.session_state["told"] = told
    name, *lists, arranged = told
    params: dict[str, str | list[str]] = {} if name is None else {"collection": name}
    params |= {param: list(values) for param, values in zip(_LISTS, lists, strict=True) if values}
    st.query_params.from_dict(params | arranged.to_params())


def tell_collection() -> None:
    """Take the collection of the address as heard: another page has written it."""
    st.session_state["told"] = (current_collection(), *_NOTHING_TOLD[1:])


def write_collection_address(tab: str | None) -> None:
    """Let the address of the collections page say which one it shows, at which tab, and which job it follows."""
    params = {"collection": current_collection(), "tab": tab, "job": current_job()}
    tell_collection()
    st.query_params.from_dict({name: value for name, value in params.items() if value is not None})


def read_job() -> None:
    """Follow the indexing job that the address names, so that a reload keeps it in sight."""
    if "job" in st.query_params and "job" not in st.session_state:
        st.session_state["job"] = st.query_params["job"]


def current_job() -> str | None:
    """The id of the indexing job that this session follows."""
    return cast(str | None, st.session_state.get("job"))


def set_job(job_id: str | None) -> None:
    """Follow another job, or none."""
    st.session_state["job"] = job_id


def end_job(job: JobOut) -> None:
    """Keep the last word of a job that is over."""
    st.session_state["ended_job"] = job


def ended_job(job_id: str) -> JobOut | None:
    """The last word of this job, where it is over."""
    job = cast(JobOut | None, st.session_state.get("ended_job"))
    return job if job is not None and job.id == job_id else None


def forget_ended_job() -> None:
    """Follow the job again: it was over, and goes on."""
    st.session_state.pop("ended_job", None)


def keep_notes(collection: str, notes: Sequence[str]) -> None:
    """Keep what the service told about the making of a collection, for as long as the session lasts."""
    st.session_state.setdefault("notes", {})[collection] = tuple(notes)


def notes_of(collection: str) -> tuple[str, ...]:
    """What was told about the making of this collection."""
    return cast(tuple[str, ...], st.session_state.get("notes", {}).get(collection, ()))


def remembered(key: Hashable, compute: Callable[[], T], *, most: int = _MEMORY_SIZE) -> T:
    """An answer this session got before, else a new one; errors of the service are not remembered.

    Args:
        key: all that the answer depends on.
        compute: asks for it.
        most: how many are remembered; those of each number by themselves, so that many small ones drive out no large
            one. What goes is what was not asked for for the longest time.
    """
    memory: dict[Hashable, object] = st.session_state.setdefault(f"memory-{most}", {})
    answer = memory.pop(key, _NOT_ASKED)
    if answer is _NOT_ASKED:
        answer = compute()
    while len(memory) >= most:
        memory.pop(next(iter(memory)), None)
    memory[key] = answer
    return cast(T, answer)


def load_image(service: Service, collection: CollectionOut, image_id: str) -> ImageOut:
    """What is known of one image; asked for again when the collection or its labels have changed."""
    key = (signature(collection), image_id)
    return remembered(key, lambda: service.client.image(collection.name, image_id), most=_IMAGES)


def attempt(action: Callable[[], T]) -> T | FaciesError:
    """Do something from a callback; an error is handed back, to be shown where it happened.

    A body that breaks the rules of the wire, such as an id of an address that is none, is a query that makes no sense:
    make it inside the action.
    """
    try:
        return action()
    except FaciesError as error:
        return error
    except ValidationError as error:
        return refused(error)


def _forget_widgets(*prefixes: str) -> None:
    """Let the widgets whose keys begin so begin anew: an address says what they are to show."""
    for key in [str(key) for key in st.session_state if str(key).startswith(prefixes)]:
        del st.session_state[key]


def _uploads() -> Query:
    """The query without those examples that are images of the collection."""
    query = current_query()
    for example in query.examples:
        if example.data is None:
            query = query.remove(example.key)
    return query


def _to_tell() -> Told:
    query = current_query()
    wanted, unwanted = (
        tuple(one.image_id for one in side if one.image_id is not None) for side in (query.positive, query.negative)
    )
    uploads = len(_uploads().examples)
    told = (str(uploads),) if uploads else ()
    return current_collection(), wanted, unwanted, current_filter(), told, current_arrangement()


def _number(texts: Texts) -> int:
    text = texts[0] if texts else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
