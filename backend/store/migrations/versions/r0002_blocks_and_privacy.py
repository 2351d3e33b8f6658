"""Who blocks whom, who shows when they are there, and reading that others are not told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "blocks",
        sa.Column("account", _BIG, autoincrement=False, nullable=False),
        sa.Column("blocked", _BIG, autoincrement=False, nullable=False),
        sa.Column("at_ms", _BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["users.account"], name=op.f("fk_blocks_account_users")
        ),
        sa.ForeignKeyConstraint(
            ["blocked"], ["users.account"], name=op.f("fk_blocks_blocked_users")
        ),
        sa.PrimaryKeyConstraint("account", "blocked", name=op.f("pk_blocks")),
    )
    op.create_index(op.f("ix_blocks_blocked"), "blocks", ["blocked"])
    op.add_column(
        "users",
        sa.Column("shares_presence", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    for name in ("read_privately", "read_privately_at_ms"):
        op.add_column("members", sa.Column(name, _BIG, nullable=False, server_default="0"))


def downgrade() -> None:
    """Change them back."""
    for name in ("read_privately_at_ms", "read_privately"):
        op.drop_column("members", name)
    op.drop_column("users", "shares_presence")
    op.drop_index(op.f("ix_blocks_blocked"), "blocks")
    op.drop_table("blocks")
