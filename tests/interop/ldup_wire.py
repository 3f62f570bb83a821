"""What the clients and the server written from ldup-mrm(7) share: BER by hand, and the parts of sessions."""
import re
import socket

SUFFIX = "dc=example,dc=com"
M = "2.25.181348535598521182392638709585471321732"
CREATE, END, UPDATE, CONTROL = M + ".4.1", M + ".4.2", M + ".3.3.1", M + ".4.6"
SESSION, INCREMENTAL = M + ".3.1.1", M + ".3.2.2"


def tlv(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def string(value, tag=0x04):
    return tlv(tag, value if isinstance(value, bytes) else value.encode())


def integer(value, tag=0x02):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\0")


def read(data):
    """Returns the elements of a sequence as (tag, content)."""
    out, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7f
            length, at = int.from_bytes(data[at:at + size], "big"), at + size
        out.append((tag, data[at:at + length]))
        at += length
    return out


def member(elements, tag):
    return next((content for found, content in elements if found == tag), None)


class Connection:
    """An LDAP client."""

    def __init__(self, uri):
        host, port = re.fullmatch(r"ldap://([^:]+):(\d+)", uri).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.file = self.socket.makefile("rb")
        self.last = 0
        self.answers = {}
        self.intermediate = []  # names and values of intermediate responses

    def send(self, operation, controls=b""):
        self.last += 1
        self.socket.sendall(tlv(0x30, integer(self.last), operation, controls))
        return self.last

    def receive(self, wanted):
        """Returns the result code of the answer to that message, and its responseValue."""
        while wanted not in self.answers:
            head = self.file.read(2)
            if len(head) < 2:
                raise EOFError("the server has closed the connection")
            length = head[1]
            if length & 0x80:
                length = int.from_bytes(self.file.read(length & 0x7f), "big")
            message, operation, *_ = read(self.file.read(length))
            elements = read(operation[1])
            if operation[0] == 0x79:
                self.intermediate.append((member(elements, 0x80).decode(), member(elements, 0x81)))
                continue
            code = int.from_bytes(member(elements, 0x0a), "big")
            self.answers[int.from_bytes(message[1], "big")] = (code, member(elements, 0x8b))
        return self.answers.pop(wanted)

    def extended(self, oid, value, cookie=None):
        controls = b""
        if cookie is not None:
            group = tlv(0x30, string(cookie, 0x80))
            controls = tlv(0xa0, tlv(0x30, string(CONTROL), boolean(True), string(group)))
        return self.send(tlv(0x77, string(oid, 0x80), string(value, 0x81)), controls)

    def bind(self, dn, password):
        return self.receive(self.send(tlv(0x60, integer(3), string(dn), string(password, 0x80))))[0]


def vector_of(value):
    """Returns the texts of the update vector in a CreateReplGroupRespValue or EndReplGroupRespValue."""
    attribute = member(read(value), 0x30) if value is not None else None
    if attribute is None:
        return {}
    attribute = read(member(read(value), 0x30))
    texts = [content.decode() for _, content in read(member(attribute, 0x31))]
    return {text.split("#")[2]: text for text in texts}


def inner(value, tag):
    return None if value is None else member(read(read(value)[0][1]), tag)


def content(value):
    return None if value is None else read(value)[0][1]


def say(what, answer):
    print(f"{what}: {answer}", flush=True)
