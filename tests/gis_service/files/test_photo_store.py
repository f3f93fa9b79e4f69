from __future__ import annotations

import stat

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from gis_service.errors import NotFoundError
from gis_service.files.photo_store import PhotoStore, PhotoStoreError


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path) -> PhotoStore:
    """A folder, and a store that is addressed by a URL as S3 is."""
    return PhotoStore(str(tmp_path / "photos") if request.param == "folder" else f"memory://{tmp_path.name}")


def test_a_file_is_read_as_it_was_written_until_it_is_removed(store):
    """Removing it again is no error."""
    store.write("ab/one/1.jpg", b"one")
    store.write("ab/one/2.jpg", b"two")

    assert store.read("ab/one/1.jpg") == b"one"
    store.remove(["ab/one/1.jpg", "ab/one/1.jpg"])
    assert store.read("ab/one/2.jpg") == b"two"
    with pytest.raises(NotFoundError) as refusal:
        store.read("ab/one/1.jpg")
    assert refusal.value.code == "photo-lost"


def test_the_names_are_those_that_were_written(store):
    """None of a store that nothing was written to yet."""
    assert list(store.names()) == []
    store.write("ab/one/1.jpg", b"one")
    store.write("cd/two/2.jpg", b"two")
    assert sorted(store.names()) == ["ab/one/1.jpg", "cd/two/2.jpg"]


def test_others_on_the_host_do_not_read_the_folder(tmp_path):
    """Photos show people."""
    PhotoStore(str(tmp_path / "photos")).write("ab/1.jpg", b"one")

    assert stat.S_IMODE((tmp_path / "photos" / "ab").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "photos").write_bytes(b"")

    with pytest.raises(PhotoStoreError):
        PhotoStore(str(tmp_path / "photos")).write("ab/1.jpg", b"one")


def test_a_store_that_fails_is_told(monkeypatch):
    """Whatever it raises: a 503, to be tried again."""

    def fail(*_args, **_options):
        raise ConnectionError("no route to host")

    for name in ("pipe_file", "cat_file", "rm_file"):
        monkeypatch.setattr(MemoryFileSystem, name, fail)
    store = PhotoStore("memory://away")

    for act in (lambda: store.write("1.jpg", b""), lambda: store.read("1.jpg"), lambda: store.remove(["1.jpg"])):
        with pytest.raises(PhotoStoreError) as refusal:
            act()
        assert refusal.value.code == "photo-store-unavailable"


def test_an_unknown_kind_of_store_is_refused_at_the_start():
    """Not at the first photo."""
    with pytest.raises(ValueError, match="nosuch"):
        PhotoStore("nosuch://bucket")
