"""What the supplier and the consumer written from ldup-mrm(7) share: BER by hand, and the parts of sessions."""

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
