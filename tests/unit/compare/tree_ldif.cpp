// Trees as LDIF, in any spelling.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/base64.hpp"
#include "common/base/text.hpp"
#include "tests/unit/compare/fake_source.hpp"
#include "tests/unit/compare/tree.hpp"

namespace replkit::compare {

namespace {

const std::set<std::string> exact_types{"jpegPhoto", "userPassword", "labeledURI"};

std::string value_line(const std::string& type, const std::string& value, Random& random) {
  const bool plain =
      is_printable_utf8(value) && !value.empty() && value.front() != ' ' && value.front() != ':' &&
      value.front() != '<' && value.back() != ' ' &&
      std::all_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
  auto line = plain && random() % 4 != 0 ? type + ": " + value : type + ":: " + base64_encode(value);
  if (random() % 3 != 0) return line + "\n";
  std::string out;
  for (std::size_t width = 10 + random() % 40; line.size() > width; line.erase(0, width)) {
    out += line.substr(0, width) + "\n ";
  }
  return out + line + "\n";
}

std::string noisy_dn(std::string dn, const Spelling& spelling, Random& random) {
  if (spelling.keep_case || random() % 3 != 0) return dn;
  auto rdns = model::Dn::parse(dn).rdns();
  std::string out;
  for (auto& rdn : rdns) {
    std::shuffle(rdn.begin(), rdn.end(), random);
    for (auto& ava : rdn) {
      ava.value = change_case(ava.value, random);
      ava.type = ava.type == "cn" ? "commonName" : change_case(ava.type, random);
    }
    out += (out.empty() ? "" : random() % 2 == 0 ? ", " : ",") + model::rdn_text(rdn);
  }
  return out;
}

std::string noisy_name(const std::string& type, const Spelling& spelling, Random& random) {
  if (!spelling.noise) return type;
  if (type == "cn" && random() % 3 == 0) return "commonName";
  if (type == "title;lang-fr;x-opt" && random() % 2 == 0) return "TITLE;X-OPT;Lang-fr";
  return random() % 3 == 0 ? change_case(type, random) : type;
}

std::string noisy_value(const std::string& type, const std::string& value, const Spelling& spelling, Random& random) {
  const auto base = type.substr(0, type.find(';'));
  if (!spelling.noise || spelling.keep_case || exact_types.contains(base) || random() % 3 != 0) return value;
  return change_case(value, random);
}

}  // namespace

std::string to_ldif(const Tree& tree, Random& random, const Spelling& spelling, unsigned covered) {
  std::vector<std::string> records;
  for (const auto& [id, node] : tree.nodes) {
    auto record = value_line("dn", spelling.noise ? noisy_dn(tree.dn(id), spelling, random) : tree.dn(id), random);
    std::vector<std::string> lines;
    for (const auto& [type, values] : node.attributes) {
      // One spelling for an attribute of an entry: the reader merges by name and not by alias.
      for (const auto& value : values) {
        lines.push_back(
            value_line(noisy_name(type, spelling, random), noisy_value(type, value, spelling, random), random));
      }
    }
    if (spelling.ids) lines.push_back("entryUUID: " + uuid_of(id) + "\n");
    if (spelling.csns) lines.push_back("entryCSN: " + csn_at(node.change).text() + "\n");
    if (spelling.csns && id == 1) lines.push_back("contextCSN: " + csn_at(covered).text() + "\n");
    lines.push_back(fmt::format("modifyTimestamp: 2026010112{:02}00Z\n", random() % 60));
    if (spelling.noise) std::shuffle(lines.begin(), lines.end(), random);
    for (const auto& line : lines) record += line;
    records.push_back(std::move(record));
  }
  // The first entry tells whether there are ids; apart from that any order will do.
  if (spelling.noise) std::shuffle(records.begin(), records.end(), random);
  std::string out = random() % 2 == 0 ? "version: 1\n\n" : "";
  for (const auto& record : records) out += record + "\n";
  if (random() % 4 == 0) {  // CRLF
    std::string crlf;
    for (const char c : out) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return crlf;
  }
  return out;
}

}  // namespace replkit::compare
