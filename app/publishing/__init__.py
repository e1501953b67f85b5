"""What is fetched from outside a page: files, feeds, embeds, maps."""

__all__ = ["embed", "feed", "film_files", "media_files", "schema_org", "sitemap"]
