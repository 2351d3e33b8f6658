"""MLS (RFC 9420) on NaCl, cipher suite 0x0003; docs/e2ee.md has the picture.

Read in this order: `codec`, `wire` (what travels), `crypto`, `hpke`, `tree_math`, `ratchet_tree`,
`treekem`, `key_schedule`, `secret_tree`, `framing`, `leaf_nodes`, `key_packages`, `proposals`,
`public_view` (every check that needs no secret), `commits`, `group`, `epoch_record`, `state`.
"""
