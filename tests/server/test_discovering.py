"""What is served is what clients are told about, also after it has changed."""

from __future__ import annotations

import json

import pytest
from clienting import Client

from kregistry.server import APIServer, Settings
from kregistry.server.discovery import VersionInfo
from kregistry.server.resources import APIResource
from kregistry.storage import Config, factory


@pytest.fixture
def server():
    with factory.create(Config()) as storage:
        yield APIServer(storage, Settings(version=VersionInfo(git_version="v1.35.2")))
