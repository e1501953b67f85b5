"""Evaluation of models: questions, recognition by the image encoder, and confidence intervals."""

__all__ = ["accuracy", "exam", "led_exam", "led_score", "likeness", "looks", "rewordings", "score"]
