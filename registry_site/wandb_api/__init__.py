"""The protocol of the `wandb` client.

`schema.graphql` is the client's schema. The field `Type.field` of it is answered by the function below
`@resolves("Type.field", …)`: search for that text. They stand in `resolvers/`, one file a noun, and are translations of a
few lines; `docs/client-operations.md` names the module of each operation of the client.

`endpoints/` is where the client calls over HTTP; `operation.py` takes one GraphQL request from its text to the answer;
`schema.py` puts resolvers and schema together; `engine/` is what any field is answered with: how a resolver is declared
(`resolve.py`), run (`execute.py`), read once for a page of rows (`batching.py`), paged, filtered and ordered.
`not_served.py` has what the client asks of a server that a registry doesn't do.
"""
