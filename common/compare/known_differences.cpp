#include "common/compare/known_differences.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/compare/fingerprint.hpp"
#include "common/model/dn.hpp"

namespace replkit::compare {

namespace {

constexpr std::size_t max_file = 1U << 20;

[[noreturn]] void refuse(const std::string& path, const toml::node& node, const std::string& problem) {
  throw UsageError(fmt::format("{}:{}: {}", path, node.source().begin.line, problem));
}

Instant end_of(const toml::date& day) {
  const std::chrono::year_month_day date{std::chrono::year{day.year}, std::chrono::month{day.month},
                                         std::chrono::day{day.day}};
  return Instant{std::chrono::sys_days{date} + std::chrono::days{1}};
}

std::optional<std::string> text_of(const std::string& path, const toml::table& table, const char* key) {
  const auto* node = table.get(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) refuse(path, *node, fmt::format("\"{}\" must be a text in quotes", key));
  return node->value<std::string>();
}

// An empty or misspelled list must not silently cover every attribute.
std::vector<std::string> names_of(const std::string& path, const toml::node& node) {
  std::vector<std::string> names;
  const auto* list = node.as_array();
  if (list == nullptr || list->empty()) refuse(path, node, "\"attributes\" must be a list of names");
  for (const auto& name : *list) {
    if (!name.is_string()) refuse(path, name, "\"attributes\" must be a list of names");
    names.push_back(*name.value<std::string>());
  }
  return names;
}

// Returns what every key of an [[ignore]] table may be.
bool is_key(std::string_view key) {
  return key == "dn" || key == "below" || key == "attributes" || key == "until" || key == "reason";
}

}  // namespace

KnownDifferences KnownDifferences::load(const std::string& path, Instant now) {
  const auto text = read_file(path, max_file);
  toml::table document;
  try {
    document = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
  KnownDifferences out;
  for (const auto& [name, node] : document) {
    if (name != "ignore")
      refuse(path, node, fmt::format("unknown key \"{}\": only [[ignore]] tables are known", name.str()));
  }
  const auto* ignore = document.get("ignore");
  if (ignore == nullptr) return out;
  const auto* list = ignore->as_array();
  if (list == nullptr) refuse(path, *ignore, "\"ignore\" must be a list of tables: write [[ignore]]");
  for (const auto& item : *list) {
    const auto* table = item.as_table();
    if (table == nullptr) refuse(path, item, "\"ignore\" must be a list of tables: write [[ignore]]");
    for (const auto& [key, value] : *table) {
      if (!is_key(key.str())) refuse(path, value, fmt::format("unknown key \"{}\"", key.str()));
    }
    const auto dn = text_of(path, *table, "dn");
    const auto below = text_of(path, *table, "below");
    if (dn.has_value() == below.has_value())
      refuse(path, item, "an [[ignore]] table needs \"dn\" or \"below\", and not both");
    Known known{dn ? *dn : *below, below.has_value(), {}};
    try {
      model::Dn::parse(known.dn);
    } catch (const ParseError& error) {
      refuse(path, *table->get(dn ? "dn" : "below"), fmt::format("\"{}\" is not a DN: {}", known.dn, error.what()));
    }
    if (const auto* names = table->get("attributes")) known.attributes = names_of(path, *names);
    if (const auto* until = table->get("until")) {
      const auto* date = until->as_date();
      if (date == nullptr ||
          !std::chrono::year_month_day{std::chrono::year{date->get().year}, std::chrono::month{date->get().month},
                                       std::chrono::day{date->get().day}}
               .ok()) {
        refuse(path, *until, "\"until\" must be a day such as 2027-01-31");
      }
      if (end_of(date->get()) <= now) {
        out.notes_.push_back(fmt::format("{}:{}: the known difference of {} expired and counts again", path,
                                         until->source().begin.line, known.dn));
        continue;
      }
    }
    out.known_.push_back(std::move(known));
  }
  return out;
}

bool KnownDifferences::covers(const Difference& difference, const model::Schema& schema) const {
  if (known_.empty()) return false;
  std::string dn;
  std::string wanted;
  model::normalize_dn(difference.dn, schema, dn);
  return std::any_of(known_.begin(), known_.end(), [&](const Known& known) {
    model::normalize_dn(known.dn, schema, wanted);
    if (known.subtree ? !model::is_at_or_below(dn, wanted) : dn != wanted) return false;
    if (known.attributes.empty()) return true;
    return difference.kind == DifferenceKind::changed && !difference.attributes.empty() &&
           std::all_of(difference.attributes.begin(), difference.attributes.end(), [&](const auto& attribute) {
             return std::any_of(known.attributes.begin(), known.attributes.end(), [&](const auto& name) {
               return canonical_description(name, schema) == canonical_description(attribute.name, schema);
             });
           });
  });
}

}  // namespace replkit::compare
