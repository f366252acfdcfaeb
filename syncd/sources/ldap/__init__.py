"""The LDAP source: OpenLDAP, Active Directory, 389 Directory Server and FreeIPA."""

from syncd.sources.ldap.config import LdapConfig
from syncd.sources.ldap.source import LdapSource

__all__ = ["LdapConfig", "LdapSource"]
