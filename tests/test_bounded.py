"""A bounded memory starts over when it is full, and never for a key it has already."""

from __future__ import annotations

from app.data.bounded import Bounded


def test_it_never_holds_more_than_it_may():
    memory: Bounded[int, str] = Bounded(3)
    for number in range(10):
        memory[number] = str(number)
        assert len(memory) <= 3
        assert memory[number] == str(number)


def test_a_key_that_is_there_makes_nothing_forgotten():
    memory: Bounded[str, int] = Bounded(2)
    memory["a"], memory["b"] = 1, 2
    memory["a"] = 3
    assert memory == {"a": 3, "b": 2}
