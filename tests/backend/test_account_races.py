"""Accounts on a real server: at once, killed between commit and answer, and what its log says."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from shared.entries import Head
from shared.errors import Code
from shared.events import EventKind
from shared.frames import Events, Heads
from shared.rest import AccountKeys, Credentials, SessionOpened, SessionRequest, VaultOpened
from shared.rest_devices import (
    AccountDocument,
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackages,
    KeyPackageStock,
    PasswordChange,
)
from tests.backend.conftest import MakePerson
from tests.backend.people import Answer, Person, call
from tests.backend.revoking import reset_of, revocation_of
from tests.backend.roots import Root
from tests.server_process import CHEAP_KDF, ServerProcess


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """Make all calls in threads of their own and return the answers in order."""
    answers: dict[int, Answer] = {}
    gate = threading.Barrier(len(calls))

    def run(number: int) -> None:
        gate.wait(timeout=20)
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [answers[number] for number in range(len(calls))]


def login_of(person: Person) -> SessionRequest:
    new = person.root.certificate()
    return SessionRequest(
        user_name=person.name,
        auth_key=person.registration.auth_key,
        device_id=new.device_id,
        entry=person.root.next_entry(new),
    )


def open_session(person: Person, request: SessionRequest) -> Answer:
    return call(person.port, "POST", "/v1/sessions", request)


def add_device(person: Person) -> SessionOpened:
    request = login_of(person)
    assert request.entry is not None
    person.root.entries.append(request.entry)
    return open_session(person, request).read(SessionOpened)


def test_two_new_devices_at_once_are_both_in_after_a_second_try(person: MakePerson) -> None:
    anna = person("anna")
    requests = [login_of(anna), login_of(anna)]

    answers = at_once(*(lambda r=r: open_session(anna, r) for r in requests))

    won, lost = sorted(range(2), key=lambda number: answers[number].status)
    entry = requests[won].entry
    certificate = requests[lost].entry
    assert entry is not None
    assert certificate is not None
    anna.root.entries.append(entry)
    again = SessionRequest(
        user_name=anna.name,
        auth_key=anna.registration.auth_key,
        device_id=requests[lost].device_id,
        entry=anna.root.append(certificate.certificate),
    )
    assert answers[won].status == 201
    assert answers[lost].code is Code.CONFLICT
    assert open_session(anna, again).status == 201
    assert anna.keys(anna.account).device_list == anna.root.entries


def test_claims_at_once_never_get_the_same_package(person: MakePerson) -> None:
    anna, ben = person("anna"), person("ben")
    published = KeyPackages(packages=[secrets.token_bytes(50) for _ in range(8)])
    ben.call("POST", "/v1/key-packages", published)

    def claim() -> Answer:
        asked = KeyPackageClaim(claim_id=secrets.token_bytes(16), accounts=[ben.account])
        return anna.call("POST", "/v1/key-packages/claims", asked)

    answers = at_once(*[claim] * 8)

    taken = [answer.read(ClaimedKeyPackages).packages[0].package for answer in answers]
    assert sorted(taken) == sorted(published.packages)


def test_of_two_writers_of_the_account_document_one_wins(person: MakePerson) -> None:
    anna = person("anna")
    documents = [AccountDocument(version=1, sealed=text) for text in (b"one", b"two")]

    answers = at_once(*(lambda d=d: anna.call("PUT", "/v1/account-document", d) for d in documents))

    assert sorted(answer.status for answer in answers) == [204, 409]


def test_of_two_devices_that_revoke_each_other_one_stays(person: MakePerson) -> None:
    anna = person("anna")
    second = add_device(anna)
    asked = []
    for gone in (second.device_id, anna.device):
        asked.append(revocation_of(anna.root, anna.registration, gone))
        anna.root.entries.pop()

    answers = at_once(
        lambda: anna.call("POST", "/v1/devices/revocations", asked[0]),
        lambda: call(anna.port, "POST", "/v1/devices/revocations", asked[1], token=second.token),
    )

    statuses = [answer.status for answer in answers]
    sessions = [
        call(anna.port, "GET", "/v1/me", token=token).status for token in (anna.token, second.token)
    ]
    # The other one is told that its session is over, or that it was too late.
    assert sorted(statuses)[0] == 204
    assert sorted(statuses)[1] in (401, 409)
    assert sorted(sessions) == [200, 401]


def test_revoking_closes_the_link_and_tells_the_others(person: MakePerson) -> None:
    anna, ben = person("anna"), person("ben")
    anna.befriend(ben)
    second = add_device(anna)
    gone = anna.link(token=second.token)
    gone.greet()
    watching = ben.online()

    anna.call(
        "POST",
        "/v1/devices/revocations",
        revocation_of(anna.root, anna.registration, second.device_id),
    )

    assert gone.wait_closed() == 4401
    told = watching.expect(Events).events[0]
    assert (told.kind, told.account) == (EventKind.DEVICES_CHANGED, anna.account)
    gone.close()
    watching.close()


def test_heads_of_a_link_are_signed(person: MakePerson) -> None:
    anna, ben = person("anna"), person("ben")
    conversation = anna.converse(ben)
    link = anna.link()

    heads = [frame for frame in link.greet() if isinstance(frame, Heads)]

    link.close()
    found: list[Head] = [head for frame in heads for head in frame.heads]
    assert [head.conversation_id for head in found] == [conversation]
    assert (len(found[0].chain), len(found[0].signature)) == (32, 64)


def stored(server: ServerProcess, query: str) -> int:
    """Return a number from the database; what is there is committed."""
    with contextlib.closing(sqlite3.connect(server.data / "mim.sqlite")) as database:
        (number,) = database.execute(query).fetchone()
        assert isinstance(number, int)
        return number


def kill_before_answer(
    server: ServerProcess, ask: Callable[[], object], is_committed: Callable[[], bool]
) -> None:
    """Let ``ask`` be committed, kill the server before it answers, and start it as usual."""
    server.stop()
    slow = ServerProcess(
        server.data, *CHEAP_KDF, "--pause-after-commit-ms", "60000", port=server.port
    ).start()

    def ask_in_vain() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            ask()

    asking = threading.Thread(target=ask_in_vain)
    asking.start()
    while not is_committed():
        pass  # Committed is visible; the answer is a minute away.
    slow.kill()
    asking.join(timeout=20)
    server.start()


def test_a_claim_that_was_committed_before_a_kill_is_answered_again(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", *CHEAP_KDF).start()
    anna, ben = Person(server.port, "anna"), Person(server.port, "ben")
    ben.call("POST", "/v1/key-packages", KeyPackages(packages=[b"one", b"two"]))
    asked = KeyPackageClaim(claim_id=bytes(16), accounts=[ben.account])

    kill_before_answer(
        server,
        lambda: anna.call("POST", "/v1/key-packages/claims", asked),
        lambda: stored(server, "SELECT count(*) FROM key_package_claims") == 1,
    )
    claimed = anna.call("POST", "/v1/key-packages/claims", asked).read(ClaimedKeyPackages)
    left = ben.call("GET", "/v1/key-packages").read(KeyPackageStock).count

    assert server.stop() == 0
    assert ([info.package for info in claimed.packages], left) == ([b"one"], 1)


def test_a_revocation_and_a_new_password_that_were_committed_are_done(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", *CHEAP_KDF).start()
    anna = Person(server.port, "anna")
    second = add_device(anna)
    revocation = revocation_of(anna.root, anna.registration, second.device_id)
    change = PasswordChange(
        auth_key=anna.registration.auth_key,
        new_auth_key=secrets.token_bytes(32),
        kdf_version=1,
        vault=secrets.token_bytes(100),
        vault_version=2,
    )

    def version() -> int:
        return stored(server, "SELECT vault_version FROM users")

    kill_before_answer(
        server,
        lambda: anna.call("POST", "/v1/devices/revocations", revocation),
        lambda: version() == 2,
    )
    revoked = anna.call("POST", "/v1/devices/revocations", revocation)
    kill_before_answer(
        server, lambda: anna.call("PUT", "/v1/password", change), lambda: version() == 3
    )
    changed = anna.call("PUT", "/v1/password", change)
    newest, keys = version(), anna.keys(anna.account)

    vault = call(
        server.port,
        "POST",
        "/v1/vault",
        Credentials(user_name="anna", auth_key=change.new_auth_key),
    ).read(VaultOpened)
    assert server.stop() == 0
    assert vault.vault == change.vault
    assert (revoked.status, changed.status, newest) == (204, 204, 3)
    assert keys.device_list == anna.root.entries


def test_an_account_is_reset_beside_a_running_server(
    server: ServerProcess, person: MakePerson
) -> None:
    anna, ben = person("anna"), person("ben")
    anna.befriend(ben)
    watching = ben.online()
    made = server.command("reset-account", anna.name)
    token, root = made.stdout.strip(), Root()

    answer = call(
        server.port,
        "POST",
        "/v1/accounts/reset",
        reset_of(anna.name, token, root, root.certificate()),
    )

    told = watching.expect(Events).events[0]
    watching.close()
    keys = ben.call("GET", f"/v1/users/{anna.account}/keys").read(AccountKeys)
    assert made.returncode == 0
    assert answer.read(SessionOpened).account == anna.account
    assert told.kind == EventKind.DEVICES_CHANGED
    assert (keys.root_key, keys.past[0].root_key) == (root.key, anna.root.key)
    assert anna.call("GET", "/v1/me").code is Code.UNAUTHENTICATED
    assert token not in server.log_text()


def test_nobody_cannot_be_reset(server: ServerProcess) -> None:
    made = server.command("reset-account", "nobody")

    assert (made.returncode, made.stdout) == (1, "")
    assert made.stderr.strip() == "mim-server: There is no account of this name."
