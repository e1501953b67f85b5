"""How good a model is: what it is asked, what the eye sees, how sure that is."""

__all__ = ["accuracy", "exam", "led_exam", "led_score", "likeness", "looks", "rewordings", "score"]
