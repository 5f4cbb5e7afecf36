"""A loopback server that speaks the gRPC of Qdrant as far as facies uses it: points, and whether it lives.

Everything else is answered UNIMPLEMENTED by the servicers of the client's own package.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
from qdrant_client import grpc as q
from qdrant_client import models
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc

from tests.stubs.faults import Fault, Faults
from tests.stubs.qdrant_engine import Collection, Engine, RefusedError
from tests.stubs.qdrant_rest import MAX_BODY, VERSION

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.ALREADY_EXISTS,
}


class GrpcServer:
    """Listens until `close`.

    Attributes:
        requests: method of every request.
        complaints: requests that no Qdrant server would have understood; a test that has some fails.
    """

    def __init__(
        self,
        engine: Engine,
        faults: Faults,
        *,
        api_key: str | None = None,
        credentials: grpc.ServerCredentials | None = None,
        port: int = 0,
    ) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._server = grpc.server(
            ThreadPoolExecutor(8),
            interceptors=[_Gate(self, faults, api_key)],
            # Without it two servers may share a port, and a test would speak to the wrong one.
            options=[("grpc.max_receive_message_length", MAX_BODY), ("grpc.so_reuseport", 0)],
        )
        q.add_PointsServicer_to_server(_Points(engine), self._server)  # type: ignore[no-untyped-call]  # generated
        q.add_QdrantServicer_to_server(_Root(), self._server)  # type: ignore[no-untyped-call]  # generated
        address = f"127.0.0.1:{port}"
        self.port: int = (
            self._server.add_secure_port(address, credentials)
            if credentials
            else self._server.add_insecure_port(address)
        )
        self._server.start()

    def close(self) -> None:
        self._server.stop(None).wait()


class _Gate(grpc.ServerInterceptor):
    """Checks the key, lets things go wrong, and turns refusals into statuses."""

    def __init__(self, stub: GrpcServer, faults: Faults, api_key: str | None) -> None:
        self._stub = stub
        self._faults = faults
        self._api_key = api_key

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        handler = continuation(details)
        if handler is None:
            self._stub.complaints.append(f"{details.method}: no such method")
            return None
        keys = [value for name, value in details.invocation_metadata if name == "api-key"]

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            self._stub.requests.append(details.method)
            fault = self._faults.draw()
            if fault in (Fault.DROP_BEFORE, Fault.UNAVAILABLE):
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            if fault is Fault.BUSY:
                context.set_trailing_metadata((("retry-after", str(self._faults.retry_after_s)),))
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Rate limiting exceeded")
            if self._api_key and keys != [self._api_key]:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "Must provide an API key")
            response = self._run(handler, request, context)
            if fault is Fault.DROP_AFTER:
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            if fault is Fault.SLOW:
                time.sleep(self._faults.slow_s)
            return response

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _run(self, handler: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler.unary_unary(request, context)
        except RefusedError as refusal:
            _abort(context, _CODES[refusal.status], str(refusal))
        except (ValueError, NotImplementedError, AssertionError) as error:
            self._stub.complaints.append(f"{type(request).__name__}: {error}")
            _abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"Format error: {error}")
        except Exception as error:  # a fault of the stub's own must not look like a bad network
            self._stub.complaints.append(f"{type(request).__name__}: {type(error).__name__} {error}")
            _abort(context, grpc.StatusCode.INTERNAL, f"Service internal error: {error}")


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, text: str) -> NoReturn:
    context.abort(code, text)
    raise AssertionError("abort raises")


class _Root(q.QdrantServicer):
    def HealthCheck(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        return q.HealthCheckReply(title="qdrant - vector search engine", version=VERSION)


class _Points(q.PointsServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Upsert(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        points = [GrpcToRest.convert_point_struct(one) for one in request.points]
        return self._write(request, lambda collection: collection.upsert(points))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        chosen = GrpcToRest.convert_points_selector(request.points)
        return self._write(request, lambda collection: collection.delete(chosen))

    def UpdateVectors(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        points = [
            models.PointVectors(id=GrpcToRest.convert_point_id(one.id), vector=GrpcToRest.convert_vectors(one.vectors))
            for one in request.points
        ]
        return self._write(request, lambda collection: collection.update_vectors(points))

    def SetPayload(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        payload = GrpcToRest.convert_payload(request.payload)
        chosen = GrpcToRest.convert_points_selector(request.points_selector)
        return self._write(request, lambda collection: collection.set_payload(payload, chosen))

    def DeletePayload(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        chosen = GrpcToRest.convert_points_selector(request.points_selector)
        return self._write(request, lambda collection: collection.delete_payload(list(request.keys), chosen))

    def Get(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        ids = [GrpcToRest.convert_point_id(one) for one in request.ids]
        with self._engine.lock:
            found = self._find(request).retrieve(ids, _payload(request), _vectors(request))
        return q.GetResponse(result=[_record(one) for one in found])

    def QueryBatch(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        asked = [GrpcToRest.convert_query_points(one) for one in request.query_points]
        with self._engine.lock:
            answers = self._find(request).query(asked)
        return q.QueryBatchResponse(
            result=[
                q.BatchResult(result=[RestToGrpc.convert_scored_point(point) for point in answer]) for answer in answers
            ]
        )

    def Scroll(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        asked = models.ScrollRequest(
            offset=GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None,
            limit=request.limit,
            filter=_filter(request),
            with_payload=_payload(request),
            with_vector=_vectors(request),
        )
        with self._engine.lock:
            records, position = self._find(request).scroll(asked)
        return q.ScrollResponse(
            result=[_record(one) for one in records],
            next_page_offset=None if position is None else q.PointId(uuid=position),
        )

    def Count(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        with self._engine.lock:
            return q.CountResponse(result=q.CountResult(count=self._find(request).count(_filter(request))))

    def Facet(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name
        asked = models.FacetRequest(key=request.key, limit=request.limit, exact=request.exact, filter=_filter(request))
        with self._engine.lock:
            hits = self._find(request).facet(asked)
        return q.FacetResponse(hits=[RestToGrpc.convert_facet_value_hit(hit) for hit in hits])

    def _find(self, request: Any) -> Collection:
        return self._engine.find(request.collection_name)

    def _write(self, request: Any, change: Callable[[Collection], None]) -> Any:
        with self._engine.lock:
            collection = self._find(request)
            status = collection.apply(request.wait, lambda: change(collection))
        result = models.UpdateResult(operation_id=1, status=status)
        return q.PointsOperationResponse(result=RestToGrpc.convert_update_result(result))


def _filter(request: Any) -> models.Filter | None:
    return GrpcToRest.convert_filter(request.filter) if request.HasField("filter") else None


def _payload(request: Any) -> Any:
    return GrpcToRest.convert_with_payload_interface(request.with_payload)


def _vectors(request: Any) -> Any:
    return GrpcToRest.convert_with_vectors_selector(request.with_vectors) if request.HasField("with_vectors") else False


def _record(record: models.Record) -> Any:
    return RestToGrpc.convert_record(record.model_copy(update={"payload": record.payload or {}}))
