"""How the id space of an account is cut into blocks."""

from actui.sync.importing.blocks import BLOCK_IDS, MOST_BLOCKS, cut_into_blocks


def test_one_contact_with_a_far_id_does_not_make_a_million_blocks() -> None:
    blocks = cut_into_blocks(2**63 - 2, total=12)
    assert len(blocks) == MOST_BLOCKS
    assert (blocks[0].after_id, blocks[-1].before_id) == (0, 2**63 - 1)
    assert all(a.before_id == b.after_id + 1 for a, b in zip(blocks, blocks[1:], strict=False))


def test_a_dense_account_keeps_its_blocks() -> None:
    assert len(cut_into_blocks(1_000 * BLOCK_IDS, total=900 * BLOCK_IDS)) == 1_000
    assert len(cut_into_blocks(1_000 * BLOCK_IDS)) == 1_000
