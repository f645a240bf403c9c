-- The first shape of the database. Times are milliseconds since 1970 in UTC,
-- 0 for "not stated".

-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
INSERT INTO meta (name, value) VALUES ('generation', 1), ('swept', 0);

CREATE TABLE feed (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL,
    url            TEXT NOT NULL,
    title          TEXT NOT NULL,
    licence        TEXT NOT NULL,
    attribution    TEXT NOT NULL,
    format         TEXT NOT NULL,
    class          TEXT NOT NULL,
    infrastructure TEXT NOT NULL,
    family         TEXT NOT NULL,
    selects        TEXT NOT NULL, -- JSON array
    secret         TEXT NOT NULL,
    private        INTEGER NOT NULL,
    enabled        INTEGER NOT NULL,
    tried          INTEGER NOT NULL,
    fetched        INTEGER NOT NULL,
    date           INTEGER NOT NULL,
    problem        TEXT NOT NULL,
    held           TEXT NOT NULL,
    etag           TEXT NOT NULL,
    modified       TEXT NOT NULL,
    cursor         TEXT NOT NULL,
    sha256         TEXT NOT NULL,
    rejected       INTEGER NOT NULL,
    indicators     INTEGER NOT NULL DEFAULT 0, -- counted at each intake
    contexts       INTEGER NOT NULL DEFAULT 0,
    whole          INTEGER NOT NULL DEFAULT 0  -- when all of it was last said anew
) STRICT;

-- Who brought something, and when. An intake that wrote nothing has no row.
CREATE TABLE intake (
    id   INTEGER PRIMARY KEY,
    feed INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    at   INTEGER NOT NULL,
    who  TEXT NOT NULL
) STRICT;
CREATE INDEX intake_feed ON intake (feed);

-- What it means to see an observable, and what else is said about it: a feed
-- has a million observables and a few of these.
CREATE TABLE meaning (
    id             INTEGER PRIMARY KEY,
    class          TEXT NOT NULL,
    infrastructure TEXT NOT NULL,
    family         TEXT NOT NULL,
    UNIQUE (class, infrastructure, family)
) STRICT;
CREATE TABLE detail (
    id          INTEGER PRIMARY KEY,
    tags        TEXT NOT NULL, -- JSON array; "" for none
    tlp         TEXT NOT NULL,
    confidence  INTEGER NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    UNIQUE (tags, tlp, confidence, valid_from, valid_until, updated)
) STRICT;

-- One observable as one feed means it. The key of a name is the name with its
-- labels turned round (com.example.www), so that what lies below a name is one
-- range. References to meaning, detail and intake are not declared: a declared
-- one would need an index each to be deletable; the check looks at them.
CREATE TABLE entry (
    feed    INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    type    INTEGER NOT NULL,
    key     TEXT NOT NULL,
    meaning INTEGER NOT NULL,
    detail  INTEGER NOT NULL,
    source  TEXT NOT NULL,
    added   INTEGER NOT NULL, -- intake
    seen    INTEGER NOT NULL, -- intake
    PRIMARY KEY (feed, type, key, meaning)
) WITHOUT ROWID, STRICT;

CREATE TABLE context (
    feed    INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    type    INTEGER NOT NULL,
    key     TEXT NOT NULL,
    class   TEXT NOT NULL,
    owner   TEXT NOT NULL,
    purpose TEXT NOT NULL,
    source  TEXT NOT NULL,
    expires INTEGER NOT NULL,
    mark    INTEGER NOT NULL, -- of the change that said it last
    PRIMARY KEY (feed, type, key, class, owner, purpose)
) WITHOUT ROWID, STRICT;

-- What a person decided about an observable; feed 0 is every feed.
CREATE TABLE decision (
    type  INTEGER NOT NULL,
    key   TEXT NOT NULL,
    feed  INTEGER NOT NULL,
    state TEXT NOT NULL,
    who   TEXT NOT NULL,
    at    INTEGER NOT NULL,
    why   TEXT NOT NULL,
    PRIMARY KEY (type, key, feed)
) WITHOUT ROWID, STRICT;

-- The newest version of each signed bundle that was applied.
CREATE TABLE applied (
    bundle  TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    who     TEXT NOT NULL,
    at      INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Rule files that signed bundles brought.
CREATE TABLE rules (
    bundle TEXT NOT NULL,
    name   TEXT NOT NULL,
    text   BLOB NOT NULL,
    PRIMARY KEY (bundle, name)
) WITHOUT ROWID, STRICT;

-- What feeds list and no traffic shows: files, packages, accounts. Kept to be
-- found, never matched.
CREATE TABLE unseen (
    feed   INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    kind   TEXT NOT NULL,
    value  TEXT NOT NULL,
    family TEXT NOT NULL,
    mark   INTEGER NOT NULL, -- of the change that said it last
    PRIMARY KEY (feed, kind, value)
) WITHOUT ROWID, STRICT;
