"""Stored bytes as an answer."""

from django.http import StreamingHttpResponse


class FileAnswer(StreamingHttpResponse):
    """Bytes read from disk alone: any thread may read the next piece, so that none has to wait for the visitor."""

    asks_no_database = True
