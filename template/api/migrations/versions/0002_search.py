"""Search products by their words.

It runs beside requests, and again from the start after it was interrupted. Readers never wait:
`products` gets no column and no index, only a trigger, which also sees what the running release
writes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision: str = "0002"
down_revision: str | None = "0001"

INDEX = "ix_product_search_words"
# A product that is saved meanwhile waits for one batch at most.
BATCH = 100
# The index waits for every transaction that is under way, and nobody waits behind it.
INDEX_LOCK_TIMEOUT = "5min"

FUNCTIONS = {
    # In lower case, "ss" for "ß", without accents, ligatures or anything but letters and digits.
    "plain_words(written text)": r"""
        RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT trim(regexp_replace(regexp_replace(
                replace(replace(replace(translate(
                    casefold(normalize(written, NFKD) COLLATE pg_unicode_fast),
                    'øđłıð', 'odlid'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
                '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'))
        $$""",
    # "affeebecher", "ffeebecher" ... of "kaffeebecher", so that "becher" finds it.
    "word_endings(plain text)": """
        RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT coalesce(string_agg(substr(word, start), ' '), '')
            FROM string_to_table(plain, ' ') AS word, generate_series(2, length(word) - 2) AS start
        $$""",
    # The letters are weights: `ts_rank` puts A first.
    "product_words(name text, description text)": """
        RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT setweight(to_tsvector('simple', plain_words(name)), 'A')
                || setweight(to_tsvector('simple', word_endings(plain_words(name))), 'C')
                || setweight(to_tsvector('simple', plain_words(description)), 'D')
        $$""",
    # All words, in any order; with ":*" as the ending, words that begin so will do. It is null
    # where there is no word, and no customer needs more than 16 words or 50 letters in one.
    "product_query(asked text, ending text)": """
        RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT to_tsquery('simple', string_agg(left(word, 50) || ending, ' & '))
            FROM (
                SELECT word FROM string_to_table(plain_words(asked), ' ') AS word
                WHERE word <> '' LIMIT 16
            ) AS words
        $$""",
    "keep_product_search()": """
        RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO product_search (product_id, words)
            VALUES (NEW.id, product_words(NEW.name, NEW.description))
            ON CONFLICT (product_id) DO UPDATE SET words = excluded.words;
            RETURN NULL;
        END $$""",
}

TRIGGER = """
    CREATE OR REPLACE TRIGGER keep_search AFTER INSERT OR UPDATE OF name, description ON products
    FOR EACH ROW EXECUTE FUNCTION keep_product_search()
"""

# What the trigger has written meanwhile is newer. The products are locked first: whoever is saving
# one waits for its row here, so neither can wait for the other.
FILL = """
    WITH missing AS MATERIALIZED (
        SELECT id, name, description FROM products
        WHERE NOT EXISTS (SELECT FROM product_search WHERE product_id = id)
        LIMIT :batch FOR KEY SHARE
    )
    INSERT INTO product_search (product_id, words)
    SELECT id, product_words(name, description) FROM missing ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    for signature, body in FUNCTIONS.items():
        op.execute(f"CREATE OR REPLACE FUNCTION {signature} {body}")
    op.create_table(
        "product_search",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("words", TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            op.f("fk_product_search_product_id_products"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_search")),
        if_not_exists=True,
    )
    op.execute(TRIGGER)
    with op.get_context().autocommit_block():
        while op.get_bind().execute(sa.text(FILL), {"batch": BATCH}).rowcount:
            pass
        op.execute(f"SET lock_timeout = '{INDEX_LOCK_TIMEOUT}'")
        # One that was interrupted is there and not valid.
        op.drop_index(INDEX, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            op.f(INDEX),
            "product_search",
            ["words"],
            postgresql_using="gin",
            # Or every search would look through what was written lately.
            postgresql_with={"fastupdate": "off"},
            postgresql_concurrently=True,
        )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_search ON products")
    op.drop_table("product_search")
    for signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
