"""Attachments: notes, files sent as clients send them, downloads."""

import base64
import json

import requests


def multipart(*files, encoded=False, newline="\r\n"):
    """A body as clients write it: metadata and content of each file, base64 where they say so."""
    parts = []
    for number, (metadata, kind, content) in enumerate(files, 1):
        parts.append(
            f'--frontier{newline}Content-Disposition: form-data; name="file_metadata_0{number}"{newline}'
            f"Content-Type: application/json{newline}{newline}{json.dumps(metadata)}{newline}".encode()
        )
        head = f'--frontier{newline}Content-Disposition: form-data; name="file_content_0{number}"; filename="sent.txt"'
        head += f"{newline}Content-Type: {kind}{newline}"
        if encoded:
            head += f"Content-Transfer-Encoding: base64{newline}"
            content = base64.b64encode(content)
        parts.append(head.encode() + newline.encode() + content + newline.encode())
    return b"".join(parts) + f"--frontier--{newline}".encode()


def upload(api, body):
    return api.raw("POST", "upload", data=body, headers={"Content-Type": "multipart/form-data; boundary=frontier"})


def test_a_note_is_attached_changed_and_removed(us):
    link = [{"EntityRef": {"type": "Invoice", "value": "130"}, "IncludeOnSend": True}]
    note = us.post("Attachable", {"Note": "Call back", "AttachableRef": link})
    assert note["AttachableRef"] == [{"EntityRef": {"value": "130", "type": "Invoice"}, "IncludeOnSend": True}]
    changed = us.post("Attachable", {"Id": note["Id"], "SyncToken": "0", "sparse": True, "Note": "Done"})
    assert (changed["Note"], len(changed["AttachableRef"])) == ("Done", 1)
    assert us.query(f"select * from attachable where Id = '{note['Id']}'")["Attachable"] == [changed]
    us.post("Attachable", {"Id": note["Id"], "SyncToken": "1"}, operation="delete")
    assert us.raw("GET", f"attachable/{note['Id']}").status_code == 400
    for body, code in (
        ({}, "2020"),
        ({"Note": "x" * 2001}, "2050"),
        ({"Note": "x", "Category": "Cats"}, "2170"),
        ({"Note": "x", "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "9999"}}]}, "2500"),
        ({"Note": "x", "AttachableRef": [{"EntityRef": {"type": "Cat", "value": "1"}}]}, "2170"),
    ):
        assert us.refuse("Attachable", body)["code"] == code, body


def test_files_go_up_and_come_down(us):
    link = {"AttachableRef": [{"EntityRef": {"type": "Customer", "value": "1"}}]}
    first = (
        {"FileName": "a.pdf", "ContentType": "application/pdf", **link},
        "application/pdf",
        b"%PDF\r\n\r\n\x00\xff",
    )
    second = ({"FileName": "b.txt"}, "text/plain", b"plain\n")

    for body in (multipart(first, second), multipart(first, second, encoded=True, newline="\n")):
        answer = upload(us, body)
        assert answer.status_code == 200, answer.text
        made = [entry["Attachable"] for entry in answer.json()["AttachableResponse"]]
        assert [(row["FileName"], row["Size"], row["ContentType"]) for row in made] == [
            ("a.pdf", len(first[2]), "application/pdf"),
            ("b.txt", 6, "text/plain"),
        ]
        assert made[0]["AttachableRef"][0]["EntityRef"] == {"value": "1", "type": "Customer"}
        for row, content in zip(made, (first[2], second[2]), strict=True):
            assert us.get("Attachable", row["Id"]) == row
            address = us.raw("GET", f"download/{row['Id']}")
            assert address.headers["Content-Type"].startswith("text/plain")
            fetched = requests.get(address.text, timeout=5)
            assert (fetched.content, fetched.headers["Content-Type"]) == (content, row["ContentType"])
            assert requests.get(row["TempDownloadUri"], timeout=5).content == content

    assert requests.get(address.text.replace("key=", "key=0"), timeout=5).status_code == 401
    us.post("Attachable", {"Id": made[0]["Id"], "SyncToken": "0"}, operation="delete")
    assert us.raw("GET", f"download/{made[0]['Id']}").json()["Fault"]["Error"][0]["code"] == "610"


def test_a_file_without_metadata_is_described_by_what_was_sent(us):
    body = (
        b'--frontier\r\nContent-Disposition: form-data; name="file_content_01"; filename="c.png"\r\n'
        b"Content-Type: image/png\r\n\r\nPNG\r\n--frontier--\r\n"
    )
    made = upload(us, body).json()["AttachableResponse"][0]["Attachable"]
    assert (made["FileName"], made["ContentType"], made["Size"]) == ("c.png", "image/png", 3)


def test_one_wrong_file_does_not_stop_the_other(us):
    wrong = ({"FileName": "a.txt", "Category": "Cats"}, "text/plain", b"a")
    right = ({"FileName": "b.txt"}, "text/plain", b"b")
    answers = upload(us, multipart(wrong, right)).json()["AttachableResponse"]
    assert answers[0]["Fault"]["Error"][0]["code"] == "2170"
    assert answers[1]["Attachable"]["FileName"] == "b.txt"
    assert upload(us, b"").json()["Fault"]["Error"][0]["code"] == "2020"
    plain = us.raw("POST", "upload", json={"FileName": "x"})
    assert plain.json()["Fault"]["Error"][0]["code"] == "2010"
