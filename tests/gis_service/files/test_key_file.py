from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from gis_service.files.key_file import KEY_BYTES, read_or_make_key


def test_all_who_ask_get_one_key_that_others_cannot_read(tmp_path):
    """Eight at once, in a folder that is not there yet; nothing is left beside the file."""
    path = tmp_path / "home" / "door.key"
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(read_or_make_key, [path] * 8))

    assert {len(key) for key in keys} == {KEY_BYTES}
    assert keys == {path.read_bytes()}
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
