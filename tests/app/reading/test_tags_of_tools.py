"""Tags and syntax of other tools are never read as things."""

from app.reading.reader import Reader


def test_tag_is_never_read_as_a_thing(reader: Reader) -> None:
    reading = reader.read("score_9, 2boys, masterpiece, two foxes, award winning, <lora:star:0.8>")
    assert [(item.drawing.name, item.count) for item in reading.items] == [("fox", 2)]
    assert reading.items[0].words == "two foxes"
    assert {"award winning", "<lora:star:0.8>"} <= set(reading.ignored)


def test_negative_prompt_within_a_prompt_is_not_shown(reader: Reader) -> None:
    reading = reader.read("a fox and an owl. Negative prompt: owl")
    assert [item.drawing.name for item in reading.items] == ["fox"]
