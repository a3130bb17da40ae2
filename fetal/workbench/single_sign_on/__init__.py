"""Signing in with the hospital's own account: a provider of identities, or a proxy."""
