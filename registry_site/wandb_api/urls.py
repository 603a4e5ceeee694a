"""Where the wandb client's protocol answers."""

from django.urls import path, re_path

from registry_site.wandb_api.endpoints import elsewhere, files, graphql, stream

# The client quotes each part but the file's name, and leaves empty what it doesn't know: the birth artifact, and the source
# project of a version that it reached by its id alone.
PLACE = r"artifactsV2/[^/]+/(?P<entity>[^/]*)/(?P<project>[^/]*)/(?P<collection>[^/]+)"
FILE = r"(?P<birth>[^/]*)/(?P<md5>[0-9a-fA-F]{32})/(?P<name>[^/]*)"

urlpatterns = [
    path("graphql", graphql.graphql, name="graphql"),
    path("oidc/token", graphql.identity_token, name="identity-token"),
    re_path(r"^sdk/otel/.*$", elsewhere.telemetry, name="telemetry"),
    re_path(r"^traces/.*$", elsewhere.traces, name="traces"),
    path("files/<str:entity>/<str:project>/<str:run>/file_stream", stream.file_stream, name="file-stream"),
    path("files/<str:entity>/<str:project>/<str:run>/<path:name>", stream.run_file, name="run-file"),
    path("storage/<str:token>", files.signed_address, name="storage"),
    path("wandb_artifacts/<str:token>", files.signed_address, name="artifact-storage"),
    re_path(rf"^{PLACE}/(?P<artifact>[^/]+)/{FILE}$", files.artifact_file, name="artifact-file"),
    re_path(rf"^{PLACE}/{FILE}$", files.artifact_file, name="artifact-file-by-digest"),
    path("artifacts/<str:entity>/<str:md5>", files.oldest_address, name="artifact-file-first-layout"),
]
