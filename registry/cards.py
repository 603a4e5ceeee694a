"""The card of a collection: what an empty one should say, and the mark by which two people who write at once notice it."""

import hashlib

OUTLINE = """## Summary

What these versions are for, in two sentences.

## License

## References

## Training data

Where it comes from, and what it leaves out.

## Processing

## Data storage

## Architecture

## Task

## Deserialize the model

```python
```

## Deployment
"""


def mark_of(text: str) -> str:
    """A short mark of a text: a form brings back that of the text it began with."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
