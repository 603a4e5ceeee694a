"""Settings of Linkyard: everything an operator may change comes from the environment (docs/operations.md)."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

# --- Places, and what the operator may choose ---

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("LINKYARD_DATA_DIR", "./data")).resolve()
PUBLIC_URL = os.environ.get("LINKYARD_PUBLIC_URL", "").rstrip("/")
DEBUG = os.environ.get("LINKYARD_DEBUG", "").lower() in {"1", "true", "yes"}
# Hosts, or hosts with a port, that webhooks may lead to although they are private: "hooks.lan, 10.0.0.7:9000".
WEBHOOK_ALLOW = frozenset(os.environ.get("LINKYARD_WEBHOOK_ALLOW", "").lower().replace(",", " ").split())


# --- The key that signs sessions and addresses ---


def secret_key() -> str:
    """The key that signs sessions and upload addresses: from the environment, else one made once for this directory."""
    given = os.environ.get("LINKYARD_SECRET_KEY")
    if given is not None:
        if len(given) < 32:
            raise ImproperlyConfigured(
                "LINKYARD_SECRET_KEY is shorter than 32 characters; take a longer random one, "
                "or leave it out to have one made in the data directory."
            )
        return given
    try:
        return kept_key(DATA_DIR / "secret_key")
    except OSError as fault:
        raise ImproperlyConfigured(
            f"The data directory {DATA_DIR} can't be used ({fault.strerror}); "
            "make it writable, or point LINKYARD_DATA_DIR elsewhere."
        ) from None


def kept_key(path: Path) -> str:
    """The key in this file, made now if there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked: of two processes that start at once, both read the same whole key.
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(48))
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text()


SECRET_KEY = secret_key()

# --- Who may ask, and by which address ---

# `start` adds the address it binds to.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
if PUBLIC_URL:
    public = urlsplit(PUBLIC_URL)
    if public.scheme not in {"http", "https"} or not public.hostname:
        raise ImproperlyConfigured("LINKYARD_PUBLIC_URL is no web address; write it like https://linkyard.example.com.")
    ALLOWED_HOSTS.append(public.hostname)
    CSRF_TRUSTED_ORIGINS = [f"{public.scheme}://{public.netloc}"]
    if public.scheme == "https":
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
        SECURE_HSTS_SECONDS = 31_536_000
        SECURE_SSL_REDIRECT = True
        SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked by supervisors, past the proxy
        # Whether the domain's other hosts speak https is not ours to promise.
        SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- What the product is made of ---

INSTALLED_APPS = [
    "registry_site.apps.PanelConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "artifacts",
    "registry",
    "registry_site",
]

MIDDLEWARE = [
    "registry_site.http.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "registry_site.http.middleware.PageGzipMiddleware",
    "registry_site.http.middleware.PrivateMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "registry_site.http.log_in_required.LogInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "registry_site.http.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "registry_site.urls"
WSGI_APPLICATION = "registry_site.wsgi.application"
APPEND_SLASH = False  # the client's addresses have none, and a redirect would turn its POST into a GET

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "artifacts.views.shell.shell",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
        },
    }
]

# --- The database ---

DATABASES = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR}/linkyard.sqlite3")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A write transaction takes its lock at once: none fails half-way because another one wrote meanwhile.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # The cache is each thread's own, so it is small: what is read often is in the mapped pages, which all share.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-4000; "
            "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
        ),
    }
    # A file even in tests: what several threads and processes do is what is tested.
    DATABASES["default"]["TEST"] = {"NAME": os.environ.get("LINKYARD_TEST_DATABASE", str(DATA_DIR / "test.sqlite3"))}
    DATABASES["default"]["CONN_MAX_AGE"] = None
else:
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "pool": {"min_size": 1, "max_size": int(os.environ.get("LINKYARD_DATABASE_POOL", "16")), "timeout": 20},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Stored files and static files ---

if os.environ.get("LINKYARD_STORAGE_URL"):
    raise ImproperlyConfigured(
        "LINKYARD_STORAGE_URL is set, but this version keeps files in the data directory only; "
        "leave it out and point LINKYARD_DATA_DIR at a disk that is large enough."
    )
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_DIR / "files"}},
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without it whitenoise reads every file of STATIC_ROOT's tree again at each request.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# --- Accounts, log-in and sessions ---

AUTH_USER_MODEL = "artifacts.User"
AUTHENTICATION_BACKENDS = ["artifacts.auth.NameBackend"]
CSRF_FAILURE_VIEW = "registry_site.http.refusals.csrf_failure"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "registry:home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"

# --- What browsers are told to refuse, and what requests are too large ---

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "media-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A form of ours is small; what is large (files, manifests, metrics) is read as a stream, and GraphQL sets its own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- Time and language ---

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

# --- The log: one JSON line for each event ---

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "registry_site.http.middleware.JsonFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "loggers": {
        "django": {"handlers": ["stdout"], "level": "WARNING", "propagate": False},
        # Its warnings repeat the path of each refused request, and a signed address is a key to a file.
        "django.request": {"level": "ERROR"},
        # It reports what it finds in files; pages do that, and the names in them are an uploader's.
        "picklescan": {"level": "CRITICAL"},
        "linkyard": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
    },
}
