#include <fmt/format.h>

#include <array>
#include <utility>

#include "tests/refserver/access/policy.hpp"

namespace replkit::refserver::access {

namespace {

constexpr Rights searching = Rights(Right::search) | Right::compare;
constexpr Rights reading = searching | Right::read;

// The wider word before those it includes.
constexpr std::array<std::pair<std::string_view, Rights>, 14> words = {{
    {"all", Rights::all()},
    {"read", reading},
    {"search", searching},
    {"compare", Right::compare},
    {"write", Right::write},
    {"create", Right::create},
    {"delete", Right::remove},
    {"rename", Right::rename},
    {"proxy", Right::proxy},
    {"replicate", Right::replicate},
    {"trigger", Right::trigger},
    {"manage", Right::manage},
    {"metadata", Right::metadata},
    {"metadata-write", Right::metadata_write},
}};

}  // namespace

std::optional<Rights> rights_named(std::string_view word) {
  for (const auto& [name, rights] : words) {
    if (name == word) return rights;
  }
  return std::nullopt;
}

std::vector<std::string> right_words() {
  std::vector<std::string> out;
  for (const auto& [name, rights] : words) out.emplace_back(name);
  return out;
}

std::vector<std::string> words_for(Rights rights) {
  std::vector<std::string> out;
  auto rest = rights;
  for (const auto& [name, meaning] : words) {
    const auto after = rest.without(meaning);
    if (after == rest || !meaning.without(rights).empty()) continue;
    out.emplace_back(name);
    rest = after;
  }
  return out;
}

std::string rights_text(Rights rights) {
  return rights.empty() ? "none" : fmt::format("{}", fmt::join(words_for(rights), ", "));
}

}  // namespace replkit::refserver::access
