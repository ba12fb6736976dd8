"""A gRPC server for the endpoint's tests: answers its own name to `/muster.test/Name`.

    endpoint_grpc.py PORT NAME

Says `listening`. A line on standard input is its new name; it repeats it.
"""

import concurrent.futures
import sys

import grpc


class Name(grpc.GenericRpcHandler):
    """One method."""

    def __init__(self, name):
        self.name = name
        self.handler = grpc.unary_unary_rpc_method_handler(lambda request, context: self.name.encode())

    def service(self, handler_call_details):
        return self.handler


if __name__ == "__main__":
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    handler = Name(sys.argv[2])
    server.add_generic_rpc_handlers((handler,))
    server.add_insecure_port(f"[::]:{sys.argv[1]}")
    server.start()
    print("listening", flush=True)
    for line in sys.stdin:
        handler.name = line.strip()
        print(handler.name, flush=True)
