"""The store on a laptop: PostgreSQL, Valkey, the API and the storefront, started by `make dev`."""
