"""A city of one language has no page of names in a second one."""

from __future__ import annotations


def test_a_city_of_one_language_has_no_second_names(signed_in) -> None:
    client = signed_in("zd-wgb")
    assert client.get("/second-names/").status_code == 404
    assert client.post("/second-names/", data={}).status_code == 404
    assert "公示的译名" not in client.get("/grids").text
