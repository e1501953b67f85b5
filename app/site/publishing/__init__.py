"""Routes for films, stills, the feed, embeds and the sitemap, and structured data for search engines."""
