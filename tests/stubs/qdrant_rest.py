"""A loopback server that speaks the REST of Qdrant as far as facies uses it, and complains of anything else."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError
from qdrant_client import models
from qdrant_client.http.models import QueryResponse

from tests.stubs.faults import Fault, Faults
from tests.stubs.qdrant_engine import Collection, Engine, RefusedError

MAX_BODY = 32 * 2**20
VERSION = "1.18.0"


class RestServer:
    """Listens until `close`.

    Attributes:
        requests: method and path of every request.
        complaints: requests that no Qdrant server would have understood; a test that has some fails.
    """

    def __init__(
        self,
        engine: Engine,
        faults: Faults,
        *,
        api_key: str | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.engine = engine
        self.faults = faults
        self.api_key = api_key
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._server = _Server(("127.0.0.1", port), _handler(self))
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up, or that do not trust the certificate."""


def _handler(stub: RestServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            stub.requests.append(f"{self.command} {urlsplit(self.path).path}")
            fault = stub.faults.draw()
            if fault is Fault.DROP_BEFORE:
                self._hang_up()
                return
            if fault in (Fault.BUSY, Fault.UNAVAILABLE):
                headers = {"Retry-After": str(stub.faults.retry_after_s)} if fault is Fault.BUSY else {}
                self._send(429 if fault is Fault.BUSY else 503, _error("Rate limiting exceeded"), headers)
                return
            if stub.api_key and self.headers.get("api-key") != stub.api_key:
                self._send(401, b"Must provide an API key or an Authorization bearer token", {})
                return
            status, content = _respond(stub, self.command, self.path, self.headers.get("Content-Type"), body)
            if fault is Fault.DROP_AFTER:
                self._hang_up()
                return
            if fault is Fault.SLOW:
                time.sleep(stub.faults.slow_s)
            self._send(status, content, {})

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # names of the base class

        def _hang_up(self) -> None:
            self.close_connection = True

        def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(content), **headers}.items():
                self.send_header(name, str(value))
            with suppress(OSError):  # a client that has given up waiting
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _respond(stub: RestServer, method: str, target: str, kind: str | None, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(target)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if len(body) > MAX_BODY:
        stub.complaints.append(f"{method} {target}: {len(body)} bytes")
        return 413, _error("Payload error: JSON payload is larger than allowed")
    if body and kind != "application/json":
        stub.complaints.append(f"{method} {target}: content type {kind}")
    for (verb, pattern), route in ROUTES.items():
        match = re.fullmatch(pattern, parts.path)
        if verb == method and match:
            try:
                if unknown := options.keys() - {"wait", "ordering", "timeout", "consistency"}:
                    raise ValueError(f"unknown options {unknown}")
                with stub.engine.lock:
                    return 200, _ok(route(stub.engine, list(map(unquote, match.groups())), options, body))
            except RefusedError as refusal:
                return refusal.status, _error(str(refusal))
            except (ValidationError, ValueError, NotImplementedError, AssertionError) as error:
                stub.complaints.append(f"{method} {target}: {error}")
                return 400, _error(f"Format error in JSON body: {error}")
            except Exception as error:  # a fault of the stub's own must not look like a bad network
                stub.complaints.append(f"{method} {target}: {type(error).__name__} {error}")
                return 500, _error(f"Service internal error: {error}")
    stub.complaints.append(f"{method} {target}: no such path")
    return 404, b""


def _ok(result: Any) -> bytes:
    if isinstance(result, models.VersionInfo):  # the root alone wraps nothing
        return result.model_dump_json().encode()
    return json.dumps({"result": _plain(result), "status": "ok", "time": 0.001}).encode()


def _plain(result: Any) -> Any:
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json", exclude_none=True)
    return [_plain(one) for one in result] if isinstance(result, list) else result


def _error(text: str) -> bytes:
    return json.dumps({"status": {"error": text}, "time": 0.001}).encode()


Route = Callable[[Engine, list[str], dict[str, str], bytes], Any]
_SELECTOR: TypeAdapter[models.PointsSelector] = TypeAdapter(models.PointsSelector)


def _write(collection: Collection, options: dict[str, str], change: Callable[[], None]) -> models.UpdateResult:
    status = collection.apply(options.get("wait", "false") == "true", change)
    return models.UpdateResult(operation_id=1, status=status)


def _root(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return models.VersionInfo(title="qdrant - vector search engine", version=VERSION)


def _list(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return models.CollectionsResponse(collections=[models.CollectionDescription(name=one) for one in engine.names()])


def _aliases(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    found = engine.aliases().items()
    described = [models.AliasDescription(alias_name=alias, collection_name=name) for alias, name in found]
    return models.CollectionsAliasesResponse(aliases=described)


def _change_aliases(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return engine.change_aliases(models.ChangeAliasesOperation.model_validate_json(body).actions)


def _info(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return engine.find(names[0]).info()


def _create(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return engine.create(names[0], models.CreateCollection.model_validate_json(body))


def _update(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return engine.exact(names[0]).update(models.UpdateCollection.model_validate_json(body))


def _delete_collection(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return engine.delete_collection(names[0])


def _create_index(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.find(names[0]), models.CreateFieldIndex.model_validate_json(body)
    kind = models.PayloadSchemaType(asked.field_schema)
    return _write(collection, options, lambda: collection.create_index(asked.field_name, kind))


def _create_vector(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.exact(names[0]), models.DenseVectorNameConfig.model_validate_json(body)
    return _write(collection, options, lambda: collection.create_vector(names[1], asked.dense))


def _delete_vector(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection = engine.exact(names[0])
    return _write(collection, options, lambda: collection.delete_vector(names[1]))


def _upsert(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.find(names[0]), models.PointsList.model_validate_json(body)
    return _write(collection, options, lambda: collection.upsert(asked.points))


def _retrieve(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    asked = models.PointRequest.model_validate_json(body)
    return engine.find(names[0]).retrieve(asked.ids, asked.with_payload, asked.with_vector)


def _delete(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.find(names[0]), _SELECTOR.validate_json(body)
    return _write(collection, options, lambda: collection.delete(asked))


def _set_payload(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.find(names[0]), models.SetPayload.model_validate_json(body)
    chosen: models.PointsSelector
    if asked.filter is not None:
        chosen = models.FilterSelector(filter=asked.filter)
    else:
        chosen = models.PointIdsList(points=asked.points or [])
    return _write(collection, options, lambda: collection.set_payload(asked.payload, chosen))


def _delete_payload(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.find(names[0]), models.DeletePayload.model_validate_json(body)
    assert asked.filter is not None
    chosen = models.FilterSelector(filter=asked.filter)
    return _write(collection, options, lambda: collection.delete_payload(asked.keys, chosen))


def _update_vectors(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    collection, asked = engine.find(names[0]), models.UpdateVectors.model_validate_json(body)
    return _write(collection, options, lambda: collection.update_vectors(asked.points))


def _query(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    asked = models.QueryRequestBatch.model_validate_json(body)
    return [QueryResponse(points=points) for points in engine.find(names[0]).query(asked.searches)]


def _scroll(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    records, position = engine.find(names[0]).scroll(models.ScrollRequest.model_validate_json(body))
    return models.ScrollResult(points=records, next_page_offset=position)


def _count(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    return models.CountResult(count=engine.find(names[0]).count(models.CountRequest.model_validate_json(body).filter))


def _facet(engine: Engine, names: list[str], options: dict[str, str], body: bytes) -> Any:
    hits = engine.find(names[0]).facet(models.FacetRequest.model_validate_json(body))
    return models.FacetResponse(hits=hits)


_NAME = "/collections/([^/]+)"
ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/"): _root,
    ("GET", "/collections"): _list,
    ("GET", "/aliases"): _aliases,
    ("POST", "/collections/aliases"): _change_aliases,
    ("GET", _NAME): _info,
    ("PUT", _NAME): _create,
    ("PATCH", _NAME): _update,
    ("DELETE", _NAME): _delete_collection,
    ("PUT", f"{_NAME}/index"): _create_index,
    ("PUT", f"{_NAME}/vectors/([^/]+)"): _create_vector,
    ("DELETE", f"{_NAME}/vectors/([^/]+)"): _delete_vector,
    ("PUT", f"{_NAME}/points"): _upsert,
    ("POST", f"{_NAME}/points"): _retrieve,
    ("POST", f"{_NAME}/points/delete"): _delete,
    ("POST", f"{_NAME}/points/payload"): _set_payload,
    ("POST", f"{_NAME}/points/payload/delete"): _delete_payload,
    ("PUT", f"{_NAME}/points/vectors"): _update_vectors,
    ("POST", f"{_NAME}/points/query/batch"): _query,
    ("POST", f"{_NAME}/points/scroll"): _scroll,
    ("POST", f"{_NAME}/points/count"): _count,
    ("POST", f"{_NAME}/facet"): _facet,
}
