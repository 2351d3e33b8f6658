"""Scenes of the main window: lists, conversations, what is known of the other side."""

from __future__ import annotations

from desktop.commands import BlockAccount, MarkRead
from desktop.events import LinkChanged, LinkState
from desktop.models.conversations import Part
from desktop.ui.chat_pane import ChatPane
from desktop.ui.chat_windows import ChatWindow
from desktop.ui.shell import Shell
from desktop.ui.translate import translate
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, at
from tests.exhibits.scene import (
    NARROW,
    SMALL,
    WIDE,
    Act,
    Scene,
    Stage,
    main_of,
    main_with,
    open_shell,
)
from tests.exhibits.scene import settle as _settle
from tests.exhibits.stage import ALICE, DESIGN, WANG, make_world
from tests.exhibits.worlds import RICH, nobody, rich, sorted_friends, varied

__all__ = ["CHATS", "pane_of"]


def pane_of(shell: Shell, conversation_id: ConversationId = WANG) -> ChatPane:
    """Open a conversation, and return it."""
    pane = shell.open_conversation(conversation_id)
    assert pane is not None
    _settle()
    return pane


def _nothing(_port: FakePort, _shell: Shell) -> None:
    return None


def _chat(conversation_id: ConversationId = WANG) -> Act:
    return lambda _port, shell: shell.open_conversation(conversation_id)


def _contacts(_port: FakePort, shell: Shell) -> None:
    main_of(shell).rail.contacts_button.click()


def _link(link: LinkChanged, *before: LinkChanged) -> Act:
    def act(port: FakePort, shell: Shell) -> None:
        shell.open_conversation(WANG)
        for each in (*before, link):
            port.session.apply(each)

    return act


def _search(text: str) -> Act:
    def act(_port: FakePort, shell: Shell) -> None:
        side = main_of(shell).side
        side.search.setText(text)
        side.results._delay.timeout.emit()
        side.results.messages._delay.timeout.emit()
        _settle()

    return act


def _part(part: Part) -> Act:
    return lambda _port, shell: main_of(shell).side.show_part(part)


def _info(conversation_id: ConversationId) -> Act:
    def act(_port: FakePort, shell: Shell) -> None:
        window = main_of(shell)
        pane_of(shell, conversation_id)
        window.show_info(True)

    return act


def _info_narrow(_port: FakePort, shell: Shell) -> None:
    main_of(shell).resize(*NARROW)
    _info(WANG)(_port, shell)


def _scrolled_up(_port: FakePort, shell: Shell) -> None:
    bar = pane_of(shell, RICH).view.verticalScrollBar()
    bar.setValue(0)


def _find(_port: FakePort, shell: Shell) -> None:
    bar = pane_of(shell).search_bar
    bar.open()
    bar.field.setText("新版")
    bar.search._delay.timeout.emit()


def _emoji(_port: FakePort, shell: Shell) -> None:
    main_of(shell).resize(*SMALL)  # Another size would close it.
    pane_of(shell).composer.emoji_button.click()


def _mention(_port: FakePort, shell: Shell) -> None:
    editor = pane_of(shell, DESIGN).composer.editor
    main_of(shell).activateWindow()
    editor.setFocus()
    editor.insertPlainText("谢谢 @")


def _written(_port: FakePort, shell: Shell) -> None:
    """An answer over many lines."""
    pane = pane_of(shell)
    row = next(row for row in reversed(pane.timeline.rows) if not row.is_own and row.text)
    pane.composer.answer(row, "王芳")
    pane.composer.editor.insertPlainText(
        "\n".join(f"第 {line} 行 line {line}" for line in range(14))
    )
    pane.composer.editor.ensureCursorVisible()


def _edited(_port: FakePort, shell: Shell) -> None:
    pane = pane_of(shell)
    row = next(row for row in reversed(pane.timeline.rows) if row.is_own and row.text)
    pane.composer.edit(row)


def _veil(_port: FakePort, shell: Shell) -> None:
    pane = pane_of(shell)
    veil = pane.drop.veil
    veil.setGeometry(pane.rect())
    veil.raise_()
    veil.show()


def _selected(_port: FakePort, shell: Shell) -> None:
    view = pane_of(shell).view
    view.setFocus()
    view.set_current(view.model.rows[-2].local_id)


def _toast(_port: FakePort, shell: Shell) -> None:
    pane_of(shell)
    shell.remove_contact(AccountId(3))


def _read(port: FakePort, shell: Shell) -> None:
    """Nothing is unread."""
    for conversation_id in list(port.conversations):
        port.mark_read(MarkRead(conversation_id=conversation_id, sequence=0))
    side = main_of(shell).side
    side.show_part(Part.UNREAD)
    # Changes of many rows are told together, a frame later.
    while side.unread_tab.text() != translate("tabs.unread"):
        _settle()


def _gone(port: FakePort, shell: Shell) -> None:
    """Nothing can be written to somebody who was blocked."""
    port.block(BlockAccount(account=AccountId(2)))
    pane_of(shell)


def detached() -> Stage:
    port = make_world()
    shell = open_shell(port)
    shell.detach(WANG)
    window = shell.chat_windows.find(WANG)
    assert window is not None
    return Stage(port, shell, window)


def detached_with_info() -> Stage:
    stage = detached()
    assert isinstance(stage.window, ChatWindow)
    stage.window.show_info(True)
    return stage


_CATCHING_UP = LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=at(30), missing=400)
_BEGUN = LinkChanged(state=LinkState.ONLINE, complete_up_to_ms=1, missing=1000)

CHATS: tuple[Scene, ...] = (
    Scene("empty", main_with(_nothing, world=nobody)),
    Scene("empty_contacts", main_with(_contacts, world=nobody), size=SMALL),
    Scene("empty_unread", main_with(_read), size=SMALL),
    Scene("empty_groups", main_with(_part(Part.GROUPS)), size=SMALL),
    Scene("list", main_with(_nothing, world=varied)),
    Scene("list_folded", main_with(_chat(), world=varied, is_list_folded=True)),
    Scene("list_unread", main_with(_part(Part.UNREAD), world=varied), size=SMALL),
    Scene("archive", main_with(_part(Part.ARCHIVE), world=varied), size=SMALL),
    Scene("narrow_list", main_with(_nothing, world=varied), size=NARROW),
    Scene("chat", main_with(_chat())),
    Scene("narrow", main_with(_chat()), size=NARROW),
    Scene("chat_new", main_with(_chat(ALICE), world=sorted_friends), size=SMALL),
    Scene("group", main_with(_chat(RICH), world=rich)),
    Scene("group_old", main_with(_scrolled_up, world=rich)),
    Scene("group_narrow", main_with(_chat(RICH), world=rich), size=(430, 700)),
    Scene("wide", main_with(_info(RICH), world=rich), size=WIDE),
    Scene("info_person", main_with(_info(WANG), world=varied)),
    Scene("info_group", main_with(_info(DESIGN), world=varied)),
    Scene("info_narrow", main_with(_info_narrow, world=varied), size=NARROW),
    Scene("blocked", main_with(_gone), size=SMALL),
    Scene("current", main_with(_selected), size=SMALL),
    Scene("toast", main_with(_toast), size=SMALL),
    Scene("offline", main_with(_link(LinkChanged(state=LinkState.OFFLINE))), size=SMALL),
    Scene("catching_up", main_with(_link(_CATCHING_UP, _BEGUN)), size=SMALL),
    Scene(
        "replaced",
        main_with(_link(LinkChanged(state=LinkState.REFUSED, code="replaced"))),
        size=SMALL,
    ),
    Scene("contacts", main_with(_contacts)),
    Scene("contacts_sorted", main_with(_contacts, world=sorted_friends)),
    Scene("search", main_with(_search("al")), size=SMALL),
    Scene("search_messages", main_with(_search("新版"), world=varied), size=SMALL),
    Scene("search_nothing", main_with(_search("qqqq")), size=SMALL),
    Scene("find", main_with(_find), size=SMALL),
    Scene("emoji", main_with(_emoji)),
    Scene("mention", main_with(_mention, world=varied), size=SMALL),
    Scene("composer_full", main_with(_written), size=SMALL),
    Scene("composer_edit", main_with(_edited), size=SMALL),
    Scene("drop", main_with(_veil), size=SMALL),
    Scene("window", detached),
    Scene("window_info", detached_with_info, size=(900, 700)),
    Scene("window_info_narrow", detached_with_info),
)
