"""Build a model from pictures: collect, caption, render, train, evaluate, publish. Independent of the web site."""
