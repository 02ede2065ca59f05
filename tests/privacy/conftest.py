"""The attacks run against the desk of the desk's own tests."""

from tests.desk.conftest import app, desk, time, workspace

__all__ = ["app", "desk", "time", "workspace"]
