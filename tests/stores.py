"""A server of the S3 protocol, and buckets on it: moto's, or the one at S3_TEST_ENDPOINT, whose key and
secret are both `gridflow-tests`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import boto3
import pytest

from orchestrator.storage_settings import Bucket

KEY = "gridflow-tests"


@pytest.fixture(scope="session")
def store_address() -> Iterator[str]:
    """Where the server listens."""
    elsewhere = os.environ.get("S3_TEST_ENDPOINT")
    if elsewhere:
        yield elsewhere
        return
    # Its own import takes a second.
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def new_bucket(store_address: str) -> Callable[[str], Bucket]:
    """Makes a bucket that is empty, with the prefix given."""

    def make(prefix: str = "") -> Bucket:
        name = f"gridflow-{os.urandom(6).hex()}"
        client(store_address).create_bucket(Bucket=name)
        return Bucket(store_address, name, KEY, KEY, prefix, "us-east-1")

    return make


def client(address: str) -> object:
    """What another program would look into the store with."""
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
    )


def objects(bucket: Bucket) -> list[str]:
    """The keys of all that lies in the bucket."""
    found = client(bucket.endpoint).list_objects_v2(Bucket=bucket.name)
    return sorted(each["Key"] for each in found.get("Contents", ()))
