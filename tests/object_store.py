"""An S3 server on this machine's loopback interface, for tests of lakes in an object store."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

_KEY, _SECRET, _REGION = "key", "secret", "us-east-1"  # the server takes any


@dataclass(frozen=True)
class ObjectStore:
    """A bucket and how to reach it."""

    endpoint: str
    bucket: str = field(default_factory=lambda: f"bucket-{uuid4().hex[:8]}")

    @property
    def options(self) -> dict[str, str]:
        """For `Lake.open(storage_options=...)`."""
        return {
            "aws_endpoint": self.endpoint,
            "allow_http": "true",
            "aws_access_key_id": _KEY,
            "aws_secret_access_key": _SECRET,
            "aws_region": _REGION,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same as a user gives it: environment variables."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_REGION": _REGION,
        }

    def uri(self, name: str) -> str:
        return f"s3://{self.bucket}/{name}"

    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=_KEY,
            aws_secret_access_key=_SECRET,
            region_name=_REGION,
        )


@contextmanager
def object_store_server() -> Iterator[str]:
    """A server without buckets; its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells of every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
