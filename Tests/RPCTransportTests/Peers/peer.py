"""An independent gRPC client for the tests: `peer.py HOST:PORT CERTIFICATES METHOD-OF-THIS-FILE`.

It prints one line `ok` when the server behaved, and what it did instead otherwise.
"""

import sys
import threading

import grpc


def channel(target, directory, with_identity=True):
    read = lambda name: open(f"{directory}/{name}", "rb").read()
    credentials = grpc.ssl_channel_credentials(
        root_certificates=read("ca.pem"),
        private_key=read("client.key") if with_identity else None,
        certificate_chain=read("client.pem") if with_identity else None,
    )
    return grpc.secure_channel(target, credentials, options=[("grpc.max_receive_message_length", 64 << 20)])


def raw(value):
    return value


def unary(ch, name):
    return ch.unary_unary(f"/test.Echo/{name}", request_serializer=raw, response_deserializer=raw)


def code_of(call):
    try:
        call()
        return grpc.StatusCode.OK
    except grpc.RpcError as error:
        return error.code()


def calls(ch):
    echo = unary(ch, "Unary")
    for size in (0, 1, 64, 100_000, 1 << 20):
        assert echo(b"x" * size) == b"x" * size, size
    assert unary(ch, "Whoami")(b"") == b"spiffe://muster.test/host/h-1"
    assert unary(ch, "Header")(b"", metadata=(("x-test", "from python"),)) == b"from python"
    count = ch.stream_unary("/test.Echo/Count", request_serializer=raw, response_deserializer=raw)
    assert count(iter([b"abc"] * 1000)) == b"1000 3000"
    produce = ch.unary_stream("/test.Echo/Produce", request_serializer=raw, response_deserializer=raw)
    answers = produce(b"500")
    assert sum(len(m) for m in answers) == 500 * 1024
    assert dict(answers.trailing_metadata())["x-done"] == "yes"
    bidi = ch.stream_stream("/test.Echo/Bidi", request_serializer=raw, response_deserializer=raw)
    assert list(bidi(iter([b"%d" % i for i in range(300)]))) == [b"%d" % i for i in range(300)]


def errors(ch):
    try:
        unary(ch, "Fail")(b"")
        raise AssertionError("it did not fail")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
        assert error.details() == "ünfit: 100 % of hosts\nare busy", error.details()
    assert code_of(lambda: unary(ch, "Nothing")(b"")) == grpc.StatusCode.UNIMPLEMENTED
    assert code_of(lambda: unary(ch, "Unary")(b"x" * ((1 << 20) + 1))) == grpc.StatusCode.RESOURCE_EXHAUSTED
    gzip = grpc.Compression.Gzip
    assert code_of(lambda: unary(ch, "Unary")(b"x" * 1000, compression=gzip)) == grpc.StatusCode.UNIMPLEMENTED
    # The connection survived all of it.
    assert unary(ch, "Unary")(b"still here") == b"still here"


def deadlines(ch):
    assert code_of(lambda: unary(ch, "Never")(b"", timeout=0.05)) == grpc.StatusCode.DEADLINE_EXCEEDED
    # Not "Unary": a quick answer can arrive before grpcio itself looks at the clock.
    late = code_of(lambda: unary(ch, "Never")(b"", timeout=0))
    assert late == grpc.StatusCode.DEADLINE_EXCEEDED, late
    assert unary(ch, "Unary")(b"in time", timeout=10) == b"in time"


def cancellation(ch):
    call = unary(ch, "Never").future(b"")
    call.cancel()
    assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED
    assert unary(ch, "Unary")(b"still here") == b"still here"


def half_closed(ch):
    """The client ends its half at once and goes on reading."""
    bidi = ch.stream_stream("/test.Echo/Bidi", request_serializer=raw, response_deserializer=raw)
    assert list(bidi(iter([]))) == []
    many = unary(ch, "Unary")
    results = []
    threads = [threading.Thread(target=lambda: results.append(many(b"y" * 5000))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"y" * 5000] * 50


def rst_flood(ch):
    """Hundreds of calls begun and given up: the server ends the connection (the test looks at its counters; grpcio may open
    another one unseen), and takes the next one."""
    bidi = ch.stream_stream("/test.Echo/Bidi", request_serializer=raw, response_deserializer=raw)

    def one_message(done):
        yield b"x"
        done.wait()

    for _ in range(1000):
        done = threading.Event()
        try:
            call = bidi(one_message(done), timeout=20)
            next(call)
            call.cancel()
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED), error
            break
        finally:
            done.set()
    assert unary(ch, "Unary")(b"x", wait_for_ready=True, timeout=20) == b"x"


def headers_too_large(ch):
    metadata = (("x-long", "v" * 20_000),)
    call = lambda: unary(ch, "Unary")(b"", metadata=metadata)
    assert code_of(call) == grpc.StatusCode.RESOURCE_EXHAUSTED, code_of(call)
    assert unary(ch, "Unary")(b"still here") == b"still here"


def main():
    target, directory, name = sys.argv[1:4]
    with channel(target, directory) as ch:
        globals()[name](ch)
    print("ok")


main()
