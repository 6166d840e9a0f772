"""The product's web server with short limits, so that a test need not wait for the long ones."""

from __future__ import annotations

from deploy import serving
from deploy.serving import *  # noqa: F403

serving.HEADER_SECONDS = 2
serving.GRACE_SECONDS = 2
serving.MOST_OF_ONE_ADDRESS = 130
serving.LARGEST_UPLOAD = 100_000
workers = 1
