"""From pictures to a model: collect, caption, paint in many hands, train, publish. Knows nothing of the site."""
