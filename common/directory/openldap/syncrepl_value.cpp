#include "common/directory/openldap/syncrepl_value.hpp"

#include <algorithm>

#include "common/base/text.hpp"

namespace replkit::directory {

namespace {

// Takes the next blank-separated word off `text`, with double quotes removed and what they hold kept together.
std::string take_word(std::string_view& text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  std::string word;
  bool quoted = false;
  while (!text.empty() && (quoted || !is_ascii_space(text.front()))) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && quoted && !text.empty()) {
      word += text.front();
      text.remove_prefix(1);
    } else {
      word += c;
    }
  }
  return word;
}

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  for (const auto part : split(list, ',')) {
    const auto name = trim(part);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace

SyncreplValue parse_syncrepl(std::string_view value) {
  SyncreplValue out;
  if (value.starts_with('{')) value.remove_prefix(std::min(value.find('}'), value.size() - 1) + 1);
  for (;;) {
    const auto word = take_word(value);
    if (word.empty() && value.empty()) return out;
    const auto equals = word.find('=');
    const auto key = to_lower(word.substr(0, equals));
    const auto rest = equals == std::string::npos ? std::string() : word.substr(equals + 1);
    if (key == "rid") out.rid = rest;
    if (key == "provider") out.provider = rest;
    if (key == "searchbase") out.search_base = rest;
    if (key == "filter") out.filter = rest;
    if (key == "scope") out.scope = rest;
    if (key == "attrs") out.attributes = names_in(rest);
    if (key == "exattrs") out.excluded_attributes = names_in(rest);
    if (key == "attrsonly") out.attributes_only = true;
  }
}

bool replicates_all_user_attributes(const SyncreplValue& value) {
  return value.attributes.empty() ||
         std::find(value.attributes.begin(), value.attributes.end(), "*") != value.attributes.end();
}

}  // namespace replkit::directory
