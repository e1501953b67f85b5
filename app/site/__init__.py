"""All of HTTP: pages, forms, the API, feeds, and what goes around each request."""
