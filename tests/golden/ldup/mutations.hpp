// Slightly wrong copies of a value in BER, each with a name: what the decoders of two different authors are asked.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

// An element: its header and content within the whole, and those around it.
struct Element {
  std::size_t start;
  std::size_t content;
  std::size_t end;
  std::vector<std::size_t> around;  // where the elements around it start, outermost first
};

// Adds all elements from `at` to `end`. For well-formed values shorter than 64 KiB with short tags only.
inline void find_elements(const std::string& bytes, std::size_t at, std::size_t end,
                          const std::vector<std::size_t>& around, std::vector<Element>& out) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (at < end) {
    std::size_t content = at + 2;
    std::size_t length = octet(at + 1);
    if (length > 0x80) {
      const std::size_t octets = length - 0x80;
      length = 0;
      for (std::size_t i = 0; i < octets; ++i) length = length << 8 | octet(content++);
    }
    out.push_back({at, content, content + length, around});
    if ((octet(at) & 0x20) != 0) {
      auto inner = around;
      inner.push_back(at);
      find_elements(bytes, content, content + length, inner, out);
    }
    at = content + length;
  }
}

// Returns `bytes` with the elements that start at `outer` (outermost first) so much longer.
inline std::string with_lengths(std::string bytes, const std::vector<Element>& all,
                                const std::vector<std::size_t>& outer, long more) {
  for (auto start = outer.rbegin(); start != outer.rend(); ++start) {
    for (const auto& element : all) {
      if (element.start != *start) continue;
      const auto length = static_cast<std::size_t>(static_cast<long>(element.end - element.content) + more);
      std::string header;
      if (length >= 0x100) {
        header = {static_cast<char>(0x82), static_cast<char>(length >> 8), static_cast<char>(length)};
      } else if (length >= 0x80) {
        header = {static_cast<char>(0x81), static_cast<char>(length)};
      } else {
        header = {static_cast<char>(length)};
      }
      const auto old_size = element.content - element.start - 1;
      bytes.replace(element.start + 1, old_size, header);
      more += static_cast<long>(header.size()) - static_cast<long>(old_size);
    }
  }
  return bytes;
}

// Calls `use(place, kind, tag, copy)` with every copy: `kind` "tag" with another tag at the offset `place`, "gone"
// without the element there, "more" with an element nobody knows behind the last one of its content.
template <typename Use>
void for_each_mutation(const std::string& bytes, Use use) {
  std::vector<Element> all;
  find_elements(bytes, 0, bytes.size(), {}, all);
  for (const auto& element : all) {
    const auto is = static_cast<unsigned char>(bytes[element.start]);
    for (unsigned tag = 0; tag < 0x100; ++tag) {
      if (tag == is) continue;
      auto copy = bytes;
      copy[element.start] = static_cast<char>(tag);
      use(element.start, "tag", tag, copy);
    }
    const auto size = static_cast<long>(element.end - element.start);
    auto gone = bytes;
    gone.erase(element.start, element.end - element.start);
    if (!element.around.empty()) use(element.start, "gone", is, with_lengths(gone, all, element.around, -size));
    if ((is & 0x20) != 0) {
      auto outer = element.around;
      outer.push_back(element.start);
      auto more = bytes;
      more.insert(element.end, "\x9e\x01x");
      use(element.start, "more", is, with_lengths(more, all, outer, 3));
    }
  }
}
