// What the ASN.1 compiler's code says: built by make-vectors together with that code, and used only there.
//   judge encode   lines "NAME <TYPE>...</TYPE>" (XER) become lines "NAME TYPE HEX" (DER)
//   judge read     for lines "NAME TYPE HEX": fails unless its decoder takes them, whole
//   judge accept   for lines "NAME TYPE HEX": which mutations its decoder takes, as lines "NAME PLACE KIND TAGS"
#include <cstring>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "mutations.hpp"

extern "C" {
#include "asn_application.h"
extern asn_TYPE_descriptor_t* asn_pdu_collection[];
}

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::cerr << "judge: " << what << "\n";
  std::exit(1);
}

asn_TYPE_descriptor_t* type_named(const std::string& name) {
  for (auto** type = asn_pdu_collection; *type != nullptr; ++type) {
    if (name == (*type)->name) return *type;
  }
  fail("there is no type " + name);
}

// Returns the DER of what `bytes` hold; nothing when they are refused or something is left.
bool decode(asn_TYPE_descriptor_t* type, const std::string& bytes, std::string& der) {
  void* value = nullptr;
  const auto result = ber_decode(nullptr, type, &value, bytes.data(), bytes.size());
  const bool taken = result.code == RC_OK && result.consumed == bytes.size();
  der.assign(bytes.size() + 1000, '\0');
  if (taken) {
    const auto size = der_encode_to_buffer(type, value, der.data(), der.size()).encoded;
    der.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
  ASN_STRUCT_FREE(*type, value);
  return taken;
}

std::string hex(const std::string& bytes) {
  std::string out;
  char pair[3];
  for (const unsigned char c : bytes) {
    std::snprintf(pair, sizeof pair, "%02x", c);
    out += pair;
  }
  return out;
}

std::string bytes(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

void encode_line(const std::string& name, const std::string& xer) {
  const auto type_name = xer.substr(1, xer.find_first_of("/>") - 1);
  auto* type = type_named(type_name);
  void* value = nullptr;
  const auto read = xer_decode(nullptr, type, &value, xer.data(), xer.size());
  if (read.code != RC_OK) fail(name + ": no XER of " + type_name + " from byte " + std::to_string(read.consumed));
  std::string der(65536, '\0');
  const auto written = der_encode_to_buffer(type, value, der.data(), der.size());
  if (written.encoded < 0) fail(name + ": cannot be encoded");
  der.resize(static_cast<std::size_t>(written.encoded));
  ASN_STRUCT_FREE(*type, value);
  std::string again;
  if (!decode(type, der, again) || again != der) fail(name + ": is not read as it was written");
  std::cout << name << " " << type_name << " " << hex(der) << "\n";
}

// "00-2f 31" for a set of numbers.
std::string ranges(const std::set<unsigned>& numbers) {
  std::ostringstream out;
  out << std::hex;
  for (auto at = numbers.begin(); at != numbers.end();) {
    const auto first = *at;
    auto last = first;
    while (++at != numbers.end() && *at == last + 1) last = *at;
    out << " " << first;
    if (last != first) out << "-" << last;
  }
  return out.str();
}

void accept_line(const std::string& name, const std::string& type_name, const std::string& der) {
  auto* type = type_named(type_name);
  std::map<std::pair<std::size_t, std::string>, std::set<unsigned>> accepted;
  for_each_mutation(der, [&](std::size_t place, const char* kind, unsigned tag, const std::string& copy) {
    std::string ignored;
    if (decode(type, copy, ignored)) accepted[{place, kind}].insert(tag);
  });
  for (const auto& [at, tags] : accepted) {
    std::cout << name << " " << at.first << " " << at.second << ranges(tags) << "\n";
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count == 2 ? arguments[1] : "";
  std::size_t read = 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream fields(line);
    std::string name;
    std::string second;
    std::string third;
    fields >> name >> second >> third;
    if (name.empty() || name[0] == '#') continue;
    if (what == "encode") {
      encode_line(name, line.substr(line.find('<')));
    } else if (what == "read") {
      std::string der;
      // Sets are sorted in DER, and not by us.
      const auto given = bytes(third);
      if (!decode(type_named(second), given, der) || der.size() != given.size()) fail("not taken: " + line);
      ++read;
    } else if (what == "accept") {
      accept_line(name, second, bytes(third));
    } else {
      fail("usage: judge encode|read|accept");
    }
  }
  if (what == "read") {
    std::cerr << "judge: " << read << " values taken\n";
    if (read == 0) return 1;
  }
}
