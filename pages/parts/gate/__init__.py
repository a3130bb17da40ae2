"""The gate before the app: nothing is answered to whoever has not signed in."""
