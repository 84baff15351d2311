"""The store of many machines: a bucket of anything that speaks S3. Needs the optional package boto3: `tenantry[s3]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import IO, Any
from uuid import UUID

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.files.storage import Item, Measured, Stored, StoreDown, checked, new_key
from config import Settings

_PIECE = 8 * 1024 * 1024
"""An upload is sent in pieces of this many bytes; no more of it is ever in memory."""
_GONE = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Store:
    """Files in one bucket. Without a key of our own, boto3 looks for credentials as it always does."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.files_s3_bucket
        self._place = {
            "endpoint_url": settings.files_s3_endpoint or None,
            "region_name": settings.files_s3_region or None,
            "aws_access_key_id": settings.files_s3_access_key,
            "aws_secret_access_key": settings.files_s3_secret_key,
        }

    @cached_property
    def _client(self) -> Any:
        config = Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path" if self._place["endpoint_url"] else "auto"},
            # Stores other than Amazon's do not all know the newer checksums; ours is kept with the row.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return boto3.session.Session().client("s3", config=config, **self._place)

    def save(self, owner: UUID, stream: IO[bytes], limit: int) -> Stored:
        """See `Store`."""
        key = new_key(owner)
        measured = Measured(stream, limit)
        transfer = TransferConfig(multipart_threshold=_PIECE, multipart_chunksize=_PIECE, use_threads=False)
        with _working():
            self._client.upload_fileobj(measured, self._bucket, key, Config=transfer)
        return measured.stored(key)

    def open(self, key: str) -> IO[bytes]:
        """See `Store`."""
        with _working():
            body: IO[bytes] = self._client.get_object(Bucket=self._bucket, Key=checked(key))["Body"]
        return body

    def delete(self, key: str) -> None:
        """See `Store`."""
        with _working():
            self._client.delete_object(Bucket=self._bucket, Key=checked(key))

    def items(self, owner: UUID) -> Iterator[Item]:
        """See `Store`."""
        for page in self._pages("list_objects_v2", Prefix=f"{owner.hex}/"):
            for one in page.get("Contents", ()):
                yield Item(one["Key"], one["Size"], one["LastModified"])

    def owners(self) -> Iterator[UUID]:
        """See `Store`."""
        for page in self._pages("list_objects_v2", Delimiter="/"):
            for one in page.get("CommonPrefixes", ()):
                name = one["Prefix"].rstrip("/")
                if len(name) == 32 and name.isalnum():
                    yield UUID(name)

    def clear_drafts(self, before: datetime) -> int:
        """See `Store`. Uploads in pieces that were never completed are kept, and paid for, until somebody ends them."""
        stale = [
            one
            for page in self._pages("list_multipart_uploads")
            for one in page.get("Uploads", ())
            if one["Initiated"] < before
        ]
        for one in stale:
            with _working():
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=one["Key"], UploadId=one["UploadId"])
        return len(stale)

    def check(self) -> None:
        """See `Store`."""
        with _working():
            self._client.head_bucket(Bucket=self._bucket)

    def _pages(self, call: str, **more: Any) -> Iterator[dict[str, Any]]:
        with _working():
            yield from self._client.get_paginator(call).paginate(Bucket=self._bucket, **more)


@contextmanager
def _working() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _GONE and error.operation_name == "GetObject":
            raise FileNotFoundError(str(error)) from error
        raise StoreDown(str(error)) from error
    except (BotoCoreError, Boto3Error, OSError) as error:
        raise StoreDown(str(error)) from error
