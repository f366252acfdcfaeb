"""Turn checked settings into what runs: syncs with their sources and target, and the ledger."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from msgspec.structs import replace as but
from sqlalchemy.engine import URL

from syncd.audit.audit import Audit, Rules
from syncd.audit.checkpoint import Signer
from syncd.audit.projection import Projection
from syncd.config.approvals import filed_approvals
from syncd.config.digests import digest, parts
from syncd.config.identity import identity
from syncd.config.ladder import hold, rungs
from syncd.config.settings import (
    GroupsSettings,
    MergeSettings,
    PolicySettings,
    Settings,
    UsersSettings,
    WavesSettings,
)
from syncd.core.approval import Consent
from syncd.core.mapping import GroupMapping, Scope, UserMapping
from syncd.core.merge import Precedence
from syncd.core.policy import Cohort, Policy, Protect, Waves
from syncd.database import database_url
from syncd.errors import ConfigError
from syncd.hidden import Hidden
from syncd.ledger import Ledger, open_ledger
from syncd.located.suggest import did_you_mean, quoted
from syncd.plugins import backend_plugin, source_plugin
from syncd.ports import Backend
from syncd.redact import Redactor, secrets_of
from syncd.sync import Sync


def chosen(settings: Settings, names: Sequence[str] = ()) -> list[str]:
    """The syncs of these names, or all that are enabled; raises `ConfigError`."""
    for name in names:
        if name not in settings.syncs:
            known = settings.syncs
            raise ConfigError(f"there is no sync {quoted(name)}{did_you_mean(name, known)}")
    enabled = [name for name, sync in settings.syncs.items() if sync.enabled]
    if not names and not enabled:
        raise ConfigError("no sync is enabled; name one, or write one under `syncs`")
    return list(dict.fromkeys(names)) or enabled


def assemble(settings: Settings, name: str, backend: Backend | None = None) -> Sync:
    """The sync of that name, ready to be read; the caller closes it. A `backend` that is given
    stands for its target."""
    sync = settings.syncs[name]
    target = settings.targets[sync.target]
    with ExitStack() as opened:
        sources = {}
        for source in sync.sources:
            part = settings.sources[source]
            sources[source] = source_plugin(part.type)(source, part.config, settings.base)
            opened.enter_context(closing(sources[source]))
        if backend is None:
            backend = backend_plugin(target.type)(sync.target, target.config, settings.base)
        opened.pop_all()
    return Sync(
        name=name,
        target=sync.target,
        sources=sources,
        backend=backend,
        merge=_merge(sync.merge),
        users=_users(sync.users),
        groups=_groups(sync.groups),
        policy=_policy(sync.policy),
        config=digest(settings, name),
        full_every=sync.full_every,
        consent=consent(settings, name),
        parts=parts(settings, name),
        keep_evidence=settings.evidence.keep,
        places=settings.places.get(name, {}),
        identity=identity_of(settings, sync.target),
    )


def consent(settings: Settings, name: str) -> Consent:
    """By what the sync's held changes are let through: read anew each time, for the files may come
    and go. Raises `ConfigError`."""
    files = filed_approvals(settings.approvals, settings.base)
    return but(of_today(settings, name), files=files)


def of_today(settings: Settings, name: str) -> Consent:
    """The same without looking into files."""
    people = settings.syncs[name].policy.approval.people
    store = identity_of(settings, settings.syncs[name].target)
    return Consent(people, identity=store, config=digest(settings, name))


def identity_of(settings: Settings, target: str) -> str:
    """Which store the target of that name is."""
    part = settings.targets[target]
    return identity(target, part.type, part.config, settings.base)


def ledger(
    settings: Settings,
    *,
    write: bool,
    redact: Redactor | None = None,
    alarm: Callable[[str], None] = lambda _: None,
) -> Ledger:
    """Raises `LedgerError`. One that is written to is followed by the audit, which says by `alarm`
    what is wrong with it."""
    text, password = settings.ledger.url, settings.ledger.password
    if text is None:
        url = URL.create("sqlite", database=str(settings.state_directory / "ledger.db"))
    else:
        url = database_url(text, None, settings.base)
    life = settings.ledger.lock_life.total_seconds()
    plain = url.render_as_string(hide_password=False)
    memory = open_ledger(plain, password, write=write, life=life)
    if write:
        with ExitStack() as undo:
            undo.callback(memory.close)
            memory.followed_by(audit_of(settings, memory, redact or _redactor(settings), alarm))
            memory.follow()  # what was committed and not told, by whoever was here before
            undo.pop_all()
    return memory


def audit_of(
    settings: Settings, memory: Ledger, redact: Redactor, alarm: Callable[[str], None]
) -> Audit | None:
    """None where none is kept here. Raises `ConfigError`."""
    given = settings.audit
    if not given.enabled:
        return None
    rules = Rules(
        directory=audit_directory(settings),
        required=given.required,
        largest=given.segment_megabytes << 20,
        keep=given.keep,
        signer=signer(settings),
        checkpoint_every=given.checkpoint_every,
    )
    projection = Projection(memory.trail, Hidden(settings.log.hide), redact)
    return Audit(memory.trail, projection, rules, alarm)


def audit_directory(settings: Settings) -> Path:
    return settings.state_directory / "audit"


def signer(settings: Settings) -> Signer | None:
    """Of the key that is given. Raises `ConfigError`."""
    given = settings.audit
    if given.private_key is not None:
        return Signer(given.private_key.get_secret_value().encode())
    if given.private_key_file is None:
        return None
    try:
        return Signer(given.private_key_file.read_bytes())
    except OSError as error:
        where = given.private_key_file
        words = f"audit.private_key_file: {where} cannot be read: {error.strerror}"
        raise ConfigError(f"{words}; `syncd audit keygen` makes one") from error


def _redactor(settings: Settings) -> Redactor:
    redact = Redactor()
    redact.learn(secrets_of(settings))
    return redact


def _merge(merge: MergeSettings) -> Precedence:
    return Precedence(by=merge.by, attributes=merge.precedence)


def _users(users: UsersSettings) -> UserMapping:
    take = users.take
    return UserMapping(
        take=Scope(member_of=take.member_of, where=take.where, unless=take.unless),
        always=users.always,
        on_create=users.on_create,
    )


def _groups(groups: GroupsSettings) -> GroupMapping:
    return GroupMapping(take=groups.take, skip=groups.skip, rename=groups.rename)


def _policy(policy: PolicySettings) -> Policy:
    return Policy(
        **rungs(policy),
        legal_holds=tuple(map(hold, policy.legal_holds)),
        restore=policy.restore,
        vanished_groups=policy.vanished_groups,
        protect=Protect(users=policy.protect.users, groups=policy.protect.groups),
        adopt=policy.adopt,
        adopt_groups=policy.adopt_groups,
        budgets=policy.budget.budgets,
        window=policy.budget.window,
        may_be_empty=policy.may_be_empty,
        drift=policy.drift,
        retry_unsettled=policy.retry_unsettled,
        waves=_waves(policy.waves),
    )


def _waves(waves: WavesSettings) -> Waves:
    first = tuple(Cohort(one.percent, one.users, one.wait) for one in waves.first)
    return Waves(first=first, minimum=waves.minimum, errors=waves.errors)
