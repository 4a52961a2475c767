"""What every error answer must be."""


def check_problem(answer, status, code=None, pointer=None):
    """An application/problem+json with all members. `code`: the last part of the dotted code; `pointer`: one of its errors'."""
    assert answer.status == status, answer
    assert answer.type == "application/problem+json", answer
    body = answer.body
    for member, kind in (("type", str), ("title", str), ("status", int), ("detail", str), ("instance", str), ("code", str),
                         ("request_id", str), ("retryable", bool), ("allowed_actions", list)):
        assert isinstance(body.get(member), kind), f"{member}: {answer}"
    assert body["status"] == status and body["title"] and body["detail"] and body["request_id"], answer
    assert "." in body["code"], f"codes are dotted: {answer}"
    assert body["request_id"] == answer.headers.get("x-request-id"), answer.headers
    if code is not None:
        assert body["code"].split(".")[-1] == code, answer
    for error in body.get("errors", []):
        assert isinstance(error["pointer"], str) and error["code"] and error["detail"], error
        assert error["pointer"] == "" or error["pointer"].startswith("/"), error
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]], answer
    return body
