"""What is fetched from outside a page: films and stills, feed, embeds, sitemap, data for search engines."""

__all__ = ["registration"]
