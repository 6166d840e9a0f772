"""The names of files in a step of a scenario: what may be uploaded may be named."""

from __future__ import annotations

import json

import pytest

import forms
from orchestrator.errors import FormInvalid, RuleViolated
from orchestrator.services.designing import named_files
from orchestrator.services.simulation import sample_files

PICKER = {"type": "filepicker", "key": "proof", "label": "附件"}
FORM = forms.load(
    json.dumps(
        {
            "id": "f",
            "type": "default",
            "schemaVersion": 18,
            "components": [{**PICKER, "multiple": True}],
        }
    )
)


def test_names_that_a_phone_or_a_scanner_gives_are_taken() -> None:
    names = ["照片.JPG", "IMG_1.HEIC", "说明.pdf"]
    typed = {"names:proof": "\n".join(names)}
    assert named_files.taken(FORM, {}, typed) == {"proof": names}
    sample_files.require(FORM, {"proof": names})
    with pytest.raises(FormInvalid):
        sample_files.require(FORM, {"proof": ["程序.EXE"]})


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["程序.EXE"], "不是可以上传的文件名"),
        (["a.pdf"] * 21, "最多写 20 个文件名"),
        ([f"{'长' * 197}.pdf"], "最长 200 个字"),
    ],
)
def test_other_names_too_many_and_too_long_ones_are_refused(
    names: list[str], sentence: str
) -> None:
    with pytest.raises(RuleViolated, match=sentence) as refused:
        named_files.taken(FORM, {}, {"names:proof": "\n".join(names)})
    assert len(refused.value.reasons) == 1


def test_as_many_and_as_long_as_allowed_are_taken() -> None:
    names = [f"{'长' * 196}.pdf"] * 20
    typed = {"names:proof": "\n".join(names)}
    assert named_files.taken(FORM, {}, typed) == {"proof": names}
