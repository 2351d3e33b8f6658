"""Clients and server wired together, over a wire that drops, repeats, delays and cuts."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from shared import chain, limits
from shared.clock_sync import ClockSync
from shared.entries import EntryKind
from shared.errors import Code
from shared.frames import Accepted, Confirm, Submit, decode_client_frame, decode_server_frame
from tests.shared.protocol.fakes import Faults, Wire, World

BAD = Faults(drop=0.03, repeat=0.03, delay=0.03, cut=0.01, overload=0.02)


def assert_equal_everywhere(world: World, typed: dict[int, list[int]]) -> None:
    """Nothing lost, nothing twice, no hole, one order, and each device's own order kept."""
    log = world.server.entries
    assert [entry.sequence for entry in log] == list(range(1, len(log) + 1))
    previous = chain.START
    for entry in log:
        assert chain.is_linked(previous, entry)
        previous = entry.chain
    for client in world.clients:
        assert [client.disk.entries[n] for n in sorted(client.disk.entries)] == log
        assert client.shown == list(range(1, len(log) + 1))
        assert client.notices == []
        own = [entry for entry in log if entry.device == client.device]
        assert [entry.device_counter for entry in own] == list(range(1, len(own) + 1))
        messages = [int(entry.payload.split(b":")[1]) for entry in own]
        assert messages == typed[client.device]
        assert client.disk.accepted == {
            message: entry.sequence for message, entry in zip(messages, own, strict=True)
        }


def run_chat(world: World, *, messages: int, kills: int, roster_changes: int) -> None:
    typed: dict[int, list[int]] = {client.device: [] for client in world.clients}
    roster_every = max(1, messages // (roster_changes + 1))
    kill_every = max(1, messages // (kills + 1))
    for number in range(1, messages + 1):
        client = world.random.choice(world.clients)
        typed[client.device].append(client.type())
        world.run(world.random.choice((1, 5, 40, 900)))
        if number % roster_every == 0 and roster_changes:
            world.server.change_roster()
        if number % kill_every == 0 and kills:
            world.random.choice(world.clients).kill()
    world.run(3_600_000, until=world.is_settled)
    assert world.is_settled()
    assert_equal_everywhere(world, typed)


def test_all_ends_equal_over_a_wire_that_does_everything_wrong() -> None:
    counts: Counter[str] = Counter()

    for seed in range(6):
        world = World(seed, faults=BAD, clients=3)
        run_chat(world, messages=200, kills=6, roster_changes=4)
        counts += world.counts

    print(dict(counts))
    for fault in ("dropped", "repeated", "delayed", "cut", "kills", "in flight at kills"):
        assert counts[fault] > 0, fault
    for effect in ("dropped repeats", "read from log", "pushed from memory", "pulls"):
        assert counts[effect] > 0, effect
    for code in (Code.STALE, Code.OVERLOADED, Code.OUT_OF_TURN):
        assert counts[code] > 0, code


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    drop=st.floats(0, 0.1),
    repeat=st.floats(0, 0.1),
    delay=st.floats(0, 0.1),
    cut=st.floats(0, 0.03),
    clients=st.integers(1, 3),
)
def test_all_ends_equal_whatever_the_wire_does(
    seed: int, drop: float, repeat: float, delay: float, cut: float, clients: int
) -> None:
    faults = Faults(drop=drop, repeat=repeat, delay=delay, cut=cut)

    run_chat(World(seed, faults=faults, clients=clients), messages=25, kills=1, roster_changes=1)


def test_a_calm_wire_needs_no_pull_no_repeat_and_no_reading_of_the_log() -> None:
    world = World(1)
    world.run(1_000)
    world.counts.clear()

    run_chat(world, messages=100, kills=0, roster_changes=0)

    assert world.counts["pulls"] == 0
    assert world.counts["dropped repeats"] == 0
    assert world.counts["read from log"] == 0
    assert world.counts["pushed from memory"] == 100


def test_a_busy_link_sends_no_ping_in_100_seconds() -> None:
    world = World(2)
    world.run(1_000)
    start_ms = world.now_ms

    while world.now_ms < start_ms + 100_000:
        for client in world.clients:
            client.type()
        world.run(1_000)

    assert world.is_settled()
    assert [client.pings for client in world.clients] == [0, 0]
    assert world.counts["server pings"] == 0


def test_an_idle_link_is_pinged_and_stays() -> None:
    world = World(3)

    world.run(300_000)

    assert sum(client.pings for client in world.clients) + world.counts["server pings"] > 0
    assert world.counts["connections"] == 2
    assert world.closed == []


def test_a_silent_link_is_closed_on_both_sides_and_replaced() -> None:
    world = World(4, clients=1)
    world.run(1_000)
    client = world.clients[0]
    frozen = client.wire
    assert frozen is not None
    frozen.is_frozen = True
    frozen_ms = world.now_ms

    world.run(60_000, until=lambda: bool(client.closed) and client.link is not None)

    assert client.closed[0].code is None
    assert client.wire is not frozen
    assert world.now_ms - frozen_ms <= limits.IDLE_MAX_MS + 2 * limits.PONG_WAIT_MS + 2_000
    world.run(60_000)
    assert all(wire is not frozen for _, wire in world.server.links.values())


def test_a_lost_confirm_is_pushed_again_shown_once_and_still_acked() -> None:
    world = World(5)
    world.run(1_000)
    sender, reader = world.clients
    lost = _lose_next(reader.wire, "confirm", world)

    sender.type()
    world.run(2_000)
    assert world.cursors.get(reader.device, 0) < 2
    assert lost == ["confirm"]
    world.run(2 * limits.CONFIRM_DUE_MS)

    assert world.counts["read from log"] == 1
    assert reader.shown.count(2) == 1
    assert world.cursors[reader.device] == 2


def test_a_lost_answer_is_asked_for_again_and_the_message_is_there_once() -> None:
    world = World(6)
    world.run(1_000)
    sender, reader = world.clients
    lost = _lose_next(sender.wire, "accepted", world)

    local_id = sender.type()
    world.run(500)
    assert lost == ["accepted"]
    assert local_id in sender.disk.waiting
    world.run(30_000)

    assert sender.disk.accepted == {local_id: 2}
    assert world.counts["dropped repeats"] >= 1
    assert len(world.server.entries) == 2
    assert reader.shown == [1, 2]


def test_a_clock_30_minutes_off_is_measured_and_order_stays_the_servers() -> None:
    world = World(7)
    slow = world.clients[0]
    slow.wall_off_ms = -30 * 60 * 1000
    clock = ClockSync(now_ms=0, wall_ms=slow.wall_ms)
    typed: dict[int, list[int]] = {client.device: [] for client in world.clients}

    for number in range(20):
        client = world.clients[number % 2]
        typed[client.device].append(client.type())
        world.run(1_000)
    for event in slow.samples:
        clock.add(event.sample)
    estimate = clock.estimate(now_ms=world.now_ms, wall_ms=slow.wall_ms)

    assert estimate is not None
    assert abs(estimate.offset_ms - 30 * 60 * 1000) <= estimate.error_ms <= 30
    assert estimate.is_worth_telling
    assert_equal_everywhere(world, typed)


def test_a_message_refused_by_a_rule_is_told_and_those_behind_it_go_on() -> None:
    world = World(8)
    world.on_seal = lambda local_id, payload: world.forbidden.update(
        {payload} if local_id == 2 else ()
    )
    client = world.clients[0]

    for _ in range(5):
        client.type()
    world.run(60_000)

    assert client.disk.refused == {2: Code.NOT_MEMBER}
    assert sorted(client.disk.accepted) == [1, 3, 4, 5]
    own = [entry for entry in world.server.entries if entry.device == client.device]
    assert [entry.device_counter for entry in own] == [1, 2, 3, 4]


def test_a_copied_profile_is_noticed_by_both_copies_or_by_the_later_one() -> None:
    world = World(9, clients=1)
    client = world.clients[0]
    world.run(1_000)
    copy_of_settled = client.disk.settled
    client.type()
    world.run(1_000)

    client.disk.settled = copy_of_settled
    client.disk.sealed.clear()
    client.disk.own.clear()
    client.disk.accepted.clear()
    client.kill()
    world.run(30_000)

    assert len(client.notices) == 1


def test_a_reader_that_was_away_catches_up_with_a_long_log() -> None:
    world = World(10)
    sender, reader = world.clients
    world.run(1_000)
    reader.kill()
    reader.connect_at_ms = 10**9

    for _ in range(700):
        sender.type()
    world.run(60_000)
    reader.connect_at_ms = world.now_ms
    world.run(60_000, until=world.is_settled)

    assert world.is_settled()
    assert reader.shown == list(range(1, 702))
    assert all(entry.kind is not EntryKind.HANDSHAKE for entry in world.server.entries[1:])


def _lose_next(wire: Wire | None, name: str, world: World) -> list[str]:
    """Lose the next frame of this name on a wire; returns the list of what was lost."""
    assert wire is not None
    kind = {"confirm": Confirm, "accepted": Accepted, "submit": Submit}[name]
    lost: list[str] = []
    send = wire.send

    def losing_send(queue: list[tuple[int, bytes | str]], data: bytes | str) -> None:
        decode = decode_client_frame if queue is wire.to_server else decode_server_frame
        if not lost and isinstance(decode(data), kind):
            lost.append(name)
        else:
            send(queue, data)

    wire.send = losing_send  # type: ignore[method-assign]
    return lost
