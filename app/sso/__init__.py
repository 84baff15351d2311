"""Signing in by the word of others whom the operator trusts: a directory (LDAP, Active Directory), providers (OpenID
Connect, SAML), a proxy in front of us. Each says who somebody is; whether they may come in is decided by
`app.identity.admission`."""
