"""Every setting of the program, in the order of docs/administrator.md, which a test compares."""

from typing import Any

from fetal.configuration.setting import (
    Setting,
    address,
    choice,
    folder,
    folders,
    groups,
    names,
    networks,
    place,
    positive_number,
    whole_number,
    word,
)
from fetal.configuration.sources import DEFAULT_WORKSPACE, FILE_VARIABLE, WORKSPACE_VARIABLE

WORKSPACE = folder(WORKSPACE_VARIABLE, "the workspace's folder on this machine", DEFAULT_WORKSPACE)
CONFIG = place(
    FILE_VARIABLE,
    "a file with settings, in place of the one in the workspace",
    "fetal.toml in the workspace's folder",
)
HOSTS = names(
    "FETAL_HOSTS",
    "names under which browsers reach the app, with spaces between them",
    "this computer's own",
)
DATABASE_URL = address(
    "FETAL_DATABASE_URL",
    "the database, in which jobs wait for workers as well: sqlite:////data/fetal.db or "
    "postgresql://user:password@host/fetal",
    "an address such as sqlite:////data/fetal.db or postgresql://user:password@host/fetal",
    "fetal.db in the workspace's folder",
    r"(sqlite|postgresql|postgres)(\+\w+)?://",
)
BLOBS = address(
    "FETAL_BLOBS",
    "scans, models and snapshots: a folder, or s3://bucket/prefix",
    "a folder, or an address such as s3://bucket/prefix",
    "blobs in the workspace's folder",
    ".*",
)
MODEL = place(
    "FETAL_MODEL",
    "a model's folder: the first champion of a new workspace, and what fetal predict, "
    "fetal evaluate and fetal train use",
    "the model that came with the program",
)
PRECISION = choice(
    "FETAL_PRECISION",
    "the arithmetic in which models predict: float32, bfloat16 (half the time on processors that "
    "have it in hardware), or auto, which is bfloat16 on these and float32 elsewhere",
    ("auto", "float32", "bfloat16"),
)
UNSURE = choice(
    "FETAL_UNSURE",
    "what becomes of a scan on which text may be left: ask, refuse or keep",
    ("ask", "refuse", "keep"),
)
CACHE_GB = positive_number(
    "FETAL_CACHE_GB",
    "how many gigabytes the trainings of this machine may keep of what they computed; what was "
    "not used for longest goes first",
    8.0,
)
FILE_MEGABYTES = whole_number("FETAL_FILE_MEGABYTES", "the largest file that is read, in MB", 100)
FILE_MEGAPIXELS = whole_number(
    "FETAL_FILE_MEGAPIXELS",
    "the most pixels of a picture, or of one frame of a film, in millions; more than 170 are "
    "never read",
    40,
)
FILM_FRAMES = whole_number("FETAL_FILM_FRAMES", "the most frames of a film", 2_000)
FILM_MEGABYTES = whole_number(
    "FETAL_FILM_MEGABYTES",
    "the largest film, and the most that a packed DICOM file may unpack to, in MB",
    500,
)
READING_SECONDS = whole_number(
    "FETAL_READING_SECONDS", "how long reading one file may take before it is ended", 60
)
READING_MEGABYTES = whole_number(
    "FETAL_READING_MEGABYTES",
    "how much memory reading one file may ask for, in MB; about 340 of them go into the program "
    "itself",
    4_000,
)
TABLE_MEGABYTES = whole_number("FETAL_TABLE_MEGABYTES", "the largest table of labels, in MB", 50)
TABLE_LINES = whole_number("FETAL_TABLE_LINES", "the most lines of a table of labels", 500_000)
IMPORT_FOLDERS = folders(
    "FETAL_IMPORT_FOLDERS",
    "the folders of the server from which scans may be imported on the page, separated by colons",
    "every folder where only this computer reaches the app, else none",
)
ARCHIVE_ENTRIES = whole_number(
    "FETAL_ARCHIVE_ENTRIES", "the most files that a ZIP archive may hold", 50_000
)
ARCHIVE_MEGABYTES = whole_number(
    "FETAL_ARCHIVE_MEGABYTES",
    "the most that all its files may come to when unpacked, in MB",
    50_000,
)
ARCHIVE_RATIO = whole_number(
    "FETAL_ARCHIVE_RATIO", "how many times its packed size one file may be", 250
)
ARCHIVE_NESTING = whole_number(
    "FETAL_ARCHIVE_NESTING",
    "how many archives may lie in one another, the outer one not counted",
    1,
    least=0,
)
ARCHIVE_INNER_MEGABYTES = whole_number(
    "FETAL_ARCHIVE_INNER_MEGABYTES",
    "the largest archive inside an archive, in MB; it is held in memory while it is read",
    1_000,
)

WITHOUT_ACCOUNTS = choice(
    "FETAL_WITHOUT_ACCOUNTS",
    "whether the app may be reached from other computers though nobody has to sign in: no or yes",
    ("no", "yes"),
)
IDLE_MINUTES = whole_number(
    "FETAL_IDLE_MINUTES", "after how many minutes without a click or key a person is signed out", 30
)
SIGN_IN_HOURS = whole_number(
    "FETAL_SIGN_IN_HOURS", "after how many hours a person has to sign in again in any case", 12
)
SECOND_PERSON = choice(
    "FETAL_SECOND_PERSON",
    "whether a second person has to agree before another model predicts: no or yes",
    ("no", "yes"),
)
OIDC_ISSUER = word(
    "FETAL_OIDC_ISSUER",
    "the hospital’s provider of identities (OpenID Connect), with which people may sign in",
    "an address such as https://login.hospital.example; http:// on this computer only",
    None,
    "none",
    r"https://\S{1,190}|http://(localhost|127\.0\.0\.1|\[::1\])([:/]\S{0,150})?",
)
OIDC_CLIENT_ID = word(
    "FETAL_OIDC_CLIENT_ID",
    "under which name the provider knows this program",
    "a name such as fetal",
    "fetal",
    "fetal",
    r"\S{1,200}",
)
OIDC_CLIENT_SECRET = word(
    "FETAL_OIDC_CLIENT_SECRET",
    "the secret that the provider gave to this program",
    "a text without spaces",
    None,
    "none",
    r"\S{1,1000}",
    hidden=True,
)
OIDC_SCOPE = word(
    "FETAL_OIDC_SCOPE",
    "what the provider is asked to tell of a person; some tell groups only where it holds groups",
    "words such as openid profile email groups",
    "openid profile email",
    "openid profile email",
    r"openid( [\x21\x23-\x5b\x5d-\x7e]{1,50}){0,10}",
)
OIDC_GROUPS_CLAIM = word(
    "FETAL_OIDC_GROUPS_CLAIM",
    "under which name the provider tells a person’s groups",
    "a name such as groups or roles",
    "groups",
    "groups",
    r"\S{1,200}",
)
PROXY_HEADER = word(
    "FETAL_PROXY_HEADER",
    "the header in which a proxy names the person who has signed in there",
    "the name of a header such as Remote-User",
    None,
    "none",
    r"[A-Za-z0-9-]{1,60}",
)
PROXY_GROUPS_HEADER = word(
    "FETAL_PROXY_GROUPS_HEADER",
    "the header in which the proxy tells that person’s groups, with commas between them",
    "the name of a header such as Remote-Groups",
    None,
    "none",
    r"[A-Za-z0-9-]{1,60}",
)
PROXY_ADDRESSES = networks(
    "FETAL_PROXY_ADDRESSES",
    "the addresses of proxies that are believed, with spaces between them",
    "this computer, and for the person’s name none",
)
PROXY_SECRET = word(
    "FETAL_PROXY_SECRET",
    "a secret that the proxy sends in the header X-Fetal-Proxy-Secret",
    "at least 24 characters without spaces",
    None,
    "none",
    r"\S{24,1000}",
    hidden=True,
)
PROXY_SIGN_OUT = word(
    "FETAL_PROXY_SIGN_OUT",
    "where a browser goes to sign out at the proxy",
    "an address such as https://login.hospital.example/logout, or a path such as /logout",
    None,
    "none",
    r"https?://\S{1,300}|/\S{0,300}",
)
ROLE_WORDS = ("reader", "senior reader", "data manager", "trainer", "administrator")
"""As `fetal.workbench.core.permissions.Role` has them; a test compares."""
GROUP_ROLES = groups(
    "FETAL_GROUP_ROLES",
    "which roles the members of the hospital’s groups have: GROUP=ROLE; GROUP=ROLE",
    ROLE_WORDS,
    "roles are given by hand",
)
AUDIT_DAYS = whole_number(
    "FETAL_AUDIT_DAYS",
    "how many days an event of the audit is kept before fetal audit shorten removes it",
    365,
)
TOKEN_DAYS = whole_number(
    "FETAL_TOKEN_DAYS", "for how many days a token of the API holds at most", 365
)
API_MEGABYTES = whole_number(
    "FETAL_API_MEGABYTES",
    "the largest request that the API takes, in MB; it is held in memory while it is read",
    600,
)
API_PER_MINUTE = whole_number(
    "FETAL_API_PER_MINUTE", "how many requests a minute the API takes with one token", 600
)
CLUSTER = address(
    "FETAL_CLUSTER",
    "the Dask scheduler on which archives are predicted, scans are predicted anew after a "
    "promotion, and experiments run: tls://host:8786, or tcp://host:8786 in a closed network",
    "an address such as tls://host:8786",
    "processes of this computer",
    r"(tls|tcp)://",
)
CLUSTER_CA = place(
    "FETAL_CLUSTER_CA",
    "a file with the certificates by which a scheduler at tls:// is known",
    "none",
)
CLUSTER_CERTIFICATE = place(
    "FETAL_CLUSTER_CERTIFICATE",
    "a file with the certificate by which this program is known to a scheduler at tls://",
    "none",
)
CLUSTER_KEY = place("FETAL_CLUSTER_KEY", "a file with that certificate's private key", "none")
TRAININGS_WAITING = whole_number(
    "FETAL_TRAININGS_WAITING",
    "how many trainings may wait for a free device, besides those that go on",
    0,
    least=0,
)

TRAINING_DEVICES = whole_number(
    "FETAL_TRAINING_DEVICES",
    "how many GPUs of a machine compute one training together; with JAX alone",
    1,
)
WEBHOOK_URL = address(
    "FETAL_WEBHOOK_URL",
    "an address that is told when a training has ended, where a secret is set as well",
    "an address such as https://hospital.example/fetal",
    "nobody is told",
    r"https?://",
)
WEBHOOK_SECRET = word(
    "FETAL_WEBHOOK_SECRET",
    "the secret with which those messages are signed (HMAC-SHA256)",
    "16 characters or more, without blanks",
    None,
    "none",
    r"\S{16,}",
    hidden=True,
)

SETTINGS: tuple[Setting[Any], ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Setting)
)
