"""What is read of files is kept for a bounded number of bytes, whoever sends them."""

from __future__ import annotations

from orchestrator.engine.documents import LARGE_KEPT, kept_by_size


def test_of_large_files_the_last_few_are_kept_and_of_small_ones_many() -> None:
    read: list[int] = []

    @kept_by_size(50, large=100)
    def length(name: str, files: tuple[tuple[str, bytes], ...]) -> int:
        read.append(sum(len(content) for _name, content in files))
        return read[-1]

    small = [(f"s{n}", (("a", b"x" * 40), ("b", b"x" * n))) for n in range(50)]
    large = [(f"l{n}", (("a", b"x" * 60), ("b", b"x" * 60))) for n in range(9)]
    for given in (*small, *large):
        assert length(*given) == sum(len(file[1]) for file in given[1])
    read.clear()
    for given in (*small, *large[-LARGE_KEPT:]):
        length(*given)
    assert read == []
    length(*large[0])
    assert read == [120]
    length.cache_clear()
    length(*small[0])
    assert read == [120, 40]
